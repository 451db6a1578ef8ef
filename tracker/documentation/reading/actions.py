"""The actions a row names: which, under which lead sentence, added or removed.

Half of the rows name actions as `prefix:Action` in running text or in a list, one in twenty as bare names
(`PutMetricData`), the others not at all.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from tracker.catalogue.catalogue import Catalogue
from tracker.documentation.reading.layout import CODE, CODE_END, BlockKind, TextBlock, plain
from tracker.documentation.reading.removals import NamePosition, removal_of_list, removal_of_names, title_removes
from tracker.documentation.reading.requirements import begins_list_of_requirements, requirements

__all__ = ["DocumentedAction", "bare_actions", "documented_actions", "named_condition_keys"]

MAX_PREFIX_LENGTH, MAX_ACTION_LENGTH = 40, 100


@dataclass(frozen=True, slots=True)
class DocumentedAction:
    """One action as a row names it."""

    name: str
    """As printed, but for a second colon or blank: `lex:ListBots`, `connect:*`; or bare: `PutMetricData`."""
    lead: str
    """The sentence or paragraph it stands under; the paragraph it stands in where it is in no list."""
    text: str = ""
    """What the page says of this action alone; empty when nothing."""
    removed: bool = False
    """True where the page says that the policy no longer has it."""
    policies: tuple[str, ...] = ()
    """Which of the row's several policies its lead names; empty when it names none, or the row has only one."""
    written: str = ""
    """As printed, where that is another spelling than `name`: `Glue::GetTable`; empty where it is not."""
    required: bool = False
    """True where the row says that the reader's own role needs it: the policy need not have it."""


# Not `arn:aws:waf:*`, `https://…`, `12:30` or `'AmazonConnectEnabled':'True'`; each run is tried once (possessive).
_ACTION = re.compile(r"(?<![A-Za-z0-9_:/.@$-])([A-Za-z][A-Za-z0-9-]*+)(::?)([A-Za-z0-9*]++)(?!:\S|/|_)")
_GLUED = re.compile(r"\b(?:permissions?|actions?|following|APIs?):(?=[a-z0-9-]+:[A-Z])")
_VERBS = (
    r"abort|accept|activate|add|allocate|allow|apply|approve|archive|assign|associate|assume|attach"
    r"|authorize|batch|calculate|cancel|complete|configure|confirm|continue|copy|create|deactivate"
    r"|deauthorize|decline|delete|deregister|describe|detach|detect|disable|disassociate|disconnect"
    r"|discover|download|enable|evaluate|execute|export|failover|generate|get|head|import|initiate|invite"
    r"|invoke|list|lookup|merge|modify|notify|pass|pause|post|promote|publish|purchase|put|query|read"
    r"|reboot|receive|refresh|register|reject|release|remove|renew|replace|replicate|request|reset|resolve"
    r"|restart|restore|resume|retrieve|retry|revoke|rollback|rotate|run|search|select|send|set|start|stop"
    r"|submit|subscribe|suspend|tag|terminate|test|transfer|translate|unsubscribe|untag|update|upgrade"
    r"|upload|validate|verify|view|write"
)
_VERB_FIRST = re.compile(rf"(?:{_VERBS})(?=[A-Z*])", re.IGNORECASE)
_BARE = re.compile(r"[A-Z][a-z]+(?:[A-Z*][A-Za-z0-9]*\*?)")
_IN_CODE = re.compile(rf"{CODE}([^{CODE}{CODE_END}]*+){CODE_END}")
# `ec2: DescribeInstances`: in a list of names a blank stands behind the colon.
_SPACED = re.compile(r"(?<![A-Za-z0-9_:/.@$-])([a-z][a-z0-9-]{1,39}): ([A-Z][A-Za-z0-9]{2,99})\b(?!:\S)")
_PREFIX_AND_ACTION = re.compile(r"([a-z][a-z0-9-]{0,39}?)-?([A-Z][A-Za-z0-9]{0,99})")
# What goes twice stays once: the policy has it still.
_DUPLICATE = re.compile(r"\bremov\w+\b[^.;]{0,300}?\b(?:duplicates?|redundant)\b[^.;]{0,200}", re.IGNORECASE)
# `CreateTags` in running text, without its service; not the action of `ec2:CreateTags`.
_BARE_IN_TEXT = re.compile(r"(?<![A-Za-z0-9_:/.-])[A-Z][a-z]+[A-Z][A-Za-z0-9]{0,90}\b(?![:/_-])")
_NO_PREFIX = frozenset({"arn", "aws", "http", "https"})
_CONDITION = re.compile(r"\s*(?:global )?(?:condition|조건)", re.IGNORECASE)
# Keys that nearly every service has, whether or not the catalogue lists them.
_USUAL_KEYS = frozenset({"resourcetag", "requesttag", "principaltag", "tagkeys", "sourcearn", "sourceaccount"})


