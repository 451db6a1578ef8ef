"""The package `policy-tracker-archive`, built and installed for real, with and without the program beside it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from archives import CHECKOUT, git_environment
from oracle import disagreements

SCRIPT = CHECKOUT / ".github" / "scripts" / "build_archive_package.py"
POLICIES = ("AdministratorAccess", "AmazonConnect_FullAccess", "AWSConfigRole", "AWSDenyAll")
NOTHING: dict[str, Any] = {"Statement": []}


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few policies of the archive in the checkout."""
    root = tmp_path_factory.mktemp("few")
    for policy in POLICIES:
        shutil.copytree(CHECKOUT / "snapshots" / "aws" / policy, root / "aws" / policy)
    shutil.copy(CHECKOUT / "snapshots" / "LICENSES.txt", root)
    return root


@pytest.fixture(scope="module")
def installed(snapshots: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of its own with the package alone; its Python."""
    top = tmp_path_factory.mktemp("package")
    environment = {**git_environment(), "PYTHONPATH": str(CHECKOUT)}
    subprocess.run([sys.executable, SCRIPT, snapshots, top / "wheel"], env=environment, check=True)
    (wheel,) = (top / "wheel").iterdir()
    python = top / "venv" / "bin" / "python"
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, top / "venv"], check=True)
    subprocess.run(["uv", "pip", "install", "--quiet", "--no-index", "--python", python, wheel], check=True)
    return python


def said(python: Path, program: str) -> Any:
    """Return what a program in the package's environment prints as JSON."""
    program = f"import json\nfrom policy_tracker_archive import *\nprint(json.dumps({program}))"
    done = subprocess.run([python, "-I", "-c", program], capture_output=True, check=True)
    return json.loads(done.stdout)


def program(python: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Policy Tracker in a folder without an archive, with the package beside it."""
    packages = subprocess.run(
        [python, "-c", "import policy_tracker_archive as p; print(p.ARCHIVE.parent.parent)"],
        capture_output=True,
        check=True,
        text=True,
    ).stdout.strip()
    environment = {**git_environment(), "PYTHONPATH": f"{CHECKOUT}:{packages}"}
    command = [sys.executable, "-m", "tracker", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False, text=True)


@pytest.mark.slow
def test_each_document_is_the_one_in_the_archive(installed: Path, snapshots: Path) -> None:
    for policy in POLICIES:
        folder = snapshots / "aws" / policy
        assert said(installed, f"facts({policy!r})") == json.loads((folder / "policy.json").read_bytes())
        for file in folder.glob("v*.json"):
            found = said(installed, f"document({policy!r}, {file.stem!r})")
            assert found == json.loads(file.read_bytes())["Document"]


@pytest.mark.slow
def test_each_step_is_what_lies_between_its_two_documents(installed: Path, snapshots: Path) -> None:
    steps = said(installed, "list(steps())")
    assert len(steps) == sum(len([*(snapshots / "aws" / policy).glob("v*.json")]) for policy in POLICIES)
    assert [step["created"] for step in steps] == sorted(step["created"] for step in steps)
    for step in steps:
        before, after = (
            json.loads((snapshots / "aws" / step["policy"] / f"{version}.json").read_bytes())["Document"]
            if version
            else NOTHING
            for version in (step["before"], step["after"])
        )
        assert [*disagreements(before, after, step["changes"])] == []
        effect = step["net_effect"]
        assert [effect["gains"] == "yes", effect["loses"] == "yes"] == [bool(effect["gained"]), bool(effect["lost"])]
    denied = next(step for step in steps if step["policy"] == "AWSDenyAll")
    assert denied["net_effect"]["beside_others"]


@pytest.mark.slow
def test_the_program_reads_the_package_where_there_is_no_folder(installed: Path, tmp_path: Path) -> None:
    log = program(installed, tmp_path, "log", "AmazonConnect_FullAccess")
    assert log.returncode == 0, log.stderr
    assert "v4" in log.stdout
    assert "no folder snapshots here: the package policy-tracker-archive is read, of 20" in log.stderr
    shown = program(installed, tmp_path, "show", "AmazonConnect_FullAccess@v2")
    assert "lex:ListBots" in shown.stdout
    compared = ("diff", "archive:AmazonConnect_FullAccess@v1", "archive:AmazonConnect_FullAccess@v2", "-f", "json")
    diff = program(installed, tmp_path, *compared)
    assert "lex:ListBots" in diff.stdout
    assert not [*tmp_path.iterdir()], "nothing is written"


@pytest.mark.slow
def test_a_folder_that_is_named_is_read_instead(installed: Path, tmp_path: Path) -> None:
    refused = program(installed, tmp_path, "--snapshots", "elsewhere", "log", "AdministratorAccess")
    assert refused.returncode > 2
    assert "elsewhere" in refused.stderr
