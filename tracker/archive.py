"""`snapshots/`: policy histories as files, read and recorded.

    snapshots/<owner>/<Name>/policy.json   facts, and which version was the default, seen when
    snapshots/<owner>/<Name>/v3.json       {"VersionId", "CreateDate", "Document"}: written once, never changed

Versions are written before the `policy.json` that speaks of them, each file under another name first and then
renamed: a run that is killed at any moment leaves the old state or the new, and the next run completes it.
A policy re-created under its old name keeps its old folder as `<Name>~<old PolicyId>`.
"""

import json
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tracker.changelog import version_number
from tracker.dates import format_time, parse_time
from tracker.diff import changes_between
from tracker.documents import load_json, parse_document
from tracker.errors import ArchiveError, DocumentError, OutputError
from tracker.git import Repository, Tip
from tracker.model import Json, Observation, PolicyFacts, PolicyHistory, PolicyState, PolicyVersion, Skipped, Snapshot

__all__ = [
    "FACTS_FILE",
    "absent",
    "canonical",
    "is_policy_name",
    "merged_history",
    "observed",
    "read_archive",
    "read_archive_at",
    "read_history",
    "write_history",
    "write_text",
]

FACTS_FILE = "policy.json"
_VERSION_FILE = re.compile(r"(v\d{1,9}[A-Za-z0-9.-]*)\.json\Z")
_NAME = re.compile(r"[A-Za-z0-9+=,.@_-]{1,128}\Z")
_FOLDER = re.compile(r"[A-Za-z0-9+=,.@_-]{1,128}(~[A-Z0-9]{1,128})?\Z")
_OWNER = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")


def is_policy_name(name: str) -> bool:
    """Tell whether IAM would take a name for a policy; such a name is also a safe name for a folder.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html
    """
    return _NAME.match(name) is not None and name.strip(".") != ""


def canonical(value: Any) -> str:
    """Return JSON as the archive keeps it: two-space indent, UTF-8, order as published, a final newline."""
    return f"{json.dumps(value, indent=2, ensure_ascii=False)}\n"


# --- reading ---------------------------------------------------------------------------------------------------------


def read_archive(root: Path, owner: str | None = None) -> Iterator[PolicyHistory | Skipped]:
    """Yield the histories of an archive on disk, by owner and folder, and the version files that could not be read.

    Args:
        root: the folder `snapshots/`.
        owner: None for all.

    Raises:
        ArchiveError: there is no such folder, or a `policy.json` is missing or broken.
    """
    if not root.is_dir():
        raise ArchiveError("no such folder", where=str(root), hint="name the archive with --snapshots")
    for owner_folder in _folders(root, _OWNER):
        if owner in (None, owner_folder.name):
            for folder in _folders(Path(owner_folder.path), _FOLDER):
                yield from _read_folder(Path(folder.path), owner_folder.name)


def _folders(parent: Path, named: re.Pattern[str]) -> list["os.DirEntry[str]"]:
    with os.scandir(parent) as items:
        return sorted((item for item in items if item.is_dir() and named.match(item.name)), key=lambda item: item.name)


def _read_folder(folder: Path, owner: str) -> Iterator[PolicyHistory | Skipped]:
    with os.scandir(folder) as items:
        names = [item.name for item in items if item.name == FACTS_FILE or _VERSION_FILE.match(item.name)]
    yield from read_history(owner, folder.name, {name: _content(folder, name) for name in names}, str(folder))


def _content(folder: Path, name: str) -> bytes:
    try:
        with open(f"{folder}/{name}", "rb", buffering=0) as file:  # noqa: PTH123 - thousands of files
            return file.read()
    except OSError as error:
        raise ArchiveError(f"can't be read: {error.strerror}", where=f"{folder}/{name}") from error


def read_archive_at(
    repository: Repository, tip: Tip, under: str, owner: str | None = None
) -> Iterator[PolicyHistory | Skipped]:
    """Yield the histories of an archive as it was at a commit, read from git's objects.

    Args:
        repository: a clone or a bare repository.
        tip: the commit.
        under: the archive's folder within the repository.
        owner: None for all.

    Raises:
        ArchiveError: the commit has no such folder, or a `policy.json` in it is missing or broken.
    """
    files = repository.files(tip, under)
    if not files:
        raise ArchiveError(f"no folder {under!r} at this revision", where=tip.commit[:12], hint="see --snapshots")
    top = len(under.strip("/")) + 1 if under.strip("/") else 0
    folders: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for path, blob in files:
        parts = path[top:].split("/")
        if len(parts) == 3 and _OWNER.match(parts[0]) and _FOLDER.match(parts[1]) and owner in (None, parts[0]):  # noqa: PLR2004
            folders[parts[0], parts[1]][parts[2]] = blob
    blobs = repository.blobs([blob for key in sorted(folders) for blob in folders[key].values()])
    for owner_name, folder in sorted(folders):
        contents = {name: next(blobs) or b"" for name in folders[owner_name, folder]}
        wanted = {name: data for name, data in contents.items() if name == FACTS_FILE or _VERSION_FILE.match(name)}
        yield from read_history(owner_name, folder, wanted, f"{tip.commit[:12]}:{under}/{owner_name}/{folder}")


