"""The table of a review: a line for each thing that a change does, read in ten seconds.

Lines are grouped by effect, as the blocks of a changelog's row are: what is possible now, allowed more widely, more
narrowly, no longer possible. Where not all of a policy is known, they say what its known part gives, by cause.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tracker.access import EffectKind, Gain, Verdict
from tracker.diff.model import Change, ChangeKind
from tracker.policy.actions import fold_action
from tracker.policy.grants import EVERYTHING
from tracker.policy.model import Effect, Scope
from tracker.policy.patterns import has_wildcard
from tracker.review.model import PolicyReview, ReviewState
from tracker.risk import AccessGain, Finding
from tracker.risk.rules import Level
from tracker.text.effect_blocks import EffectSummary
from tracker.text.row_builder import RowBuilder
from tracker.text.words import Words, code

__all__ = ["ReviewTableRow", "table_rows"]

MAX_TEXTS = 4
"""Conditions that a cell names before it leaves out the rest."""
_GAINS = (EffectKind.POSSIBLE, EffectKind.UNDENIED, EffectKind.MORE, EffectKind.OTHER, EffectKind.UNCLEAR)
"""What gives something, or may."""
_LOSSES = (EffectKind.LESS, EffectKind.IMPOSSIBLE, EffectKind.DENIED)
_OF_STATE = (ReviewState.ADDED, ReviewState.REMOVED, ReviewState.MOVED)


@dataclass(frozen=True, slots=True)
class ReviewTableRow:
    """One line of the table: something that a change does to a policy, or a policy to which it does nothing known."""

    policy: str
    """The policy's name, marked as code."""
    verdict: str
    """What the change does on the whole, in a word or two."""
    what: str
    """What becomes of which actions."""
    where: str
    """On what; empty where nothing does."""
    when: str
    """Under which condition; empty where nothing does."""
    level: Level | None
    """How risky that is; None where there is no finding."""
    risk: str
    """The level's word, and the rules; a dash for none."""
    sign: str
    """`+` for what gives something, `-` for what takes something, `?` for what may do either, `=` for neither."""

    def order(self) -> tuple[int, int]:
        """Return what lines are sorted by: the gravest first, what takes something last."""
        return -(self.level.rank if self.level else -1), "+?-=".index(self.sign)


@dataclass(frozen=True, slots=True)
class _Line:
    """Some actions of which the same becomes."""

    kind: EffectKind
    actions: str
    before: tuple[Scope, ...]
    after: tuple[Scope, ...]
    names: frozenset[str]
    """The actions and wildcards, folded, by which its findings are known."""
    denied: bool = False
    """Whether a Deny takes something off."""
    is_beside: bool = False
    """Whether it is what a Deny lets through of other policies."""


def table_rows(one: PolicyReview, row_builder: RowBuilder) -> Iterable[ReviewTableRow]:
    """Yield the lines of a policy, at least one."""
    words = row_builder.words
    verdict = words(f"verdict.{one.verdict}")
    if one.state in _OF_STATE:
        verdict = words(f"cell.state.{one.state}", verdict=verdict)
    lines = list(_lines(one, row_builder))
    shown: set[str] = set()
    for line in lines:
        found = [finding for finding in one.findings if _is_about(finding, line, one)]
        shown |= {finding.fingerprint for finding in found}
        name = "undenied-beside" if line.is_beside else str(line.kind)
        yield ReviewTableRow(
            code(one.name),
            verdict,
            words(f"cell.effect.{name}", actions=line.actions),
            _resources_cell(line, row_builder),
            _conditions_cell(line, row_builder),
            _level(found),
            _risk(found, words),
            _sign(line.kind),
        )
    rest = [finding for finding in one.findings if finding.fingerprint not in shown]
    if rest or not lines:
        what = words(f"cell.nothing.{_nothing(one)}")
        sign = "=" if one.verdict is Verdict.SAME else "?"
        yield ReviewTableRow(code(one.name), verdict, what, "", "", _level(rest), _risk(rest, words), sign)


