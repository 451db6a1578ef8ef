"""The actions a row names: which, under which lead sentence, added or removed.

Half of the rows name actions as `prefix:Action` in running text or in a list, one in twenty as bare names
(`PutMetricData`), the others not at all.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tracker.documentation.layout import CODE, CODE_END, BlockKind, TextBlock, plain

__all__ = ["DocumentedAction", "documented_actions"]

MAX_PREFIX_LENGTH, MAX_ACTION_LENGTH = 40, 100


@dataclass(frozen=True, slots=True)
class DocumentedAction:
    """One action as a row names it."""

    name: str
    """As printed: `lex:ListBots`, `connect:*`, or bare, `PutMetricData`, where the page leaves the prefix out."""
    lead: str
    """The sentence or paragraph it stands under; the paragraph it stands in where it is in no list."""
    text: str = ""
    """What the page says of this action alone; empty when nothing."""
    removed: bool = False
    """True where the page says that the policy no longer has it."""
    policies: tuple[str, ...] = ()
    """Which of the row's several policies its lead names; empty when it names none, or the row has only one."""


# Not `arn:aws:waf:*`, `https://…`, `12:30` or `'AmazonConnectEnabled':'True'`; each run is tried once (possessive).
_ACTION = re.compile(r"(?<![A-Za-z0-9_:/.@$-])([A-Za-z][A-Za-z0-9-]*+):([A-Za-z0-9*]++)(?!:\S|/|_)")
_VERBS = (
    r"accept|add|allow|assign|associate|assume|attach|authorize|batch|cancel|complete|copy|create"
    r"|deauthorize|delete|deregister|describe|detach|disable|disassociate|enable|execute|export|get|head"
    r"|import|invoke|list|modify|notify|pass|post|publish|put|query|read|receive|register|reject|remove"
    r"|replace|reset|restore|resume|revoke|run|search|send|set|start|stop|subscribe|suspend|tag|terminate"
    r"|test|transfer|unsubscribe|untag|update|upload|validate|view|write"
)
_VERB_FIRST = re.compile(rf"(?:{_VERBS})(?=[A-Z*])", re.IGNORECASE)
_BARE = re.compile(r"[A-Z][a-z]+(?:[A-Z*][A-Za-z0-9]*\*?)")
_IN_CODE = re.compile(rf"{CODE}([^{CODE}{CODE_END}]*+){CODE_END}")
_NO_PREFIX = frozenset({"arn", "aws", "http", "https"})
_CONDITION = re.compile(r"\s*(?:global )?(?:condition|조건)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?;。](?=\s|$)")
_CHANGED = re.compile(
    r"\b(?:(?P<removed>removed|removes|removing|revoked|revokes|deleted|deletes|no longer)"
    r"|(?P<added>added|adds|adding|granted|grants|included|includes|introduced|introduces)"
    r"|(?P<replaced>replaced|replaces|replacing)|(?P<by>with|by))\b|(?P<order>^\W*remove\b)",
    re.IGNORECASE,
)
_WAS_REMOVED = re.compile(
    r"\b(?:was|were|is|are|been|being) (?:removed|revoked|deleted)\b|\bno longer (?:included|granted|allowed)\b",
    re.IGNORECASE,
)
_REMOVED_IN_KOREAN, _ADDED_IN_KOREAN = (
    re.compile(r"제거(?:했|하였|되|됨|됐)|더 이상"),
    re.compile(r"추가(?:했|하였|되|됨|됐)"),
)
_FOLLOWING = re.compile(r"\bfollow", re.IGNORECASE)


def documented_actions(
    change: str, description: Sequence[TextBlock], policies: Sequence[str] = ()
) -> tuple[DocumentedAction, ...]:
    """Return the actions a row names, each once, in the order of the page.

    Those of the Change cell come first where the description does not name them again. Bare names count only in a row
    that names no action in full: beside full names they are usually of the API.

    Args:
        change: the marked text of the Change cell.
        description: the blocks of the Description cell.
        policies: the row's policies, to tell whose list is whose.
    """
    title_removes = bool(_REMOVES_IN_TITLE.search(plain(change)))
    cells = (description, (TextBlock(BlockKind.TEXT, change),))
    told, in_title = (list(_named(cell, bare=False, fallback=title_removes)) for cell in cells)
    if not told and not in_title:
        told, in_title = (list(_named(cell, bare=True, fallback=title_removes)) for cell in cells)
    names = {action.name for action in told}
    found = [action for action in in_title if action.name not in names] + told
    several = tuple(policies) if len(policies) > 1 else ()
    unique: dict[tuple[str, bool, tuple[str, ...]], DocumentedAction] = {}
    for action in found:
        if not several:
            unique.setdefault((action.name, action.removed, ()), action)
            continue
        named = tuple(policy for policy in several if policy in action.lead)
        whose = () if len(named) == len(several) else named
        unique.setdefault(
            (action.name, action.removed, whose),
            DocumentedAction(action.name, action.lead, action.text, action.removed, whose),
        )
    return tuple(unique.values())


_REMOVES_IN_TITLE = re.compile(r"\b(?:removed?|removes|removal)\b|제거", re.IGNORECASE)


