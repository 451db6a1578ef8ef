"""Opaque symbols: values of a policy document that are fixed but not known.

A template says `Fn::GetAtt`, a Terraform module refers to an attribute that a plan does not know yet. Such a value is
written into the strings of the document as a symbol: a private-use character, a name, a digest of everything that
defines the value, another private-use character. Equal symbols are equal values; whether two different symbols are
equal is not known.

The readers of files refuse texts that hold the two private-use characters already, so that nobody can forge a symbol.
In a name, characters that mean something in a policy (`*`, `:`, `$`, …) are moved to other private-use characters, so
that a symbol never looks like a pattern, a part of an ARN or a policy variable.
"""

import re
from hashlib import sha256

__all__ = ["BEGIN", "END", "as_variables", "has_symbol", "marked_as_old", "printable", "symbol", "symbols_in"]

BEGIN, END = "\ue000", "\ue001"
"""The characters around a symbol."""
OLD = "\u2020"
"""What marks the name of a value that is defined otherwise now: a dagger."""
_PLAIN = re.compile(r"[A-Za-z0-9_.-]")
_SYMBOL = re.compile(f"{BEGIN}([^{BEGIN}{END}]*)#([0-9a-f]{{16}}){END}")
_BARE = re.compile(rf"(?<!\$\{{){_SYMBOL.pattern}")
_VARIABLE = re.compile(f"\\$\\{{({BEGIN}[^{BEGIN}{END}]*{END})[ a-z]*\\}}")
_SHIFT = 0xE100
_TO_SHIFTED = {code: _SHIFT + code for code in range(0x80) if not _PLAIN.match(chr(code))} | {
    ord(BEGIN): "_",
    ord(END): "_",
}
"""Characters of a name that mean something in a policy, and what stands for them in a symbol."""
_SHIFTED = re.compile(f"[{chr(_SHIFT)}-{chr(_SHIFT + 0x7F)}]")


def symbol(name: str, definition: str) -> str:
    """Return the symbol for a value.

    Args:
        name: what people call the value, such as `Bucket.Arn`; shown in messages.
        definition: everything that decides the value (parameters, mappings, locals, the resource's own text),
            always serialised in the same way. Two values of one name and one definition are taken to be equal.
    """
    digest = sha256(f"{name}\0{definition}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{BEGIN}{name.translate(_TO_SHIFTED)}#{digest}{END}"


def symbols_in(text: str) -> frozenset[str]:
    """Return the symbols that stand in a text, each as `symbol` gave it."""
    return frozenset(found[0] for found in _SYMBOL.finditer(text)) if BEGIN in text else frozenset()


def marked_as_old(before: frozenset[str], after: frozenset[str]) -> dict[str, str]:
    """Return how each old symbol is written whose name has another value now: `⟨Bucket.Arn†⟩`.

    Args:
        before: symbols of the old side.
        after: symbols of the new side.
    """
    names = {found[1] for one in after if (found := _SYMBOL.fullmatch(one))}
    gone = (_SYMBOL.fullmatch(one) for one in sorted(before - after))
    return {one[0]: f"{BEGIN}{one[1]}{OLD}#{one[2]}{END}" for one in gone if one and one[1] in names}


def has_symbol(text: str) -> bool:
    """Return whether a symbol stands in a text."""
    return BEGIN in text


def printable(text: str) -> str:
    """Return a text for people: each symbol as its name in angle brackets.

    >>> printable("arn:aws:s3:::" + symbol("Bucket", "{}") + "/*")
    'arn:aws:s3:::⟨Bucket⟩/*'
    """
    if BEGIN not in text:
        return text
    plain = _VARIABLE.sub(r"\1", text)
    return _SYMBOL.sub(lambda found: f"⟨{_SHIFTED.sub(_unshifted, found[1])}⟩", plain)


def as_variables(text: str, kind: str = "") -> str:
    """Return a text in which each symbol is a policy variable of its own: one text, the same throughout, unknown.

    Args:
        text: what it stands in.
        kind: makes variables of another kind, which are equal to none of this one.
    """
    return _BARE.sub(lambda found: f"${{{found[0]}{kind}}}", text) if BEGIN in text else text


def _unshifted(found: "re.Match[str]") -> str:
    return chr(ord(found[0]) - _SHIFT)