def read_history(owner: str, folder: str, files: Mapping[str, bytes], where: str) -> Iterator[PolicyHistory | Skipped]:
    """Yield the history that the files of one folder tell, and the version files that could not be read.

    Args:
        owner: whose policy it is.
        folder: the folder's name.
        files: file name → content: `policy.json` and the versions.
        where: the folder's place, for messages.

    Raises:
        ArchiveError: `policy.json` is missing or broken.
    """
    versions = []
    facts, observations, unavailable, origins = _facts(files.get(FACTS_FILE), folder, where, bool(files))
    for name, content in files.items():
        if name == FACTS_FILE:
            continue
        try:
            versions.append(_version(content, name, origins))
        except DocumentError as error:
            yield Skipped(f"{where}/{name}", str(error))
    if facts is not None:
        versions.sort(key=_age)
        yield PolicyHistory(owner, facts, tuple(versions), observations, unavailable, folder)


def _age(version: PolicyVersion) -> tuple[datetime, int]:
    return version.created_at, version_number(version.version_id) or 0


def _version(content: bytes, name: str, origins: Json) -> PolicyVersion:
    value = load_json(content)
    if not isinstance(value, dict) or not isinstance(value.get("Document"), dict):
        raise DocumentError("expected VersionId, CreateDate and Document")
    version_id = str(value.get("VersionId"))
    if f"{version_id}.json" != name:
        raise DocumentError(f"the file is called {name} and speaks of {version_id!r}", where="VersionId")
    try:
        created_at = parse_time(value["CreateDate"])
    except (KeyError, TypeError, ValueError) as error:
        raise DocumentError("expected a time", where="CreateDate") from error
    return PolicyVersion(version_id, created_at, value["Document"], str(origins.get(version_id, "")))


def _facts(
    content: bytes | None, folder: str, where: str, present: bool
) -> tuple[PolicyFacts | None, tuple[Observation, ...], tuple[str, ...], Json]:
    """Read `policy.json`; without it, a folder is what a killed first run left, and no history yet."""
    if content is None:
        if present:
            return PolicyFacts(folder.partition("~")[0]), (), (), {}
        return None, (), (), {}
    place = f"{where}/{FACTS_FILE}"
    try:
        value = load_json(content)
        created = value["CreateDate"]
        facts = PolicyFacts(
            name=str(value["PolicyName"]),
            arn=value["Arn"],
            policy_id=value["PolicyId"],
            path=value["Path"],
            description=value["Description"],
            created_at=parse_time(created) if created else None,
        )
        seen = tuple(Observation(parse_time(item["At"]), item["DefaultVersionId"]) for item in value["Observed"])
        return facts, seen, tuple(value.get("Unavailable", ())), dict(value["Origins"])
    except (DocumentError, KeyError, TypeError, ValueError) as error:
        hint = "restore the file from git: `git checkout -- FILE`"
        raise ArchiveError(f"broken ({error})", where=place, hint=hint) from error


# --- what is new -----------------------------------------------------------------------------------------------------


def observed(before: PolicyHistory | None, state: PolicyState, snapshot: Snapshot) -> PolicyHistory:
    """Return a policy's history after it was seen in a snapshot; equal to `before` when nothing is new.

    Raises:
        ArchiveError: a version has another document than the one that is archived.
    """
    added = PolicyHistory(
        snapshot.owner,
        state.facts,
        tuple(sorted(state.versions, key=_age)),
        (Observation(snapshot.observed_at, state.default_version),),
        state.unavailable,
        state.facts.name,
    )
    if before is None:
        return added
    last = before.observations[-1].default_version if before.observations else None
    observations = before.observations if last == state.default_version else before.observations + added.observations
    return replace(
        before,
        facts=_completed(before.facts, state.facts),
        versions=_with_versions(before, added.versions),
        observations=observations,
        unavailable=_still_missing(before, added),
    )


def absent(before: PolicyHistory, at: datetime) -> PolicyHistory:
    """Return a policy's history after a snapshot without it."""
    if before.observations and before.observations[-1].default_version is None:
        return before
    return replace(before, observations=(*before.observations, Observation(at, None)))


def merged_history(before: PolicyHistory | None, added: PolicyHistory) -> PolicyHistory:
    """Return a history completed by another source's; equal to `before` when that tells nothing new.

    Where both watched, what the archive observed stands: the other source may have lagged behind, and its
    observations count only where they fit into the order of versions.

    Raises:
        ArchiveError: a version has another document than the one that is archived.
    """
    if before is None:
        return replace(added, folder=added.facts.name)
    versions = _with_versions(before, added.versions)
    return replace(
        before,
        facts=_completed(before.facts, added.facts),
        versions=versions,
        observations=_merged_observations(before, added, {version.version_id: version for version in versions}),
        unavailable=_still_missing(before, added),
    )


