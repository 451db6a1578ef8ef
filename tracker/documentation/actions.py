"""The actions a row names: which, under which lead sentence, added or removed.

Half of the rows name actions as `prefix:Action` in running text or in a list, one in twenty as bare names
(`PutMetricData`), the others not at all.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tracker.documentation.layout import CODE, CODE_END, Block, BlockKind, plain

__all__ = ["DocumentedAction", "documented_actions"]

LONGEST_PREFIX, LONGEST_ACTION = 40, 100


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
    change: str, description: Sequence[Block], policies: Sequence[str] = ()
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
    cells = (description, (Block(BlockKind.TEXT, change),))
    told, in_title = (list(_named(cell, bare=False, fallback=title_removes)) for cell in cells)
    if not told and not in_title:
        told, in_title = (list(_named(cell, bare=True, fallback=title_removes)) for cell in cells)
    names = {action.name for action in told}
    found = [action for action in in_title if action.name not in names] + told
    several = tuple(policies) if len(policies) > 1 else ()
    unique: dict[tuple[str, bool, tuple[str, ...]], DocumentedAction] = {}
    for action in found:
        named = tuple(policy for policy in several if policy in action.lead)
        whose = () if len(named) == len(several) else named
        unique.setdefault(
            (action.name, action.removed, whose),
            DocumentedAction(action.name, action.lead, action.text, action.removed, whose),
        )
    return tuple(unique.values())


_REMOVES_IN_TITLE = re.compile(r"\b(?:removed?|removes|removal)\b|제거", re.IGNORECASE)


def _named(blocks: Iterable[Block], *, bare: bool, fallback: bool) -> Iterator[DocumentedAction]:
    """Yield the actions of a cell; a list item stands under the last paragraph before it."""
    lead, lead_removes = "", fallback
    for block in blocks:
        in_list = block.kind is BlockKind.ITEM
        if not in_list:
            lead = block.text
            lead_removes = _lead_removes(lead, fallback=fallback)
        found = list(_places(block, bare=bare))
        said = _said_of_it(block, found) if in_list else ""
        for name, start, end in found:
            removed = lead_removes if in_list else _place_removes(block.marked, start, end, fallback=fallback)
            yield DocumentedAction(name, lead, said, removed)


def _places(block: Block, *, bare: bool) -> Iterator[tuple[str, int, int]]:
    """Yield the names of a block with where they stand in its marked text."""
    marked = block.marked
    if bare:
        for match in _IN_CODE.finditer(marked):
            if _is_bare_action(match[1].strip()):
                yield match[1].strip(), match.start(1), match.end(1)
        if block.kind is BlockKind.ITEM and _is_bare_action(marked.strip()):
            yield marked.strip(), 0, len(marked)
        return
    for match in _ACTION.finditer(marked):
        if _is_action(match) and not _CONDITION.match(plain(marked[match.end() : match.end() + 20])):
            yield match[0], match.start(), match.end()


def _is_action(match: re.Match[str]) -> bool:
    """Tell an action from a condition key (`ec2:osuser`) and from two words with a colon between them."""
    prefix, action = match[1], match[2]
    in_code = match.start() > 0 and match.string[match.start() - 1] == CODE
    if len(prefix) > LONGEST_PREFIX or len(action) > LONGEST_ACTION or prefix.lower() in _NO_PREFIX:
        return False
    if not (prefix.islower() or in_code):
        return False
    return action[0] == "*" or action[0].isupper() or _VERB_FIRST.match(action) is not None


def _is_bare_action(word: str) -> bool:
    return len(word) <= LONGEST_ACTION and bool(_BARE.fullmatch(word) and _VERB_FIRST.match(word))


def _said_of_it(block: Block, found: Sequence[tuple[str, int, int]]) -> str:
    """Return what a list item says besides the names it begins with; all of it where they stand in a sentence."""
    rest = block.marked
    cut = 0
    for name, start, end in found:
        if plain(rest[cut:start]).strip(" ,") in ("", "and"):
            cut = end
        elif not cut:
            return block.text
        del name
    return plain(rest[cut:]).strip().lstrip("-–—:,").strip()  # noqa: RUF001


def _lead_removes(lead: str, *, fallback: bool) -> bool:
    """Tell whether a list under this lead is one of removed actions."""
    sentences = [sentence for sentence in _SENTENCE_END.split(lead) if sentence.strip()]
    telling = [sentence for sentence in sentences if _FOLLOWING.search(sentence)] or sentences[-1:]
    for text in (*telling[-1:], lead):
        removes = _removes(text, "")
        if removes is not None:
            return removes
    return fallback


def _place_removes(marked: str, start: int, end: int, *, fallback: bool) -> bool:
    """Tell whether the sentence around a name says that it was removed."""
    before = _SENTENCE_END.split(marked[max(0, start - 600) : start])[-1]
    after = _SENTENCE_END.split(marked[end : end + 600], maxsplit=1)[0]
    removes = _removes(plain(before), plain(after))
    return fallback if removes is None else removes


def _removes(before: str, after: str) -> bool | None:
    """Judge by the last telling verb before a name, else by what follows it; None where neither tells."""
    removes: bool | None = None
    replacing = False
    for match in _CHANGED.finditer(before):
        kind = match.lastgroup
        if kind != "by":
            removes = kind != "added"
        elif replacing:
            removes = False
        replacing = kind == "replaced" or (replacing and kind == "by")
    if removes is not None:
        return removes
    if _WAS_REMOVED.search(after):
        return True
    # A Korean sentence ends with its verb.
    if _ADDED_IN_KOREAN.search(before + after):
        return False
    return True if _REMOVED_IN_KOREAN.search(before + after) else None
