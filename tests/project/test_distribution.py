"""What is published: the wheel and the source distribution hold what the program needs, and nothing else."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from archives import CHECKOUT, git

from tracker.text.messages import compile_messages


def built(source: Path, target: Path, kind: str) -> Path:
    """Build a distribution as `pip` and the release do, without an environment of its own."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(target)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (made,) = target.iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from the source distribution of what git has of this project."""
    folder = tmp_path_factory.mktemp("distribution")
    source = folder / "source"
    for name in git(CHECKOUT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines():
        if not name.startswith("snapshots/") and (CHECKOUT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((CHECKOUT / name).read_bytes())
    with tarfile.open(built(source, folder / "sdist", "sdist")) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    return built(unpacked, folder / "wheel", "wheel")


@pytest.mark.slow
def test_the_wheel_has_each_catalogue_compiled_from_its_text(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.endswith(".po")]
        assert len(names) >= 2
        for name in names:
            compiled = archive.read(f"{name.removesuffix('.po')}.mo")
            assert compiled == compile_messages(archive.read(name), Path(name).stem)


@pytest.mark.slow
def test_the_wheel_has_each_module_template_and_table(wheel: Path) -> None:
    wanted = {
        f"tracker/_{name}" if name.startswith("templates/") else name
        for name in git(CHECKOUT, "ls-files", "tracker", "templates").splitlines()
        if os.path.lexists(CHECKOUT / name)
    }
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert wanted <= held
    assert {name for name in held - wanted if not name.endswith(".mo")} <= set(
        git(CHECKOUT, "ls-files", "--others", "--exclude-standard", "tracker").splitlines()
    )
