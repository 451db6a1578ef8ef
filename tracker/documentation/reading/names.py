"""Names of policies and service-linked roles in running text.

A page is no source of names, it only uses them, and machine translation breaks them: `AmazonConnect_ FullAccess`,
`AmazonConnectVoiceID FullAccess`, `_ AmazonConnect FullAccess`. A broken name is mended by the page's own whole ones,
which have the same letters, or by its form.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice

from tracker.documentation.reading.layout import CODE, CODE_END, LINK, LINK_END, plain

__all__ = [
    "MAX_NAME_LENGTH",
    "complete_names",
    "is_broken_name",
    "is_policy_name",
    "letters_of",
    "owned_names",
    "policy_names",
    "repair_name",
    "role_names",
    "split_change",
    "stands_as_name",
]

MAX_NAME_LENGTH, CACHED_NAMES = 128, 4096
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+=@-]*+")
_MARKED = re.compile(rf"[{CODE}{LINK}]+([A-Za-z0-9][A-Za-z0-9_+=,.@-]*+)[{CODE_END}{LINK_END}]+")
_HUMP = re.compile(r"[A-Z]+[a-z0-9]*")
_ROLE = re.compile(r"AWSServiceRoleFor[A-Za-z0-9_-]+")
_BY_SERVICE = re.compile(r"(?:AWS|Amazon)[-_]?[A-Z0-9]")
_ENDING = re.compile(
    r"(?:Policy|[Aa]ccess|Role|ReadOnly|Administrator|PowerUser|PermissionsBoundary|Audit|Auditor|ReadWrite"
    r"|Scientist|SupportUser|Worker)(?:[-_]?[Vv]?\d{1,2})?$"
)
_ENDS = re.compile(
    "Policy|[Aa]ccess|Role|ReadOnly|Administrator|PowerUser|Boundary|Audit|ReadWrite|Scientist|SupportUser|Worker"
)
"""What every name that `is_policy_name` takes has in it: most texts of a page have nothing of it."""
_SHORT_NAMES = frozenset({"AWSConnector", "Billing"})
_VERB = re.compile(
    r"(?:Accept|Add|Assign|Associate|Assume|Attach|Batch|Cancel|Create|Delete|Deregister|Describe|Detach|Disassociate"
    r"|Get|Head|Invoke|List|Modify|Pass|Post|Put|Query|Register|Remove|Replace|Revoke|Run|Search|Send|Set|Start|Stop"
    r"|Tag|Untag|Update|Upload)(?=[A-Z*])"
)
_NO_NAMES = frozenset({"FullAccess", "ReadOnly", "ServiceRole", "ServiceRolePolicy", "ManagedPolicy", "PowerUser"})
MIN_HUMPS, MAX_BROKEN_PARTS, MAX_DASHES = 2, 4, 4
# A dash with a blank on one side at least, since names hold hyphens (AWS-SSM-DiagnosisAutomation-ExecutionRolePolicy);
# longer dashes need none: the machine-translated Korean page prints them without. Chinese pages have a wide colon.
_DASH = re.compile(r" ?[–—―\uff1a] ?| --? | -(?=\S)|(?<=[\w\x03\x0f])-{1,2} |: ")


@lru_cache(CACHED_NAMES)
def is_policy_name(word: str) -> bool:
    """Return whether a single word reads like a managed policy's name and not like an action or a product.

    >>> is_policy_name("AmazonConnect_FullAccess"), is_policy_name("PutRolePolicy"), is_policy_name("CloudWatch")
    (True, False, False)
    """
    if len(word) > MAX_NAME_LENGTH or word in _NO_NAMES or (_ROLE.match(word) and not word.endswith("Policy")):
        return False
    if _ENDING.search(word) is None or not word[0].isupper():
        return False
    return bool(_BY_SERVICE.match(word)) or (_VERB.match(word) is None and len(_HUMP.findall(word)) >= MIN_HUMPS)


def _may_be_name(word: str) -> bool:
    """Return whether a word in a place where names stand can be one: several humps, and no action."""
    if word in _SHORT_NAMES:
        return True
    if len(word) > MAX_NAME_LENGTH or word in _NO_NAMES or _ROLE.match(word) or _VERB.match(word):
        return False
    return word[0].isupper() and len(_HUMP.findall(word)) >= MIN_HUMPS and not word.isupper()


def _words(text: str) -> list[str]:
    return [word.rstrip("-_+=@") for word in _WORD.findall(text)]


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))


def complete_names(text: str) -> tuple[str, ...]:
    """Return the policy names that stand whole in a running text, each once, in order."""
    if not _ENDS.search(text):
        return ()
    return _unique(word for word in _words(text) if word[0].isupper() and is_policy_name(word))


def role_names(text: str) -> tuple[str, ...]:
    """Return the service-linked roles a text names (`AWSServiceRoleForAmazonConnect`), each once, in order.

    Some policies are called so, too: those that end in Policy are no roles.
    """
    found = (name.rstrip("_-") for name in _ROLE.findall(text))
    return _unique(name for name in found if not name.endswith("Policy"))


def letters_of(name: str) -> str:
    """Return what a name and its broken forms have in common: their letters, sorted, without blanks."""
    return "".join(sorted("".join(name.split())))


def repair_name(text: str, known: Mapping[str, str]) -> str | None:
    """Return the one name a broken text stands for, or None where the text is no broken name.

    Args:
        text: a few words, like `AmazonConnect_ FullAccess`.
        known: the whole names of the page, by their `letters_of`.

    >>> repair_name("_ AmazonConnect FullAccess", {})
    'AmazonConnect_FullAccess'
    """
    words = text.split()
    if not 1 < len(words) <= MAX_BROKEN_PARTS or len(text) > MAX_NAME_LENGTH or not text.isascii():
        return None
    if whole := known.get(letters_of(text)):
        return whole
    if words[0] == "_":
        words = [f"{words[1]}_", *words[2:]]
    joined = "".join(words)
    return joined if is_broken_name(words) and _WORD.fullmatch(joined) and is_policy_name(joined) else None


def is_broken_name(parts: Sequence[str]) -> bool:
    """Return whether words next to each other look like the pieces of one name and not like prose."""
    return any("_" in part for part in parts) or min(len(_HUMP.findall(part)) for part in parts) >= MIN_HUMPS


def split_change(
    marked: str, known: Mapping[str, str], find: Callable[[str], tuple[str, ...]] = lambda _: ()
) -> tuple[tuple[str, ...], str]:
    """Split a Change cell into the policies it names and its title, which is all of it where no name comes first.

    Args:
        marked: the cell.
        known: the whole names of the page, by their `letters_of`.
        find: finds the names that the archive knows; what has such a name needs no guess.

    >>> split_change("AmazonConnect_ FullAccess — Added actions for Amazon Lex", {})
    (('AmazonConnect_FullAccess',), 'Added actions for Amazon Lex')
    """
    dashes = list(islice(_DASH.finditer(marked), MAX_DASHES))
    if everywhere := find(marked):
        for dash in dashes:
            if names := find(marked[: dash.start()]):
                return names, plain(marked[dash.end() :]).strip()
        whole = plain(marked).strip()
        return everywhere, "" if whole.split() == list(everywhere) else whole
    for dash in dashes:
        if names := _head_names(marked[: dash.start()], known):
            return names, plain(marked[dash.end() :]).strip()
    guessed = policy_names(marked) or _head_names(marked, known)
    names = tuple(name for name in guessed if stands_as_name(name, marked))
    whole = plain(marked).strip()
    return names, "" if whole.split() == list(names) else whole


def stands_as_name(name: str, marked: str) -> bool:
    """Return whether a name of a first cell is a policy's, and no word of its title (`Actions for ProjectPolicy`).

    It is one by AWS's beginnings, in code font or as a link, where the cell begins with it, or among names alone.
    """
    if name.startswith(("AWS", "Amazon")) or f"{CODE}{name}" in marked or f"{LINK}{name}" in marked:
        return True
    text = plain(marked).strip()
    return text.startswith(name) or not set(_words(text)) - {*complete_names(text), "and", "or", "the"}


def _head_names(head: str, known: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of a text that should hold nothing else: `A`, `A and B`, or one broken name."""
    text = plain(head).strip()
    if mended := repair_name(text, known):
        return (mended,)
    if names := policy_names(head):
        return names
    words = _words(text)
    if words != [text]:
        return ()
    # BatchServiceRolePolicy and AWSServiceRoleForAmazonEKSNodegroup are policies.
    return (text,) if _may_be_name(text) or _ROLE.fullmatch(text) or _ENDING.search(text) else ()


def owned_names(marked: str) -> tuple[str, ...]:
    """Return the words in code font or links that begin with AWS or Amazon and may be names of policies."""
    return _unique(
        match[1] for match in _MARKED.finditer(marked) if _BY_SERVICE.match(match[1]) and _may_be_name(match[1])
    )


def policy_names(marked: str) -> tuple[str, ...]:
    """Return the policies a cell names: words that read like names, and words in code font or linked that may be."""
    found = {match[1] for match in _MARKED.finditer(marked)}
    return _unique(
        word
        for word in _words(plain(marked))
        if is_policy_name(word)
        or (word in found and _may_be_name(word))
        or (_BY_SERVICE.match(word) and _may_be_name(word))
    )