def documented_actions(
    change: str, description: Sequence[TextBlock], policies: Sequence[str] = (), catalogue: Catalogue | None = None
) -> tuple[DocumentedAction, ...]:
    """Return the actions a row names, each once, in the order of the page.

    Those of the Change cell come first where the description does not name them again. Bare names count only in a row
    that names no action in full: beside full names they are usually of the API.

    Args:
        change: the marked text of the Change cell.
        description: the blocks of the Description cell.
        policies: the row's policies, to assign each list of actions to one of them.
        catalogue: by it actions differ from condition keys and prose; None to go by their form alone.
    """
    fallback = title_removes(plain(change))
    cells = (description, (TextBlock(BlockKind.TEXT, change),))
    described, in_title = (list(_named(cell, partial(_full_names, catalogue), fallback=fallback)) for cell in cells)
    if not described and not in_title:
        described, in_title = (list(_named(cell, _bare_names, fallback=fallback)) for cell in cells)
    names = {action.name for action in described}
    found = [action for action in in_title if action.name not in names] + described
    several = tuple(policies) if len(policies) > 1 else ()
    unique: dict[tuple[str, bool, tuple[str, ...]], DocumentedAction] = {}
    for action in found:
        named = tuple(policy for policy in several if policy in action.lead)
        whose = () if len(named) == len(several) else named
        first = unique.setdefault(
            (action.name, action.removed, whose), replace(action, policies=whose) if whose else action
        )
        if first.required and not action.required:
            unique[action.name, action.removed, whose] = replace(first, required=False)
    return tuple(unique.values())


_NamesOf = Callable[[TextBlock], Iterator[NamePosition]]
"""Finds names in the marked text of a block."""


def _named(blocks: Iterable[TextBlock], names_of: _NamesOf, *, fallback: bool) -> Iterator[DocumentedAction]:
    """Yield the actions of a cell; a list item stands under the last paragraph before it."""
    lead = ""
    lead_removes: bool | None = fallback
    lead_requires = False
    for block in blocks:
        found = list(names_of(block))
        if block.kind is not BlockKind.ITEM:
            lead, lead_removes, lead_requires = block.text, None, begins_list_of_requirements(block.text)
        if not found:
            continue
        if block.kind is BlockKind.ITEM:
            if lead_removes is None:
                lead_removes = removal_of_list(lead, fallback=fallback)
            said = _text_about_names(block, found)
            items = (_action(block, name, lead, said, removed=lead_removes) for name in found)
            yield from (replace(item, required=True) for item in items) if lead_requires else items
        elif len(found) == 1 and block.marked == block.marked[found[0][1] : found[0][2]]:
            yield _action(block, found[0], lead, "", removed=fallback)
        else:
            verdicts = removal_of_names(block.marked, found, fallback=fallback)
            spans = requirements(block.marked)
            for name, removed in verdicts:
                is_required = any(start <= name[1] < end for start, end in spans)
                action = _action(block, name, lead, "", removed=removed)
                yield replace(action, required=True) if is_required else action


def _action(block: TextBlock, position: NamePosition, lead: str, said: str, *, removed: bool) -> DocumentedAction:
    name, start, end = position
    written = block.marked[start:end]
    return DocumentedAction(name, lead, said, removed, written="" if written == name else written)


def _bare_names(block: TextBlock) -> Iterator[NamePosition]:
    marked = block.marked
    for match in _IN_CODE.finditer(marked):
        if _is_bare_action(match[1].strip()):
            yield match[1].strip(), match.start(1), match.end(1)
    if block.kind is BlockKind.ITEM and _is_bare_action(marked.strip()):
        yield marked.strip(), 0, len(marked)


