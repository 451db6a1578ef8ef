"""`build`: the archive → the published folder."""

import os
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.archive import archive_on_disk
from tracker.assessments import assess
from tracker.catalogue import load_catalogue
from tracker.configuration import Configuration
from tracker.progress import Progress, no_progress
from tracker.render import Renderer
from tracker.site import Published, Told, publish, read_manifest, site_files, written_by
from tracker.telling import Selection, tell_archive
from tracker.words import load_words, template_folders

if TYPE_CHECKING:
    from tracker.model import PolicyHistory

__all__ = ["build"]


def build(
    snapshots: Path,
    output: Path,
    configuration: Configuration,
    templates: Path | None = None,
    progress: Progress = no_progress,
) -> Published:
    """Bring the published folder up to the archive; return what that took.

    Nothing is done where an earlier build was made from the same archive, configuration, templates and program, and
    its files are as it left them.

    Raises:
        ArchiveError: the archive can't be read.
        RenderError: a template failed, or a feed did not pass its check: nothing has been written then.
        OutputError: a file can't be written.
    """
    folders = template_folders(templates)
    archive, catalogue = archive_on_disk(snapshots), load_catalogue()
    made_from = _fingerprint([snapshots, *folders, Path(__file__).parent], f"{configuration} {catalogue.version}")
    before = read_manifest(output)
    if before.files and before.made_from == made_from and written_by(output, before):
        return Published(len(before.files), 0, 0)
    renderers = [Renderer(folders, load_words(language, folders)) for language in configuration.languages]
    histories: list[PolicyHistory] = []
    changelog = tell_archive(archive, configuration, Selection(), histories)
    assessments = assess(changelog, histories, catalogue, configuration.rules, firsts=True)
    told = Told(tuple(item for item in histories if item.versions), changelog, catalogue, assessments)
    files = dict(site_files(told, renderers, configuration))
    return publish(output, files, made_from, progress)


def _fingerprint(folders: Iterable[Path], settings: str) -> str:
    """Return what changes with any file of some folders, and with the settings."""
    found = sha256(settings.encode())
    for folder in folders:
        for place, inner, names in os.walk(folder):
            inner[:] = sorted(name for name in inner if name != "__pycache__" and not name.startswith("."))
            for name in sorted(names):
                content = Path(place, name).read_bytes()
                found.update(f"\0{place}/{name}\0{len(content)}\0".encode(errors="surrogateescape") + content)
    return found.hexdigest()
