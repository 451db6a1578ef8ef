"""`account copies`: which own documents are copies of AWS managed policies, and what changed since."""

from collections.abc import Sequence
from pathlib import Path

from tracker.account.copies import CopyFinder, Original
from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.assessments import effective_changes_finder
from tracker.commands.output import OutputOptions
from tracker.commands.timelines import read_histories, timelines_of
from tracker.formats.account_copies import CopiesReport
from tracker.formats.registry import COPIES, find_format
from tracker.inputs.own_documents import read_own_documents
from tracker.risk import facts_of, universe_of
from tracker.settings.configuration import Configuration
from tracker.text.row_builder import RowBuilder

__all__ = ["find_copies"]


def find_copies(paths: Sequence[Path], snapshots: Path, configuration: Configuration, output: OutputOptions) -> str:
    """Return the copies of AWS managed policies in some files and folders, in a format.

    Args:
        paths: files and folders: documents, templates, Terraform.
        snapshots: the archive.
        configuration: zone and languages.
        output: how it is written.

    Raises:
        UsageError: a file can't be read.
        ArchiveError: the archive can't be read.
    """
    own, catalogue = read_own_documents(paths), load_catalogue()
    histories = read_histories(snapshots)
    originals = [Original(name, timeline) for name, timeline in timelines_of(histories).items()]
    finder = CopyFinder(originals, universe_of(catalogue), facts_of(catalogue))
    found = (finder.find(one.name, one.called, one.line, one.document) for one in own.documents)
    report = CopiesReport(tuple(copy for copy in found if copy), len(own.documents), own.unknown)
    effective = effective_changes_finder(histories.values(), catalogue)
    row_builder = RowBuilder(output.words(configuration), catalogue, configuration.time_zone, effective=effective)
    return str(find_format(COPIES, output.format_name).function()(report, row_builder))
