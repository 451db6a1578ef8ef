"""`log`: the history of one policy, or of all that is attached, as rows."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracker.archive.lookup import find_policy, parse_reference
from tracker.archive.store import Archive
from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.assessments import effective_changes_finder
from tracker.changelog.builder import Selection, archive_source
from tracker.changelog.model import AttachedScope
from tracker.commands.output import OutputOptions
from tracker.policy.history import PolicyHistory, Skipped
from tracker.settings.configuration import Configuration
from tracker.text.row_builder import RowBuilder
from tracker.text.rows import Row
from tracker.text.words import Words

if TYPE_CHECKING:
    from tracker.commands.attached import AttachedFilter

__all__ = ["log"]


def log(
    archive: Archive,
    configuration: Configuration,
    policy: str | None,
    owner: str | None,
    output: OutputOptions,
    only: "AttachedFilter | None" = None,
) -> tuple[list[Row], tuple[Skipped, ...], list[str]]:
    """Return what happened to a policy, newest first, each entry as a row of its own, and what could not be read.

    Args:
        archive: where it is read.
        configuration: zone and languages.
        policy: a name, `OWNER/NAME` or ARN; a glob of names takes in several policies, None all.
        owner: whose policy; None where only one owner has one of this name.
        output: how it is written.
        only: what is attached: nothing else is shown, and the last member says what was left out; None for everything.

    Raises:
        ArchiveError: the archive can't be read.
        UsageError: it has no such policy, several owners have one, or there is no such language.
    """
    if policy is not None and not set(policy) & set("*?["):
        owner, policy = find_policy(archive, parse_reference(policy, owner))
    selection, catalogue = Selection(owner, policy=policy), load_catalogue()
    source = archive_source(archive, configuration, only.selection(selection) if only else selection)
    items = list(source.histories())
    changelog = source.changelog(items, selection)
    if only:
        changelog = only.apply(changelog, archive.policy_keys(owner))
    histories = [item for item in items if isinstance(item, PolicyHistory)]
    effective = effective_changes_finder(histories, catalogue)
    words = output.words(configuration)
    row_builder = RowBuilder(words, catalogue, configuration.time_zone, effective=effective)
    notes = list(_notes(changelog.attached, words)) if changelog.attached else []
    return [row_builder.row(entry) for entry in changelog.entries], changelog.skipped, notes


def _notes(scope: AttachedScope, words: Words) -> Iterator[str]:
    yield words("changelog.attached", count=scope.policies, left_out=scope.left_out)
    if scope.principals:
        yield words("changelog.attached.who")
        for policy, principals in sorted(scope.principals.items()):
            yield f"  {policy}: {', '.join(principals)}"
