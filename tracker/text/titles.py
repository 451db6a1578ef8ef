"""What changelogs and their entries are called, in the words of one language."""

from collections.abc import Iterable, Sequence
from operator import attrgetter

from tracker.catalogue.catalogue import Catalogue
from tracker.changelog.model import Entry, Event
from tracker.diff.model import Change, ChangeKind
from tracker.policy.grants import EVERYTHING
from tracker.policy.model import Effect
from tracker.settings.services import Service
from tracker.text.words import Words, printable

__all__ = ["changelog_title", "service_names", "title_of"]

_IS_INVERTED = attrgetter("inverted")
MAX_SERVICES = 3
"""Services that a title names before it counts the rest."""


def changelog_title(words: Words, service: Service | None, configured: str | None = None) -> str:
    """Return the heading of a changelog."""
    if service is not None:
        return words("changelog.title.service", service=service.name)
    return configured or words("changelog.title")


def title_of(entry: Entry, words: Words, catalogue: Catalogue) -> str:
    """Return what happened in one line, without the policy's name."""
    if entry.event == Event.POLICY_UPDATED:
        return _title_of_changes(entry.changes, words, catalogue)
    kind = "aws" if entry.owner.startswith("aws") else "other"
    name = f"title.{entry.event}"
    before, after = printable(entry.previous_version or ""), printable(entry.version or "")
    return words(f"{name}.{kind}" if words.has(f"{name}.{kind}") else name, before=before, after=after)


def _title_of_changes(changes: Sequence[Change], words: Words, catalogue: Catalogue) -> str:
    """Return what was done to which services' actions; a denial that changed beside what is allowed is an update."""
    allowed = [change for change in changes if change.effect is Effect.ALLOW]
    named: Sequence[Change] = allowed or changes
    if any(map(_IS_INVERTED, named)):
        named = _without_exceptions_of_their_own(named)
        kinds = {_kind_of_actions(change) for change in named}
    else:
        kinds = {change.kind for change in named}
    verb = "updated"
    if kinds == {ChangeKind.ACTION_ADDED}:
        verb = "added"
    elif kinds == {ChangeKind.ACTION_REMOVED}:
        verb = "removed"
    elif not any(kind.is_of_action for kind in kinds):
        verb = "scope"
    elif ChangeKind.ACTION_REMOVED not in kinds:
        named = [change for change in named if _kind_of_actions(change) is ChangeKind.ACTION_ADDED]
    if allowed and len(allowed) < len(changes):
        verb = "updated"
    services = service_names([change.action for change in named], words, catalogue)
    return words(f"title.{verb}.{'allow' if allowed else 'deny'}", services=services)


def _without_exceptions_of_their_own(changes: Sequence[Change]) -> Sequence[Change]:
    """Drop the exceptions that came or went with their `NotAction`: they only say what it is about."""
    whole = {(change.effect, change.kind) for change in changes if change.inverted and change.action == EVERYTHING}
    return [
        change
        for change in changes
        if not (change.is_exception and change.kind.is_of_action and (change.effect, change.kind) in whole)
    ]


def _kind_of_actions(change: Change) -> ChangeKind:
    """Return what happened to the actions themselves: one more exception takes actions away."""
    return change.kind.opposite if change.is_exception and change.kind.is_of_action else change.kind


def service_names(actions: Iterable[str], words: Words, catalogue: Catalogue) -> str:
    """Return the services of some actions in one phrase: all of them first, then those with most actions."""
    everything = words("service.all")
    prefixes: dict[str, int] = {}
    for action in actions:
        prefix = action.partition(":")[0]
        prefixes[prefix] = prefixes.get(prefix, 0) + 1
    counts: dict[str, int] = {}
    for prefix, count in prefixes.items():
        name = everything if prefix == EVERYTHING else catalogue.service_name(prefix) or printable(prefix.lower())
        counts[name] = counts.get(name, 0) + count
    if len(counts) == 1:
        return next(iter(counts))
    names = sorted(counts, key=lambda name: (name != everything, -counts[name], name.lower()))
    shown = names if len(names) <= MAX_SERVICES else names[: MAX_SERVICES - 1]
    rest = len(names) - len(shown)
    return words.all_of([*shown, words("service.more", count=rest)] if rest else shown)