def _full_names(catalogue: Catalogue | None, block: TextBlock) -> Iterator[NamePosition]:
    text = _DUPLICATE.sub(_blank, block.marked)
    found = list(_without_colon(text, catalogue)) if CODE in text and catalogue else []
    if catalogue and ": " in text:
        found += _with_blank(text, catalogue)
    if ":" in text:
        text = _GLUED.sub(lambda found: f"{found[0][:-1]} ", text)
    for match in _ACTION.finditer(text) if ":" in text else ():
        start, end = match.span()
        if _is_action(match, catalogue) and not (end < len(text) and _CONDITION.match(plain(text[end : end + 20]))):
            found.append((match[0] if match[2] == ":" else f"{match[1].lower()}:{match[3]}", start, end))
    yield from sorted(found, key=lambda position: position[1])


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _without_colon(text: str, catalogue: Catalogue) -> Iterator[NamePosition]:
    """Yield the actions in code font that are printed with a hyphen, or nothing, for their colon: `s3GetObjectAcl`."""
    for match in _IN_CODE.finditer(text):
        parts = _PREFIX_AND_ACTION.fullmatch(match[1])
        if parts and _VERB_FIRST.match(parts[2]) and catalogue.expand(f"{parts[1]}:{parts[2]}"):
            yield f"{parts[1]}:{parts[2]}", match.start(1), match.end(1)


def _with_blank(text: str, catalogue: Catalogue) -> Iterator[NamePosition]:
    """Yield the actions that are printed with a blank behind the colon: `ec2: DescribeInstances`."""
    for match in _SPACED.finditer(text):
        if catalogue.action(f"{match[1]}:{match[2]}"):
            yield f"{match[1]}:{match[2]}", match.start(), match.end()


def _is_action(match: re.Match[str], catalogue: Catalogue | None) -> bool:
    """Return whether a name is an action: no condition key (`ec2:osuser`), not two words with a colon (`re:Invent`)."""
    prefix, colon, action = match.groups()
    in_code = match.start() > 0 and match.string[match.start() - 1] == CODE
    if len(prefix) > MAX_PREFIX_LENGTH or len(action) > MAX_ACTION_LENGTH or prefix.lower() in _NO_PREFIX:
        return False
    is_verb_first = action[0] == "*" or _VERB_FIRST.match(action) is not None
    if not (is_verb_first or action[0].isupper()):
        return False
    if catalogue is None:
        return (prefix.islower() or in_code) and (colon == ":" or is_verb_first)
    name = f"{prefix}:{action}"
    if catalogue.expand(name):
        return True
    if _is_condition_key(match, catalogue):
        return False
    if prefix.islower() or in_code:
        return is_verb_first or (colon == ":" and catalogue.service_name(prefix) is not None)
    return is_verb_first and prefix.isupper() and catalogue.service_name(prefix) is not None


def named_condition_keys(text: str, catalogue: Catalogue | None) -> tuple[str, ...]:
    """Return the condition keys that a text names, each once: `aws:ResourceTag`, `iam:PassedToService`."""
    found = (match for match in _ACTION.finditer(text) if match[1].lower() != "arn") if ":" in text else ()
    return tuple(dict.fromkeys(match[0] for match in found if _is_condition_key(match, catalogue)))


def _is_condition_key(match: re.Match[str], catalogue: Catalogue | None) -> bool:
    prefix, colon, name = match.groups()
    if colon == "::" or len(match[0]) > MAX_ACTION_LENGTH:
        return False
    if prefix.lower() == "aws" or name.lower() in _USUAL_KEYS:
        return True
    return catalogue is not None and not catalogue.expand(match[0]) and catalogue.key_type(match[0]) is not None


def bare_actions(text: str) -> frozenset[str]:
    """Return the actions that a text names without their service, folded: rows do so beside full names, too.

    >>> sorted(bare_actions("Added `ec2:RunInstances`, CreateSnapshot for volumes, and CreateTags."))
    ['createsnapshot', 'createtags']
    """
    return frozenset(name.lower() for name in _BARE_IN_TEXT.findall(text) if _is_bare_action(name))


def _is_bare_action(word: str) -> bool:
    is_name = len(word) <= MAX_ACTION_LENGTH and _BARE.fullmatch(word) and _VERB_FIRST.match(word)
    return bool(is_name) and word.lower() not in _USUAL_KEYS


def _text_about_names(block: TextBlock, found: Sequence[tuple[str, int, int]]) -> str:
    """Return what a list item says besides the names it begins with; all of it where they stand in a sentence."""
    rest = block.marked
    cut = 0
    for _, start, end in found:
        if plain(rest[cut:start]).strip(" ,") in ("", "and"):
            cut = end
        elif not cut:
            return block.text
    return plain(rest[cut:]).strip().lstrip("-–—:,").strip()
