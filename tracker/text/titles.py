"""What changelogs and their entries are called, in the words of one language."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from tracker.catalogue.catalogue import Catalogue
from tracker.changelog.model import Entry, Event
from tracker.diff.model import Change
from tracker.policy.grants import EVERYTHING
from tracker.policy.model import Effect
from tracker.settings.configuration import Configuration
from tracker.settings.services import Service
from tracker.text.words import Words, printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tracker.access import EffectiveChange
    from tracker.risk import Assessment

__all__ = [
    "ChangelogHeading",
    "assessed_title",
    "changelog_heading",
    "message_form",
    "service_name",
    "service_names",
    "title_of",
]

_IS_INVERTED = attrgetter("inverted")
MAX_SERVICES = 4
"""Services that a phrase names before it counts the rest; one less for each other phrase of the title."""
MIN_SERVICES = 2
"""The least that a phrase names, however many the title has."""


class ChangelogHeading(NamedTuple):
    """What stands above a changelog."""

    title: str
    lead: str
    """The sentence below the title."""


def changelog_heading(
    words: Words, service: Service | None, owners: Collection[str], configuration: Configuration
) -> ChangelogHeading:
    """Return what stands above a changelog: a service's words, else an owner's, else those of the whole.

    Args:
        words: the language.
        service: the service it is about; None for all.
        owners: whose policies it is about; empty where it has none.
        configuration: may have a title for the whole, and titles and leads for owners.
    """
    form = message_form(owners)
    if service is not None:
        return ChangelogHeading(
            *(words(f"changelog.{name}.service{form}", service=service.name) for name in ("title", "lead"))
        )
    own = configuration.owners.get(next(iter(owners))) if len(owners) == 1 else None
    title = (own and own.title) or configuration.title or words(f"changelog.title{form}")
    return ChangelogHeading(title, (own and own.lead) or words(f"changelog.lead{form}"))


def message_form(owners: Collection[str]) -> str:
    """Return the ending of messages about policies of some owners: none for AWS's, `.other` if any is not AWS's."""
    return "" if all(owner.startswith("aws") for owner in owners) else ".other"


def title_of(
    entry: Entry, words: Words, catalogue: Catalogue, effective: "Sequence[EffectiveChange] | None" = None
) -> str:
    """Return what happened in one line, without the policy's name.

    Args:
        entry: what happened.
        words: the language.
        catalogue: the names of services.
        effective: what becomes of actions; None where the changes of the text say it, or nothing else is known.
    """
    if entry.event == Event.POLICY_UPDATED:
        steps = _steps_of_text(entry.changes) if effective is None else _steps_of_effect(entry.changes, effective)
        return _title_of_steps(steps, words, catalogue)
    kind = "aws" if entry.owner.startswith("aws") else "other"
    name = f"title.{entry.event}"
    before, after = printable(entry.previous_version or ""), printable(entry.version or "")
    return words(f"{name}.{kind}" if words.has(f"{name}.{kind}") else name, before=before, after=after)


def assessed_title(
    entry: Entry, words: Words, catalogue: Catalogue, assessments: "Mapping[str, Assessment] | None"
) -> str:
    """Return the title of an entry by what its change does, where it was assessed; else by its text."""
    assessment = (assessments or {}).get(entry.id)
    return title_of(entry, words, catalogue, assessment.effective if assessment else None)


_Step = tuple[str, str, str]
"""Manner (`allow`, `deny`), verb (`added`, `removed`, `scope`) and the action pattern that it is about."""


def _steps_of_text(changes: Sequence[Change]) -> list[_Step]:
    """Return what was written differently.

    Actions that a wildcard grants on the same scope on the other side moved nothing: they are left out beside others.
    """
    moved = [change for change in changes if not change.covered_by] or changes
    if any(map(_IS_INVERTED, moved)):
        moved = _without_exceptions_of_their_own(moved)
    return [(_MANNERS[change.effect], _verb(change), change.action) for change in moved]


def _steps_of_effect(changes: Sequence[Change], effective: "Sequence[EffectiveChange]") -> list[_Step]:
    """Return what becomes of allowed actions, and what is written differently of denied ones.

    A Deny that takes nothing from its own document takes from what other policies allow, so it is always named.
    """
    steps = [
        ("allow", _VERBS.get(change.kind, "scope"), action)
        for change in effective
        if change.before.allowed != change.after.allowed or change.kind == "unclear"
        for action in ((EVERYTHING,) if EVERYTHING in change.patterns else (*change.actions, *change.patterns))
    ]
    denials = [change for change in changes if change.effect is Effect.DENY and not change.covered_by]
    return [*steps, *(_steps_of_text(denials) if denials else ())]


_MANNERS = {Effect.ALLOW: "allow", Effect.DENY: "deny"}
_VERBS = {"possible": "added", "impossible": "removed"}
"""Kind of an effective change of actions that are allowed on one side alone → its verb; all else is of scope."""


def _title_of_steps(steps: Sequence[_Step], words: Words, catalogue: Catalogue) -> str:
    """Return what was done to which services' actions: one phrase for each verb, allowed actions first."""
    if not steps:
        return words("title.no-effect")
    phrases = [
        *_phrases([step for step in steps if step[0] == "allow"], "allow", catalogue),
        *_phrases([step for step in steps if step[0] == "deny"], "deny", catalogue),
    ]
    most = max(MIN_SERVICES, MAX_SERVICES + 1 - len(phrases))
    return words("title.between").join(
        words(f"title.{'also.' if index else ''}{name}", services=service_names(actions, words, catalogue, most))
        for index, (name, actions) in enumerate(phrases)
    )


