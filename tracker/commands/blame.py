"""`log --action`: since when policies allow an action."""

from typing import TYPE_CHECKING

from tracker.archive.lookup import find_policy, parse_reference
from tracker.archive.store import Archive
from tracker.catalogue.catalogue import load_catalogue
from tracker.catalogue.lookup import require_known_action
from tracker.changelog.blame import blame
from tracker.changelog.builder import Selection, archive_source
from tracker.changelog.entries import entries_of
from tracker.changelog.model import Entry
from tracker.commands.output import OutputOptions
from tracker.formats.registry import BLAME, find_format
from tracker.policy.history import PolicyHistory, Skipped
from tracker.settings.configuration import Configuration
from tracker.text.row_builder import RowBuilder

if TYPE_CHECKING:
    from tracker.commands.attached import AttachedFilter

__all__ = ["blame_action"]


def blame_action(
    archive: Archive,
    configuration: Configuration,
    policy: str | None,
    owner: str | None,
    pattern: str,
    output: OutputOptions,
    only: "AttachedFilter | None" = None,
) -> tuple[str, list[Skipped]]:
    """Return since when an action is allowed, by policy, in a format, and what could not be read.

    Args:
        archive: where the policies are.
        configuration: zone and languages.
        policy: a name, `OWNER/NAME`, ARN, or a glob of names; None for all.
        owner: whose policies; None for all.
        pattern: an action or a pattern.
        output: how it is written.
        only: what is attached: no other policy is looked at; None for all.

    Raises:
        ArchiveError: the archive can't be read.
        UsageError: it has no such policy, no action matches, or there is no such language.
    """
    catalogue = load_catalogue()
    if ":" not in pattern and pattern != "*":
        require_known_action(catalogue, pattern)
    if policy is not None and not set(policy) & set("*?["):
        owner, policy = find_policy(archive, parse_reference(policy, owner))
    selection = Selection(owner, policy=policy)
    source = archive_source(archive, configuration, only.selection(selection) if only else selection)
    start = source.start()
    found = []
    skipped: list[Skipped] = list(only.unknown(archive.policy_keys(owner))) if only else []
    for history in source.histories():
        if not isinstance(history, PolicyHistory):
            skipped.append(history)
            continue
        outcomes = list(entries_of(history, *start(history)))
        skipped += [item for item in outcomes if isinstance(item, Skipped)]
        item = blame(history, [item for item in outcomes if isinstance(item, Entry)], pattern)
        if item is not None:
            found.append(item)
    if not found:
        require_known_action(catalogue, pattern)
    row_builder = RowBuilder(output.words(configuration), catalogue, configuration.time_zone)
    write = find_format(BLAME, output.format_name).function()
    return str(write(pattern, found, skipped, row_builder, configuration.time_zone)), skipped
