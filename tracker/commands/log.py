"""`log`: the history of one policy, as rows."""

from tracker.archive.lookup import find_policy, parse_reference
from tracker.archive.store import Archive
from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.assessments import effective_changes_by_entry
from tracker.changelog.builder import Selection, archive_source
from tracker.commands.output import OutputOptions
from tracker.policy.history import PolicyHistory, Skipped
from tracker.settings.configuration import Configuration
from tracker.text.row_builder import RowBuilder
from tracker.text.rows import Row

__all__ = ["log"]


def log(
    archive: Archive, configuration: Configuration, policy: str, owner: str | None, output: OutputOptions
) -> tuple[list[Row], tuple[Skipped, ...]]:
    """Return what happened to a policy, newest first, each entry as a row of its own, and what could not be read.

    Args:
        archive: where it is read.
        configuration: zone and languages.
        policy: a name, `OWNER/NAME` or ARN; a glob of names takes in several policies.
        owner: whose policy; None where only one owner has one of this name.
        output: how it is written.

    Raises:
        ArchiveError: the archive can't be read.
        UsageError: it has no such policy, several owners have one, or there is no such language.
    """
    if not set(policy) & set("*?["):
        owner, policy = find_policy(archive, parse_reference(policy, owner))
    selection, catalogue = Selection(owner, policy=policy), load_catalogue()
    source = archive_source(archive, configuration, selection)
    items = list(source.histories())
    changelog = source.changelog(items, selection)
    histories = [item for item in items if isinstance(item, PolicyHistory)]
    effective = effective_changes_by_entry(changelog, histories, catalogue)
    row_builder = RowBuilder(output.words(configuration), catalogue, configuration.time_zone, effective=effective)
    return [row_builder.row(entry) for entry in changelog.entries], changelog.skipped
