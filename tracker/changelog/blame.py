"""Since when a policy allows an action, by which pattern, on what, and when that was taken back.

Read from the entries of a policy, oldest first. What statements allow is listed; a Deny beside them is named, and what
conditions or a permissions boundary take back is not evaluated here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from tracker.changelog.model import Entry, Event
from tracker.diff.changes import added_grants
from tracker.diff.model import Change, ChangeKind
from tracker.errors import DocumentError
from tracker.policy.actions import fold_action
from tracker.policy.grants import EVERYTHING
from tracker.policy.history import PolicyHistory
from tracker.policy.model import Effect, Scope
from tracker.policy.patterns import covers, overlaps

__all__ = ["Blame", "Grant", "Moment", "blame", "grants_of"]


class Moment(Struct, frozen=True):
    """When a pattern was added or removed."""

    entry: str
    """The id of its entry."""
    version: str | None
    """The version that brought it; None where the policy was removed."""
    at: datetime
    """When that was published, or seen; the end of the time in which it was published where no source has the day."""
    previous_version: str | None
    """The version before; None where none is known."""
    not_observed: int
    """How many versions between the two were never seen: it may have come or gone with one of them."""
    is_latest: bool
    """True where it may have been earlier: versions were not seen, no source has the day, or the policy was there
    before."""
    after: datetime | None = None
    """The beginning of the time in which it was published; None where the day is known."""


class Grant(Struct, frozen=True):
    """One action pattern that a policy allowed, or denied, without a break."""

    action: str
    """The pattern, as published; `*` with `inverted` stands for all actions but those named."""
    inverted: bool
    """True for what `NotAction` says; a pattern other than `*` is an exception then."""
    scopes: tuple[tuple[Moment, tuple[Scope, ...]], ...]
    """On what, and since when on that; the first since the pattern came, the last now or last."""
    until: Moment | None = None
    """When it was taken back; None where it still holds."""

    @property
    def since(self) -> Moment:
        """When it was added."""
        return self.scopes[0][0]


class Blame(Struct, frozen=True):
    """Since when one policy allows or denies an action pattern."""

    owner: str
    """Whose policy it is."""
    policy: str
    """PolicyName."""
    label: str
    """What its entries and pages are called by."""
    grants: tuple[Grant, ...]
    """What allows it or a part of it, or did, by the time at which it came."""
    denied_by: tuple[str, ...]
    """Patterns of its Deny statements that name the same now, sorted: they may take back all of it."""


def grants_of(
    entries: Iterable[Entry], first: Iterable[Change] = (), effect: Effect = Effect.ALLOW
) -> dict[tuple[bool, str], list[Grant]]:
    """Return what a policy allows and did allow, by `inverted` and folded pattern, each in the order of time.

    Args:
        entries: its entries, oldest first.
        first: what its oldest known version grants, where no entry says it: the start of tracking has no changes.
        effect: Deny for what it denies.
    """
    follower = _GrantFollower()
    for index, entry in enumerate(entries):
        moment = _moment(entry)
        if entry.event is Event.POLICY_REMOVED:
            follower.stop(moment)
            continue
        if entry.event is Event.POLICY_RETURNED:
            follower.resume(moment)
        is_start = index == 0 and entry.event is Event.TRACKING_STARTED
        for change in first if is_start else entry.changes:
            if change.effect is effect:
                follower.take(change, moment)
    return follower.found


class _GrantFollower:
    """Follows the grants of a policy from change to change."""

    def __init__(self) -> None:
        self.found: dict[tuple[bool, str], list[Grant]] = {}
        self.stopped: list[tuple[bool, str]] = []
        """What was allowed when the policy was removed."""

    def take(self, change: Change, moment: Moment) -> None:
        """Record that a pattern was added or removed, or got another scope."""
        key = (change.inverted, fold_action(change.action))
        grants = self.found.setdefault(key, [])
        is_held = bool(grants) and grants[-1].until is None
        if change.kind is ChangeKind.ACTION_REMOVED:
            if is_held:
                grants[-1] = replace(grants[-1], until=moment)
        elif is_held:
            grants[-1] = replace(grants[-1], scopes=(*grants[-1].scopes, (moment, change.after)))
        elif change.kind is ChangeKind.ACTION_ADDED:
            grants.append(Grant(change.action, change.inverted, ((moment, change.after),)))

    def stop(self, moment: Moment) -> None:
        """Take in that the policy was removed."""
        self.stopped = [key for key, grants in self.found.items() if grants and grants[-1].until is None]
        for key in self.stopped:
            self.found[key][-1] = replace(self.found[key][-1], until=moment)

    def resume(self, moment: Moment) -> None:
        """Take in that the policy is there again."""
        for key in self.stopped:
            last = self.found[key][-1]
            self.found[key].append(Grant(last.action, last.inverted, ((moment, last.scopes[-1][1]),)))
        self.stopped = []


def _moment(entry: Entry) -> Moment:
    unseen = entry.not_observed > 0 or entry.published_before is not None
    is_latest = unseen or (entry.event is Event.TRACKING_STARTED and entry.version != "v1")
    at, after = (entry.published_before, entry.at) if entry.published_before else (entry.at, None)
    return Moment(entry.id, entry.version, at, entry.previous_version, entry.not_observed, is_latest, after)


def blame(history: PolicyHistory, entries: Sequence[Entry], pattern: str) -> Blame | None:
    """Return since when, and by what, a policy allows an action; None where it never did.

    Args:
        history: the policy.
        entries: its entries, oldest first.
        pattern: an action, or a pattern: what allows a part of it counts.
    """
    wanted = fold_action(pattern)
    allowed = grants_of(entries, _first_grants(history, entries))
    named = [
        grant
        for (inverted, action), grants in allowed.items()
        if not inverted and overlaps(action, wanted)
        for grant in grants
    ]
    grants = sorted([*named, *_by_exclusion(allowed, wanted)], key=lambda grant: grant.since.at)
    if not grants:
        return None
    denied = grants_of(entries, _first_grants(history, entries), Effect.DENY)
    denials = {
        grant.action
        for (inverted, action), found in denied.items()
        for grant in found
        if grant.until is None and (action == EVERYTHING if inverted else overlaps(action, wanted))
    }
    return Blame(history.owner, history.facts.name, history.label, tuple(grants), tuple(sorted(denials)))


def _first_grants(history: PolicyHistory, entries: Sequence[Entry]) -> Sequence[Change]:
    """Return what the first version grants where the first entry has no changes."""
    first = entries[0] if entries else None
    version = history.version(first.version) if first and first.version else None
    if first is None or first.event is not Event.TRACKING_STARTED or version is None:
        return ()
    try:
        return added_grants(version.parsed)
    except DocumentError:  # its entry says so
        return ()


def _by_exclusion(allowed: Mapping[tuple[bool, str], Sequence[Grant]], wanted: str) -> Iterator[Grant]:
    """Yield what `NotAction` allows of a pattern: as long as no exception covers it, where that holds.

    An exception that holds on less than the statement takes back a part only, so it does not count.
    """
    exceptions = [
        grant
        for (inverted, action), grants in allowed.items()
        if inverted and action != EVERYTHING and covers(action, wanted)
        for grant in grants
    ]
    for grant in allowed.get((True, EVERYTHING), ()):
        open_since: Moment | None = grant.since
        for exception in sorted(exceptions, key=lambda item: item.since.at):
            if exception.scopes[-1][1] != grant.scopes[-1][1] or open_since is None:
                continue
            if exception.until is not None and exception.until.at <= open_since.at:
                continue
            if grant.until is not None and exception.since.at >= grant.until.at:
                continue
            if exception.since.at > open_since.at:
                yield _between(grant, open_since, exception.since)
            open_since = exception.until
        if open_since is not None and (grant.until is None or open_since.at < grant.until.at):
            yield _between(grant, open_since, grant.until)


def _between(grant: Grant, since: Moment, until: Moment | None) -> Grant:
    """Return the part of a grant between two moments."""
    before = [scopes for moment, scopes in grant.scopes if moment.at <= since.at]
    later = [item for item in grant.scopes if since.at < item[0].at and (until is None or item[0].at < until.at)]
    return replace(grant, scopes=((since, before[-1]), *later), until=until)