def _sign(kind: EffectKind) -> str:
    if kind in (EffectKind.OTHER, EffectKind.UNCLEAR):
        return "?"
    return "-" if kind in _LOSSES else "+"


def _is_about(finding: Finding, line: _Line, one: PolicyReview) -> bool:
    """Return whether a finding on what became possible is about the actions of a line."""
    if line.kind not in _GAINS or not finding.action:
        return False
    names = {fold_action(action) for action in (finding.action, *finding.actions)}
    if not names.isdisjoint(line.names):
        return True
    causes = [gain for gain in one.access_gains if (gain.change.action, _scopes(gain)) == _cause(finding)]
    return any(fold_action(each.action) in line.names for gain in causes for each in gain.possible)


def _cause(finding: Finding) -> tuple[str, tuple[Scope, ...]]:
    return finding.action, finding.scopes


def _nothing(one: PolicyReview) -> str:
    """Return why nothing stands in the line of a policy."""
    if one.state in (ReviewState.REMOVED, ReviewState.IN_SOURCE, ReviewState.UNREADABLE):
        return str(one.state)
    return "unresolved" if one.unknowns else str(one.verdict)


# --- what becomes of actions -----------------------------------------------------------------------------------------


def _lines(one: PolicyReview, row_builder: RowBuilder) -> Iterator[_Line]:
    if one.effective is None:
        yield from _of_gains(one.access_gains, row_builder)
        if not one.unknowns:
            yield from _of_losses(one.changes, row_builder)
        return
    lines = [_of_summary(summary) for summary in row_builder.summaries(one.effective)]
    yield from lines
    given = {name for line in lines if line.kind in _GAINS for name in line.names}
    beside = [
        gain
        for gain in one.access_gains
        if gain.change.effect is Effect.DENY and not any(fold_action(each.action) in given for each in gain.possible)
    ]
    yield from _of_gains(beside, row_builder, is_beside=True)


def _of_summary(summary: EffectSummary) -> _Line:
    names = {fold_action(name) for change in summary.changes for name in (*change.actions, *change.patterns)}
    return _Line(summary.kind, summary.actions, summary.before, summary.after, frozenset(names), bool(summary.denied))


def _of_gains(gains: Iterable[AccessGain], row_builder: RowBuilder, *, is_beside: bool = False) -> Iterator[_Line]:
    """Yield a line for all that becomes possible on the same scopes."""
    groups: dict[tuple[object, ...], list[AccessGain]] = {}
    for gain in gains:
        change = gain.change
        groups.setdefault((_kind(gain), change.inverted, change.before, change.after), []).append(gain)
    for group in groups.values():
        change = group[0].change
        before = change.before if change.effect is Effect.ALLOW and change.after and not change.inverted else ()
        names = {fold_action(name) for gain in group for name in (gain.change.action, *_possible(gain))}
        actions = _phrase(change, [_action(gain, row_builder) for gain in group], row_builder.words)
        yield _Line(_kind(group[0]), actions, before, _scopes(group[0]), frozenset(names), is_beside=is_beside)


def _kind(gain: AccessGain) -> EffectKind:
    gains = {possibility.gain for possibility in gain.possible}
    if gains == {Gain.UNCLEAR}:
        return EffectKind.UNCLEAR
    if gain.change.effect is Effect.DENY:
        return EffectKind.UNDENIED
    if gain.change.kind is ChangeKind.SCOPE_CHANGED:
        return EffectKind.OTHER
    return EffectKind.POSSIBLE if Gain.NEW in gains else EffectKind.MORE


