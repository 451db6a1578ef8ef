"""`account overlap`: an own policy against what AWS managed policies give."""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from tracker.account.overlap import GrantOverlap, NamedPolicy, OverlapCalculator
from tracker.account.overlap_state import MAX_STATE_BYTES, lost_grants, read_state, state_text
from tracker.base.files import write_text
from tracker.catalogue.catalogue import load_catalogue
from tracker.commands.output import OutputOptions
from tracker.commands.timelines import read_histories, timelines_of
from tracker.errors import DocumentError, UsageError
from tracker.formats.registry import OVERLAP, find_format
from tracker.inputs.files.one_document import read_one_document
from tracker.risk import facts_of
from tracker.settings.configuration import Configuration
from tracker.text.row_builder import RowBuilder

__all__ = ["Overlap", "find_overlap"]


_ARN = "arn:aws:iam::aws:policy/"


class Overlap(Struct, frozen=True):
    """What was found."""

    text: str
    """In the format asked for."""
    lost: tuple[GrantOverlap, ...]
    """What was given when the state was written and no longer is."""


def find_overlap(
    policy: Path,
    names: Sequence[str],
    snapshots: Path,
    configuration: Configuration,
    output: OutputOptions,
    *,
    state: Path | None = None,
    accept: bool = False,
) -> Overlap:
    """Return which grants of an own policy the named ones give as well; bring the state file up to date.

    The state stays as it is while something of it is lost, so that each run says so until somebody accepts it.

    Args:
        policy: the file of the own policy.
        names: AWS managed policies.
        snapshots: the archive.
        configuration: zone and languages.
        output: how it is written.
        state: what was given last time; written where it is not there yet. None for no state.
        accept: whether to write the state though something was lost.

    Raises:
        UsageError: a file or a policy is not there.
        DocumentError: the own policy, or the state, can't be read.
    """
    own, catalogue = read_one_document(policy), load_catalogue()
    named = _named_policies(names, snapshots)
    found = list(OverlapCalculator(own, named, catalogue, facts_of(catalogue)).grants())
    before = _state(state) if state and state.exists() else {}
    lost = lost_grants(before, found)
    if state and (accept or not lost):
        write_text(state, state_text(found))
    row_builder = RowBuilder(output.words(configuration), catalogue, configuration.time_zone)
    write = find_format(OVERLAP, output.format_name).function()
    return Overlap(str(write(found, lost, named, row_builder, configuration.time_zone)), tuple(lost))


def _named_policies(names: Sequence[str], snapshots: Path) -> list[NamedPolicy]:
    foreign = [name for name in names if ":" in name and not name.startswith(_ARN)]
    if foreign:
        raise UsageError(f"no AWS managed policy: {foreign[0]}", where="--by", hint=f"a name, or an ARN {_ARN}NAME")
    wanted = frozenset(name.rpartition("/")[2] for name in names)
    timelines = timelines_of(read_histories(snapshots, wanted))
    missing = sorted(wanted - timelines.keys())
    if missing:
        raise UsageError(f"no policy {missing[0]!r} in the archive", where="--by", hint="letter case counts")
    return [NamedPolicy(name, timelines[name]) for name in sorted(wanted)]


def _state(path: Path) -> dict[str, str]:
    if path.stat().st_size > MAX_STATE_BYTES:
        raise DocumentError("too large for a state", where=str(path))
    try:
        return read_state(path.read_bytes())
    except DocumentError as error:
        raise error.within(str(path)) from error
