"""The order of the steps of what is printed and imported."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from tracker.archive import archive_on_disk, is_policy_name, merged_history, write_history
from tracker.assessments import assess, members
from tracker.catalogue import load_catalogue
from tracker.configuration import Configuration
from tracker.contract import changelog_to_json
from tracker.documents import parse_document
from tracker.errors import ArchiveError, DocumentError
from tracker.model import Changelog, PolicyHistory, Service, Skipped
from tracker.render import Renderer
from tracker.risk import Assessment
from tracker.rows import Teller, title_of
from tracker.site import (
    View,
    changelog_title,
    page_of,
)
from tracker.telling import Origin, Selection, replaying, tell
from tracker.words import load_words, template_folders

__all__ = ["Imported", "Progress", "changelog", "import_git", "no_progress", "printed"]

Progress = Callable[[int, int], None]
"""Told after each step: how many are done, and of how many."""


def no_progress(_done: int, _of: int) -> None:
    """Show nothing."""


def changelog(
    origin: Origin, configuration: Configuration, selection: Selection, *, risk: bool
) -> tuple[Changelog, dict[str, Assessment] | None]:
    """Return the changelog of an origin, and the assessments of its entries where they are asked for.

    Raises:
        ArchiveError: the archive can't be read.
        GitError: the repository can't be read, or there is no such revision.
        UsageError: no policy of it is asked for.
    """
    histories: list[PolicyHistory] | None = [] if risk else None
    told = tell(origin, configuration, selection, histories)
    if histories is None:
        return told, None
    whole = selection == Selection()
    return told, assess(told, histories, load_catalogue(), configuration.rules, firsts=whole)


def printed(
    told: Changelog,
    configuration: Configuration,
    service: Service | None,
    language: str | None,
    format_name: str,
    templates: Path | None,
    assessments: Mapping[str, Assessment] | None = None,
) -> str:
    """Return a changelog in a format.

    Args:
        told: the changelog.
        configuration: base URL, zone, and the language where none is named.
        service: the service that it is about; None for all.
        language: None for the first of the configuration.
        format_name: `json`, or one of `FORMATS` of `render.py`.
        templates: a folder of templates that come first.
        assessments: what the changes mean, by entry; None where nobody asked.

    Raises:
        UsageError: there is no such language or folder.
        RenderError: a template failed, or a feed did not pass its check.
    """
    folders = template_folders(templates)
    words, catalogue = load_words(language or configuration.languages[0], folders), load_catalogue()
    if format_name == "json":
        told = replace(told, title=changelog_title(words, service, configuration.title))
        more = None if assessments is None else partial(members, assessments=assessments, catalogue=catalogue)
        lines = changelog_to_json(told, lambda entry: title_of(entry, words, catalogue), more)
        return "".join(f"{line}\n" for line in lines)
    teller = Teller(words, catalogue, configuration.time_zone, service, assessments)
    page = page_of(View("", told, service), teller, configuration, configuration.base_url, None)
    return Renderer(folders, words).changelog(format_name, page)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import brought."""

    policies: int
    """Policies read."""
    versions: int
    """Versions that the archive did not have."""
    written: tuple[Path, ...]
    """Files written."""
    skipped: tuple[Skipped, ...]
    """What was left out, and why."""


def import_git(
    place: Path,
    revision: str | None,
    under: str,
    snapshots: Path,
    owner: str,
    progress: Progress = no_progress,
) -> Imported:
    """Bring someone's git archive of policies into the archive.

    Args:
        place: a repository, a bare one, or a bundle.
        revision: the last commit that counts; None for the current branch.
        under: the folder of the policy files.
        snapshots: the archive; made if it is not there.
        owner: whose policies these are.
        progress: told after each policy.

    Raises:
        GitError: the repository can't be read.
        ArchiveError: a version is archived with another document.
        OutputError: a file can't be written.
    """
    known = _known(snapshots, owner)
    skipped: list[Skipped] = []
    written: list[Path] = []
    policies = versions = 0
    with replaying(place, revision, under, owner) as (_, items):
        for item in items:
            history = item if isinstance(item, Skipped) else _readable(item, skipped)
            if isinstance(history, Skipped):
                skipped.append(history)
                continue
            before = known.get(history.facts.name)
            after = merged_history(before, history)
            if after != before:
                written += write_history(snapshots, before, after)
                versions += len(after.versions) - (len(before.versions) if before else 0)
            policies += 1
            progress(policies, 0)
    return Imported(policies, versions, tuple(written), tuple(skipped))


def _known(snapshots: Path, owner: str) -> dict[str, PolicyHistory]:
    """Return the histories in force, by policy; a broken version file must be mended before more is recorded."""
    if not snapshots.is_dir():
        return {}
    known = {}
    for item in archive_on_disk(snapshots).histories(owner):
        if isinstance(item, Skipped):
            raise ArchiveError(item.reason, where=item.where, hint="restore the file from git: `git checkout -- FILE`")
        if "~" not in item.folder:
            known[item.facts.name] = item
    return known


def _readable(history: PolicyHistory, skipped: list[Skipped]) -> PolicyHistory | Skipped:
    """Return a history without the versions that are no policy documents, or why it can't be recorded at all."""
    if not is_policy_name(history.facts.name):
        return Skipped(history.facts.name, "not a name that IAM would take for a policy")
    kept = []
    for version in history.versions:
        try:
            parse_document(version.text)
            kept.append(version)
        except DocumentError as error:
            skipped.append(Skipped(f"{history.facts.name} {version.version_id}", str(error)))
    held = {version.version_id for version in kept} | {None}
    seen = tuple(item for item in history.observations if item.default_version in held)
    return replace(history, versions=tuple(kept), observations=seen)