def _of_losses(changes: Iterable[Change], row_builder: RowBuilder) -> Iterator[_Line]:
    """Yield a line for all that is no longer possible on the same scopes, where the changes of the text say it all."""
    groups: dict[tuple[object, ...], list[Change]] = {}
    for change in changes:
        if change.covered_by is None and change.may_take_access and not change.may_give_access:
            groups.setdefault((_loss(change), change.inverted, change.before, change.after), []).append(change)
    for group in groups.values():
        first = group[0]
        names = frozenset(fold_action(change.action) for change in group)
        actions = _phrase(first, [code(change.action) for change in group], row_builder.words)
        before = first.before if first.before and first.after and not first.inverted else ()
        yield _Line(_loss(first), actions, before, first.after or first.before, names)


def _loss(change: Change) -> EffectKind:
    if change.effect is Effect.DENY:
        return EffectKind.DENIED
    return EffectKind.IMPOSSIBLE if change.kind is ChangeKind.ACTION_REMOVED else EffectKind.LESS


def _phrase(first: Change, actions: Sequence[str], words: Words) -> str:
    return words("cell.all-but") if first.inverted and first.action == EVERYTHING else words.few(actions)


def _possible(gain: AccessGain) -> list[str]:
    return [possibility.action for possibility in gain.possible]


def _scopes(gain: AccessGain) -> tuple[Scope, ...]:
    change = gain.change
    return change.after if change.effect is Effect.ALLOW and change.after else change.before or change.after


def _action(gain: AccessGain, row_builder: RowBuilder) -> str:
    """Return an action; a wildcard with how many actions it stands for and how many of them are newly possible."""
    pattern = gain.change.action
    known = len(row_builder.catalogue.expand(pattern)) if has_wildcard(pattern) else 0
    if known and pattern != EVERYTHING and gain.change.effect is Effect.ALLOW:
        return row_builder.words("cell.wildcard", count=known, action=code(pattern), possible=len(gain.possible))
    return code(pattern)


# --- cells -----------------------------------------------------------------------------------------------------------


def _level(found: Sequence[Finding]) -> Level | None:
    return max((one.level for one in found), key=lambda level: level.rank, default=None)


def _risk(found: Sequence[Finding], words: Words) -> str:
    level = _level(found)
    if level is None:
        return words("cell.no-risk")
    rules = dict.fromkeys(one.rule for one in found)
    shown = words.all_of([words(f"rule.{rule}") for rule in rules])
    return words("cell.risk", level=words(f"risk.{level}"), rules=shown)


def _resources_cell(line: _Line, row_builder: RowBuilder) -> str:
    now = _resources(line.after, row_builder.words)
    before = _resources(line.before, row_builder.words) if line.before else now
    return now if before == now else row_builder.words("cell.was", now=now, before=before)


def _resources(scopes: Sequence[Scope], words: Words) -> str:
    if any(scope.resources == (EVERYTHING,) for scope in scopes):
        return words("cell.all-resources")
    named = list(dict.fromkeys(resource for scope in scopes for resource in scope.resources))
    left_out = list(dict.fromkeys(resource for scope in scopes for resource in scope.not_resources))
    parts = [words.few([code(resource) for resource in named])] if named else []
    if left_out:
        parts.append(words("cell.all-resources-but", resources=words.few([code(text) for text in left_out])))
    return words.all_of(parts) if parts else words("cell.own-resource")


def _conditions_cell(line: _Line, row_builder: RowBuilder) -> str:
    now = _conditions(line.after, row_builder)
    before = _conditions(line.before, row_builder) if line.before else now
    text = now if before == now else row_builder.words("cell.was", now=now, before=before)
    return row_builder.words("cell.but-denied", when=text) if line.denied else text


def _conditions(scopes: Sequence[Scope], row_builder: RowBuilder) -> str:
    phrases = [
        row_builder.scope(Scope((), (), scope.principals, scope.not_principals, scope.conditions))
        or row_builder.words("cell.always")
        for scope in scopes
    ]
    return row_builder.words.any_of(list(dict.fromkeys(phrases))[:MAX_TEXTS])
