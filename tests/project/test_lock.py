"""The lock file names public packages alone, and what is installed from it is what it says."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from archives import CHECKOUT
from scripts import script

REQUIREMENTS = CHECKOUT / ".github" / "requirements"
export_requirements = script("export_requirements")


def test_the_lock_file_names_the_public_index_and_no_path_of_a_machine() -> None:
    text = (CHECKOUT / "uv.lock").read_text(encoding="utf-8")
    assert set(re.findall(r"https?://[^/\"]+", text)) == {"https://pypi.org", "https://files.pythonhosted.org"}
    packages = tomllib.loads(text)["package"]
    sources = {tuple(package["source"].items()) for package in packages}
    assert sources == {(("registry", "https://pypi.org/simple"),), (("editable", "."),)}
    assert [
        package["name"]
        for package in packages
        for file in (*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else []))
        if not re.fullmatch("sha256:[0-9a-f]{64}", file["hash"])
    ] == []


def test_the_lock_file_is_of_the_dependencies_that_are_declared() -> None:
    """Else run `uv lock`, then `python .github/scripts/export_requirements.py`."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    declared = {(entry, "") for entry in project["dependencies"]}
    for extra, entries in extras.items():
        own = [entry for other in extras if other != extra for entry in extras[other]]  # `policy-tracker[aws,yaml]`
        named = [entry for entry in entries if not entry.startswith("policy-tracker")]
        declared |= {(entry, extra) for entry in (*named, *(own if len(named) < len(entries) else ()))}
    packages = tomllib.loads((CHECKOUT / "uv.lock").read_text(encoding="utf-8"))["package"]
    (project,) = (package for package in packages if package["name"] == "policy-tracker")
    locked = {(_entry(item), _extra(item)) for item in project["metadata"]["requires-dist"]}
    assert locked == declared


def _entry(item: dict[str, Any]) -> str:
    extras = f"[{','.join(item['extras'])}]" if "extras" in item else ""
    return f"{item['name']}{extras}{item.get('specifier', '')}"


def _extra(item: dict[str, Any]) -> str:
    found = re.search("extra == '(.*)'", item.get("marker", ""))
    return found[1] if found else ""


@pytest.mark.parametrize("name", export_requirements.EXPORTS)
def test_each_exported_file_is_what_the_lock_file_says(name: str) -> None:
    """Else run `python .github/scripts/export_requirements.py`."""
    assert (REQUIREMENTS / name).read_text(encoding="utf-8") == export_requirements.exported(CHECKOUT, name)


@pytest.mark.parametrize("file", sorted(REQUIREMENTS.iterdir()), ids=lambda file: file.name)
def test_each_package_that_is_installed_has_a_version_and_a_hash(file: Path) -> None:
    text = file.read_text(encoding="utf-8").replace("\\\n", "")
    for line in filter(None, (line.partition("#")[0].strip() for line in text.splitlines())):
        assert re.match(r"[a-z0-9.-]+(\[[a-z0-9,-]+\])?==\S+( ; .*?)?\s+--hash=sha256:[0-9a-f]{64}", line), line
