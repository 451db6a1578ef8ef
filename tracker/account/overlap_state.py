"""What an overlap found last time, so that a weekly run notices what AWS has taken back."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, ValidationError
from msgspec.json import decode

from tracker.access import Answer
from tracker.account.overlap import GrantOverlap
from tracker.errors import DocumentError
from tracker.policy.json_text import canonical

__all__ = ["MAX_STATE_BYTES", "given_grants", "lost_grants", "read_state", "state_text"]

MAX_STATE_BYTES = 16 * 1024 * 1024
_SCHEMA = "policy-tracker/overlap-state/1"


class _State(Struct):
    schema: str
    given: dict[str, str]


def read_state(data: bytes) -> dict[str, str]:
    """Return what was given when a state was written: key of a grant → the action.

    Raises:
        DocumentError: it is no state of this program.
    """
    try:
        state = decode(data, type=_State)
    except (ValidationError, ValueError, RecursionError) as error:
        raise DocumentError(f"no state of an overlap ({error})") from error
    if state.schema != _SCHEMA:
        raise DocumentError(f"not a state of schema {_SCHEMA}")
    return state.given


def state_text(found: Iterable[GrantOverlap]) -> str:
    """Return the state of what was found."""
    given = {grant.key: grant.action for grant in given_grants(found)}
    return canonical({"schema": _SCHEMA, "given": dict(sorted(given.items()))})


def given_grants(found: Iterable[GrantOverlap]) -> Iterator[GrantOverlap]:
    """Yield the grants that are given whole, and the single actions of those that are given in part."""
    for grant in found:
        if grant.given is Answer.YES:
            yield grant
        yield from given_grants(grant.actions)


def lost_grants(before: Mapping[str, str], found: Iterable[GrantOverlap]) -> list[GrantOverlap]:
    """Return the grants that were given and, as far as can be decided, no longer are.

    What the own policy does not grant any more is not lost. An action that was given as a part of a wildcard, and the
    wildcard is given whole now, is not lost either.
    """
    lost = []
    for grant in found:
        if grant.given is not Answer.YES and grant.key in before:
            lost.append(grant)
        lost += lost_grants(before, grant.actions)
    return lost
