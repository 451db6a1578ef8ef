"""`notify`: what is new in a changelog, to e-mail, chat and webhooks."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.assessments import entries_to_assess
from tracker.changelog.builder import Selection
from tracker.changelog.contract import changelog_from_json
from tracker.changelog.model import Changelog, Entry
from tracker.commands.changelog import render_changelog
from tracker.commands.output import OutputOptions
from tracker.errors import SourceError, TrackerError, UsageError
from tracker.notify.delivery import open_destination
from tracker.notify.messages import Message, new_messages
from tracker.notify.receipts import destination_id, read_receipts
from tracker.risk import Assessment, highest_level
from tracker.risk.rules import Level
from tracker.settings.configuration import Configuration
from tracker.text.titles import assessed_title
from tracker.text.words import plain

__all__ = ["Notified", "notify"]


class Notified(Struct, frozen=True):
    """What was done."""

    sent: int
    """Messages that were delivered; with a dry run, that would be."""
    texts: tuple[str, ...]
    """With a dry run, the messages."""
    started: int
    """Destinations that are new: what is there now counts as sent."""
    failures: tuple[TrackerError, ...]
    """What was not delivered; the next run tries again."""


def notify(
    text: bytes,
    addresses: Sequence[str],
    receipts: Path,
    configuration: Configuration,
    selection: Selection,
    output: OutputOptions,
    *,
    level: Level | None = None,
    dry_run: bool = False,
) -> Notified:
    """Send each destination what is new since its last message; a new one is sent nothing.

    Args:
        text: the changelog in JSON.
        addresses: of Apprise; they may hold secrets.
        receipts: the file of what was sent.
        configuration: titles, zone.
        selection: which policies and days are asked for.
        output: language and templates; its format is that of a dry run.
        level: the mildest level of risk that is sent; None for all changes. The JSON must have been made with it.
        dry_run: whether to send nothing and write nothing.

    Raises:
        DocumentError: the changelog, or the file of receipts, can't be read.
        UsageError: an address is none; a level is asked for and the changelog says none.
        OutputError: the receipts can't be written: nothing more is sent.
    """
    changelog, assessments = changelog_from_json(text)
    if level is not None and assessments is None and entries_to_assess(changelog):
        hint = "make it with `changelog --risk -f json`"
        raise UsageError("the changelog does not say how risky its changes are", where="--level", hint=hint)
    wanted = _wanted(changelog, selection, level, assessments or {})
    known = read_receipts(receipts)
    writer = _Writer(configuration, output, assessments)
    counts = [0, 0]
    failures: list[TrackerError] = []
    texts: list[str] = []
    for address in addresses:
        destination, name = open_destination(address), destination_id(address)
        sent = known.of(name)
        if sent is None:
            counts[1] += 1
            if not dry_run:
                known.add(name, (entry.id for entry in changelog.entries))
            continue
        messages, others = new_messages(changelog, sent, wanted)
        if dry_run:
            texts += [writer.body(message, changelog, output.format_name) for message in messages]
            counts[0] += len(messages)
            continue
        if others:
            known.add(name, others)
        for message in messages:
            try:
                destination.send(writer.title(message), writer.body(message, changelog, destination.form), message.key)
            except SourceError as error:
                failures.append(error)
                break  # the rest of what this destination lacks waits for the next run
            known.add(name, (entry.id for entry in message.entries))
            counts[0] += 1
    return Notified(counts[0], tuple(texts), counts[1], tuple(failures))


def _wanted(
    changelog: Changelog, selection: Selection, level: Level | None, assessments: Mapping[str, Assessment]
) -> Callable[[Entry], bool]:
    evaluated = {entry.id for entry in entries_to_assess(changelog)}

    def wanted(entry: Entry) -> bool:
        if not selection.takes_in(entry.owner, entry.policy) or not selection.has(entry):
            return False
        if level is None:
            return True
        assessment = assessments.get(entry.id)
        if assessment is None:  # a change that could not be evaluated may be of any level
            return entry.id in evaluated
        found = highest_level(assessment.findings)
        return found is not None and found.rank >= level.rank

    return wanted


class _Writer:
    """Writes messages in one language."""

    def __init__(
        self, configuration: Configuration, output: OutputOptions, assessments: Mapping[str, Assessment] | None
    ) -> None:
        self._configuration, self._output, self._assessments = configuration, output, assessments
        self._words = output.words(configuration)

    def title(self, message: Message) -> str:
        """Return the subject: what changed of which policy, or how many changed on that day."""
        first = message.entries[0]
        if len(message.entries) > 1:
            return self._words("notify.day", count=len(message.entries), date=self._words.date(first.at))
        return f"{first.policy} – {plain(assessed_title(first, self._words, load_catalogue(), self._assessments))}"

    def body(self, message: Message, changelog: Changelog, form: str) -> str:
        """Return the text of a message: its rows of the changelog."""
        some = replace(changelog, entries=message.entries, skipped=(), attached=None, acknowledged=0)
        output = replace(self._output, format_name=form)
        lead = self._words("notify.lead")
        parts = render_changelog(some, self._configuration, None, output, self._assessments, lead=lead)
        return b"".join(parts).decode()