def _completed(before: PolicyFacts, after: PolicyFacts) -> PolicyFacts:
    """Return facts completed and brought up to date; an id once known stays, and what is not told is kept."""
    return PolicyFacts(
        name=before.name,
        arn=after.arn or before.arn,
        policy_id=before.policy_id or after.policy_id,
        path=after.path or before.path,
        description=after.description if after.description is not None else before.description,
        created_at=before.created_at or after.created_at,
    )


def _with_versions(before: PolicyHistory, added: Iterable[PolicyVersion]) -> tuple[PolicyVersion, ...]:
    known = {version.version_id: version for version in before.versions}
    for version in added:
        present = known.setdefault(version.version_id, version)
        if not present.origin:
            known[version.version_id] = replace(present, origin=version.origin)
        if present.document != version.document and changes_between(
            parse_document(present.document), parse_document(version.document)
        ):
            place = f"{before.owner}/{before.folder or before.facts.name}/{version.version_id}"
            was, now = present.origin or "the archive", version.origin or "the new source"
            hint = "versions never change: one of the two sources is wrong"
            raise ArchiveError(f"{now} has another document than {was}", where=place, hint=hint)
    return tuple(sorted(known.values(), key=_age))


def _still_missing(before: PolicyHistory, added: PolicyHistory) -> tuple[str, ...]:
    held = {version.version_id for version in (*before.versions, *added.versions)}
    missing = {*before.unavailable, *added.unavailable} - held
    return tuple(sorted(missing, key=lambda version_id: (version_number(version_id) or 0, version_id)))


def _merged_observations(
    before: PolicyHistory, added: PolicyHistory, versions: Mapping[str, PolicyVersion]
) -> tuple[Observation, ...]:
    seen = {item.default_version for item in before.observations}
    kept = list(before.observations)
    previous: str | None = None
    for item in added.observations:
        came_back = item.default_version is None or _is_back(previous, item.default_version, versions)
        previous = item.default_version
        if item in kept or (item.default_version in seen and not came_back):
            continue
        earlier = [other for other in kept if other.at <= item.at]
        if came_back or not earlier or not _is_back(earlier[-1].default_version, item.default_version, versions):
            kept = sorted([*kept, item], key=lambda other: other.at)
    return tuple(item for place, item in enumerate(kept) if place == 0 or _differs(kept[place - 1], item))


def _differs(before: Observation, after: Observation) -> bool:
    return before.default_version != after.default_version


def _is_back(before: str | None, after: str | None, versions: Mapping[str, PolicyVersion]) -> bool:
    """Tell whether the default went from nothing, or from a newer version to an older one."""
    if before is None or after is None or before not in versions or after not in versions:
        return False
    return _age(versions[after]) < _age(versions[before])


# --- recording -------------------------------------------------------------------------------------------------------


def write_history(root: Path, before: PolicyHistory | None, after: PolicyHistory) -> list[Path]:
    """Write what `after` has and the archive has not; return the files written, in the order of writing.

    Raises:
        ArchiveError: the owner or the policy's name can't be a folder.
        OutputError: a file can't be written.
    """
    folder = after.folder or after.facts.name
    if not _OWNER.match(after.owner) or not _FOLDER.match(folder):
        raise ArchiveError("no name for a folder of the archive", where=f"{after.owner}/{folder}")
    place = root / after.owner / folder
    held = {version.version_id for version in before.versions} if before else set()
    written: list[Path] = []
    _sweep(place)
    for version in after.versions:
        if version.version_id not in held:
            written.append(place / f"{version.version_id}.json")
            write_text(written[-1], canonical(_version_to_json(version)))
    text = canonical(_facts_to_json(after))
    if before is None or text != canonical(_facts_to_json(before)) or not (place / FACTS_FILE).exists():
        written.append(place / FACTS_FILE)
        write_text(written[-1], text)
    return written


def _sweep(place: Path) -> None:
    """Remove what a killed run left of a file that was never there whole."""
    for leftover in place.glob(".*.tmp"):
        _forget(leftover)


def _version_to_json(version: PolicyVersion) -> Json:
    return {
        "VersionId": version.version_id,
        "CreateDate": format_time(version.created_at),
        "Document": version.document,
    }


def _facts_to_json(history: PolicyHistory) -> Json:
    facts = history.facts
    value = {
        "Arn": facts.arn,
        "PolicyName": facts.name,
        "PolicyId": facts.policy_id,
        "Path": facts.path,
        "Description": facts.description,
        "CreateDate": format_time(facts.created_at) if facts.created_at else None,
        "Observed": [
            {"At": format_time(item.at), "DefaultVersionId": item.default_version} for item in history.observations
        ],
        "Origins": {version.version_id: version.origin for version in history.versions if version.origin},
    }
    return value | ({"Unavailable": list(history.unavailable)} if history.unavailable else {})


def write_text(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all.

    Raises:
        OutputError: the place can't be written; nothing is left behind.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
        temporary.replace(path)
    except OSError as error:
        _forget(temporary)
        raise OutputError(f"can't be written: {error.strerror}", where=str(path)) from error
    except BaseException:
        _forget(temporary)
        raise


def _forget(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return
