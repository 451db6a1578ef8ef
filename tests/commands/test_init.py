"""A tracker of one's own: what `init` writes can be used as it is, and it writes over nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from archives import CHECKOUT, call, stored

from tracker import __version__
from tracker.settings.configuration import read_configuration

FILES = [
    ".gitattributes",
    ".github/workflows/audit.yml",
    ".github/workflows/track.yml",
    ".github/workflows/watch.yml",
    ".gitignore",
    "README.md",
    "policy-tracker.toml",
    "requirements.txt",
]
LANGUAGES = ("en", "ko")


def init(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run `init FOLDER`; return the exit code, and what it says."""
    ended = call("init", folder, *arguments, folder=folder.parent)
    return ended.returncode, ended.stderr.decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_folder_gets_all_that_a_tracker_needs(tmp_path: Path, language: str) -> None:
    folder = tmp_path / "new" / "tracker"
    folder.parent.mkdir()
    code, said = init(folder, "--lang", language)
    assert code == 0, said
    written = stored(folder)
    assert sorted(written) == FILES
    assert written["requirements.txt"].decode() == f"policy-tracker[aws]=={__version__}\n"
    assert all(name in said for name in FILES)
    assert read_configuration(None, folder).languages[0] == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_setting_that_the_comments_offer_can_be_switched_on(tmp_path: Path, language: str) -> None:
    init(tmp_path, "--lang", language)
    file = tmp_path / "policy-tracker.toml"
    lines = file.read_text(encoding="utf-8").splitlines()
    is_setting = [line.startswith("# [") or (" = " in line and line.startswith("# ")) for line in lines]
    assert sum(is_setting) >= 9
    file.write_text("\n".join(line[2:] if on else line for on, line in zip(is_setting, lines, strict=True)), "utf-8")
    read = read_configuration(None, tmp_path)
    assert read.base_url == "https://OWNER.github.io/REPOSITORY/"
    assert [service.slug for service in read.services] == ["connect"]
    assert read.title
    assert read.rules


def test_a_new_clone_is_an_empty_folder(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    assert init(tmp_path)[0] == 0


def test_a_folder_that_is_not_empty_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    code, said = init(tmp_path)
    assert code == 2
    assert "not empty: it holds 'notes.txt'" in said
    assert stored(tmp_path) == {"notes.txt": b"mine"}


def test_a_file_and_an_unknown_language_are_refused(tmp_path: Path) -> None:
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.write_text("")
    assert "is no folder" in init(file)[1]
    code, said = init(folder, "--lang", "../en")
    assert code == 2
    assert "known: en, ko" in said
    assert not folder.exists()


@pytest.mark.parametrize("name", ["track.yml", "watch.yml", "audit.yml"])
def test_the_workflow_is_this_projects_own_but_for_what_it_installs(tmp_path: Path, name: str) -> None:
    init(tmp_path)
    made, own = (
        (folder / ".github" / "workflows" / name).read_text(encoding="utf-8") for folder in (tmp_path, CHECKOUT)
    )
    before, _, rest = own.partition("      - name: Install\n")
    after = rest.partition("\n\n")[2]
    assert made.startswith(before)
    assert made.endswith(after)
    install = made.removeprefix(before).removesuffix(after)
    tool = "uv pip install --quiet --python python" if name == "track.yml" else "python -m pip install --quiet"
    assert install == f"      - name: Install\n        run: {tool} -r requirements.txt\n\n"


def test_the_workflows_are_ones_of_githubs_and_safe(tmp_path: Path) -> None:
    init(tmp_path)
    workflows = sorted(map(str, (tmp_path / ".github" / "workflows").iterdir()))
    assert len(workflows) == 3
    tools = Path(sys.executable).parent
    for command in (
        [str(tools / "check-jsonschema"), "--builtin-schema", "vendor.github-workflows", *workflows],
        [str(tools / "zizmor"), "--offline", "--quiet", *workflows],
    ):
        ended = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
        assert ended.returncode == 0, ended.stdout + ended.stderr