def _phrases(steps: Sequence[_Step], manner: str, catalogue: Catalogue) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the name of each phrase, and the action patterns whose services it is about.

    Where the scopes of the very same services changed, one phrase says both.
    """
    services_of = _services_by_verb(steps, catalogue)
    rescoped = services_of["scope"]
    same = next((verb for verb in _SHOWN if rescoped and manner == "allow" and services_of[verb] == rescoped), "scope")
    for verb, shown in _SHOWN.items():
        merged = verb == same != "scope"
        verbs = (*shown, "scope") if merged else shown
        actions = [
            action for _, done, action in steps if done in verbs and _service_of(action, catalogue) in services_of[verb]
        ]
        if actions and (verb != "scope" or same == "scope"):
            yield f"{verb}-and-scope.{manner}" if merged else f"{verb}.{manner}", actions


_SHOWN = {"added": ("added",), "updated": ("added", "removed"), "removed": ("removed",), "scope": ("scope",)}
"""Verb of a phrase → what happened to the actions that it is about, in the order of a title."""


def _services_by_verb(steps: Sequence[_Step], catalogue: Catalogue) -> dict[str, list[str]]:
    """Return the services by verb; one is "updated" only where actions of it were added and removed."""
    done: dict[str, set[str]] = {}
    for _, verb, action in steps:
        done.setdefault(_service_of(action, catalogue), set()).add(verb)
    found: dict[str, list[str]] = {verb: [] for verb in _SHOWN}
    for service, verbs in done.items():
        of_actions = verbs - {"scope"}
        if of_actions:
            found["updated" if len(of_actions) > 1 else of_actions.pop()].append(service)
        if "scope" in verbs:
            found["scope"].append(service)
    return found


def _verb(change: Change) -> str:
    """Return what happened to the actions themselves: one more exception takes actions away."""
    kind = change.kind.opposite if change.is_exception and change.kind.is_of_action else change.kind
    return kind.value.removeprefix("action-") if kind.is_of_action else "scope"


def _service_of(action: str, catalogue: Catalogue) -> str:
    prefix = action.partition(":")[0]
    return catalogue.service_name(prefix) or prefix.lower()


def _without_exceptions_of_their_own(changes: Sequence[Change]) -> Sequence[Change]:
    """Drop the exceptions that were added or removed with their `NotAction`: they only say what it is about."""
    whole = {(change.effect, change.kind) for change in changes if change.inverted and change.action == EVERYTHING}
    return [
        change
        for change in changes
        if not (change.is_exception and change.kind.is_of_action and (change.effect, change.kind) in whole)
    ]


def service_name(prefix: str, words: Words, catalogue: Catalogue) -> str:
    """Return a service by its prefix: its name, or the prefix with the word that it is one where no name is known."""
    return catalogue.service_name(prefix) or words("service.prefix", prefix=printable(prefix.lower()))


def service_names(actions: Iterable[str], words: Words, catalogue: Catalogue, most: int = MAX_SERVICES) -> str:
    """Return the services of some actions in one phrase: all of them first, then those with most actions.

    Args:
        actions: action patterns.
        words: the language.
        catalogue: the names.
        most: how many services are named; of more, one less, and the rest is counted, so that it is never one alone.
    """
    everything = words("service.all")
    prefixes: dict[str, int] = {}
    for action in actions:
        prefix = action.partition(":")[0]
        prefixes[prefix] = prefixes.get(prefix, 0) + 1
    counts: dict[str, int] = {}
    for prefix, count in prefixes.items():
        name = everything if prefix == EVERYTHING else service_name(prefix, words, catalogue)
        counts[name] = counts.get(name, 0) + count
    if everything in counts:
        return everything
    if len(counts) == 1:
        return next(iter(counts))
    names = sorted(counts, key=lambda name: (-counts[name], name.lower()))
    shown = names if len(names) <= most else names[: most - 1]
    rest = len(names) - len(shown)
    return words.all_of([*shown, words("service.more", count=rest)] if rest else shown)
