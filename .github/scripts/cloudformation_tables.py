"""Write what is known of CloudFormation's resources and SAM's policy templates: `tracker/data/`.

- `create_only_properties.json`: by type of resource, the properties that decide what it is called, from the resource
  schemas that `cfn-lint` carries (MIT-0);
- `sam_policy_templates.json`: SAM's policy templates, from `aws-sam-translator` (Apache-2.0, Copyright 2018
  Amazon.com, Inc. or its affiliates).

The packages' licences are copied to `tracker/data/LICENSES.txt`.

    pip install cfn-lint aws-sam-translator && python .github/scripts/cloudformation_tables.py
"""

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import distribution, version
from importlib.resources import files
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[2] / "tracker" / "data"
PACKAGES = ("cfn-lint", "aws-sam-translator")
_PROPERTIES = "/properties/"


def deciding(schema: Mapping[str, Any]) -> list[str]:
    """Return the properties whose change makes a new resource, or that are its identifier and can be set."""
    pointers = [
        *schema.get("createOnlyProperties", ()),
        *schema.get("conditionalCreateOnlyProperties", ()),
        *schema.get("primaryIdentifier", ()),
        *(pointer for group in schema.get("additionalIdentifiers", ()) for pointer in group),
    ]
    top = {pointer.removeprefix(_PROPERTIES).split("/")[0] for pointer in pointers if pointer.startswith(_PROPERTIES)}
    given = {pointer.removeprefix(_PROPERTIES) for pointer in schema.get("readOnlyProperties", ())}
    return sorted(top - given)


def schemas() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the schema of each type of resource in the region that has most of them."""
    folder = files("cfnlint").joinpath("data/schemas")
    listed = json.loads(folder.joinpath("providers/us-east-1.json").read_text(encoding="utf-8"))
    for name, file in sorted(listed.items()):
        yield name, json.loads(folder.joinpath(f"resources/{file}.json").read_text(encoding="utf-8"))


def templates() -> Mapping[str, Any]:
    """Return SAM's policy templates: name → parameters and statements."""
    text = files("samtranslator").joinpath("policy_templates_data/policy_templates.json").read_text(encoding="utf-8")
    read = json.loads(text)["Templates"]
    return {
        name: {"Parameters": sorted(one.get("Parameters", {})), "Statement": one["Definition"]["Statement"]}
        for name, one in sorted(read.items())
    }


def licence(package: str) -> str:
    """Return the licence that a package carries, under the name of its release; the notice before the licence."""
    found = distribution(package)
    listed = [path for path in found.files or () if path.name in ("NOTICE", "LICENSE")]
    title = f"{package}-{version(package)}"
    texts = [
        path.read_text(encoding="utf-8").strip() for path in sorted(listed, key=lambda path: path.name != "NOTICE")
    ]
    assert texts, package
    return "\n\n".join((f"{title}\n{'-' * len(title)}", *texts)) + "\n"


def write(name: str, value: Mapping[str, Any]) -> None:
    """Write a table with one line a member."""
    lines = ",\n".join(
        f"{json.dumps(key)}: {json.dumps(member, separators=(',', ':'))}" for key, member in value.items()
    )
    (DATA / name).write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


def main() -> None:
    """Write the tables and the licences."""
    write("create_only_properties.json", {name: deciding(schema) for name, schema in schemas()})
    write("sam_policy_templates.json", templates())
    file = DATA / "LICENSES.txt"
    text = file.read_text(encoding="utf-8").rstrip("\n") + "\n"
    for package in PACKAGES:
        before, found, after = text.partition(f"\n\n{package}-")
        rest = after.partition("\n\n\n")[2]
        text = f"{before.rstrip()}\n\n\n{rest}".rstrip() + "\n" if found else text
        text = f"{text.rstrip()}\n\n\n{licence(package)}"
    file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