def _named(blocks: Iterable[TextBlock], *, bare: bool, fallback: bool) -> Iterator[DocumentedAction]:
    """Yield the actions of a cell; a list item stands under the last paragraph before it."""
    lead = ""
    lead_removes: bool | None = fallback
    for block in blocks:
        found = list(_name_positions(block, bare=bare))
        if block.kind is not BlockKind.ITEM:
            lead, lead_removes = block.text, None
        if not found:
            continue
        if block.kind is BlockKind.ITEM:
            if lead_removes is None:
                lead_removes = _lead_removes(lead, fallback=fallback)
            said = _text_about_names(block, found)
            yield from (DocumentedAction(name, lead, said, lead_removes) for name, _, _ in found)
        elif block.marked == found[0][0]:
            yield DocumentedAction(block.marked, lead, "", fallback)
        else:
            verdicts = _names_with_removal(block.marked, found, fallback=fallback)
            yield from (DocumentedAction(name, lead, "", removed) for (name, _, _), removed in verdicts)


def _name_positions(block: TextBlock, *, bare: bool) -> Iterator[tuple[str, int, int]]:
    """Yield the names of a block with where they stand in its marked text."""
    marked = block.marked
    if bare:
        for match in _IN_CODE.finditer(marked):
            if _is_bare_action(match[1].strip()):
                yield match[1].strip(), match.start(1), match.end(1)
        if block.kind is BlockKind.ITEM and _is_bare_action(marked.strip()):
            yield marked.strip(), 0, len(marked)
        return
    for match in _ACTION.finditer(marked) if ":" in marked else ():
        start, end = match.span()
        if _is_action(match) and not (end < len(marked) and _CONDITION.match(plain(marked[end : end + 20]))):
            yield match[0], start, end


def _is_action(match: re.Match[str]) -> bool:
    """Tell an action from a condition key (`ec2:osuser`) and from two words with a colon between them."""
    prefix, action = match[1], match[2]
    in_code = match.start() > 0 and match.string[match.start() - 1] == CODE
    if len(prefix) > MAX_PREFIX_LENGTH or len(action) > MAX_ACTION_LENGTH or prefix.lower() in _NO_PREFIX:
        return False
    if not (prefix.islower() or in_code):
        return False
    return action[0] == "*" or action[0].isupper() or _VERB_FIRST.match(action) is not None


def _is_bare_action(word: str) -> bool:
    return len(word) <= MAX_ACTION_LENGTH and bool(_BARE.fullmatch(word) and _VERB_FIRST.match(word))


def _text_about_names(block: TextBlock, found: Sequence[tuple[str, int, int]]) -> str:
    """Return what a list item says besides the names it begins with; all of it where they stand in a sentence."""
    rest = block.marked
    cut = 0
    for name, start, end in found:
        if plain(rest[cut:start]).strip(" ,") in ("", "and"):
            cut = end
        elif not cut:
            return block.text
        del name
    return plain(rest[cut:]).strip().lstrip("-–—:,").strip()


def _lead_removes(lead: str, *, fallback: bool) -> bool:
    """Tell whether a list under this lead is one of removed actions."""
    sentences = [sentence for sentence in _SENTENCE_END.split(lead) if sentence.strip()]
    telling = [sentence for sentence in sentences if _FOLLOWING.search(sentence)] or sentences
    for sentence in reversed(telling):
        removes = _removes(_changes(sentence), sentence)
        if removes is not None:
            return removes
    return fallback


def _names_with_removal(
    marked: str, found: Iterable[tuple[str, int, int]], *, fallback: bool
) -> Iterator[tuple[tuple[str, int, int], bool]]:
    """Yield each name of a paragraph with whether its sentence says that it was removed."""
    ends = _SENTENCE_END.finditer(marked)
    start = end = passed = 0
    sentence = ""
    changes: list[tuple[int, bool]] = []
    removed_after = -1
    removes: bool | None = None
    untold = fallback
    for name in found:
        if name[1] >= end:
            while name[1] >= end:
                start, end = end, next((match.end() for match in ends), len(marked) + 1)
            sentence = marked[start:end]
            changes, passed, removes = _changes(sentence), 0, None
            in_korean = _removes((), sentence)
            untold = fallback if in_korean is None else in_korean
            removed_after = max((match.start() for match in _WAS_REMOVED.finditer(sentence)), default=-1)
        while passed < len(changes) and changes[passed][0] < name[1] - start:
            removes = changes[passed][1]
            passed += 1
        if removes is not None:
            yield name, removes
        else:
            yield name, removed_after >= name[2] - start or untold


def _changes(sentence: str) -> list[tuple[int, bool]]:
    """Return where a sentence says that what comes next was removed (True) or added (False)."""
    changes = []
    replacing = False
    for match in _CHANGED.finditer(sentence):
        kind = match.lastgroup
        if kind != "by":
            changes.append((match.start(), kind != "added"))
        elif replacing:
            changes.append((match.start(), False))
        replacing = kind == "replaced" or (replacing and kind == "by")
    return changes


def _removes(changes: Sequence[tuple[int, bool]], sentence: str) -> bool | None:
    """Judge by the last telling verb; a Korean sentence ends with its own. None where nothing tells."""
    if changes:
        return changes[-1][1]
    if _ADDED_IN_KOREAN.search(sentence):
        return False
    return True if _REMOVED_IN_KOREAN.search(sentence) else None
