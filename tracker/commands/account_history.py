"""`account history`: what AWS gave each principal of an account, and changed for it since."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from tracker.account.history import attachments_of, principal_history
from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.assessments import effective_changes_finder
from tracker.commands.output import OutputOptions
from tracker.commands.timelines import read_histories, timelines_of
from tracker.errors import UsageError
from tracker.formats.account_history import AccountReport
from tracker.formats.registry import ACCOUNT_HISTORY, find_format
from tracker.inputs.files.attachment_files import read_attachments
from tracker.risk import facts_of, universe_of
from tracker.settings.configuration import Configuration
from tracker.text.row_builder import RowBuilder

__all__ = ["account_history"]


def account_history(
    dump: Path,
    snapshots: Path,
    configuration: Configuration,
    output: OutputOptions,
    *,
    since: date | None = None,
    at: date | None = None,
) -> str:
    """Return what AWS's managed policies gave each principal of a dump, in a format.

    Args:
        dump: the file that says what is attached to whom.
        snapshots: the archive.
        configuration: zone and languages.
        output: how it is written.
        since: the day (UTC) at whose end the comparison begins; None to compare nothing.
        at: the last day (UTC); None for the newest that is known.

    Raises:
        UsageError: the file names nothing that is attached; the days are in the wrong order.
        ArchiveError: the archive can't be read.
    """
    if since and at and since > at:
        raise UsageError("--since is after --at")
    read, catalogue = read_attachments([dump]), load_catalogue()
    attachments = attachments_of(read.attachments)
    names = frozenset(name for each in attachments for name in each.policies)
    histories = read_histories(snapshots, names)
    known = timelines_of(histories)
    moments = (_end_of(since), _end_of(at), universe_of(catalogue), facts_of(catalogue))
    found = tuple(principal_history(each, known, *moments) for each in attachments)
    unread = tuple(f"{item.where}: {item.reason}" for item in read.unknown)
    report = AccountReport(found, unread, since, at)
    effective = effective_changes_finder(histories.values(), catalogue)
    row_builder = RowBuilder(output.words(configuration), catalogue, configuration.time_zone, effective=effective)
    return str(find_format(ACCOUNT_HISTORY, output.format_name).function()(report, row_builder))


def _end_of(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC) + timedelta(days=1, microseconds=-1)
