"""Text in which the cells of a table stick together, as some crawlers leave it: `ChangeDescriptionDate`.

Rows end with their days, `…on your behalf.October 15, 2025[AmazonShoePolicy](#shoe) – New policyAmazon Shoe added…`.
Here days and what follows them get lines of their own, as in a page that was copied out of a browser; links, code and
bold type of Markdown become marks.
"""

import re

from tracker.documentation.reading.dates import MONTHS
from tracker.documentation.reading.layout import CODE, CODE_END, LINK, LINK_END

__all__ = ["marked_line", "unglued"]

_HEADER = re.compile(
    r"(?:^\s*(?=(?:Change|Policy) ?(?:Description(?: of change)?|Change) ?Date(?:\S|\s*$))|(?=ChangeDescriptionDate)"
    r"|^\s*(?=Change Description Date (?:AWS|Amazon)))(Change|Policy) ?(Description(?: of change)?|Change) ?(Date)",
    re.MULTILINE,
)
_MONTH = "|".join((*(name.title() for name in MONTHS), *(rf"{name[:3].title()}\.?" for name in MONTHS), "Sept"))
# A day in prose stands behind a blank; one that ends a row stands at the beginning of a line or sticks to a sentence.
_DAY = re.compile(rf"(?<![ \t(])((?:{_MONTH}) \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}})(?=$|\s*\n|[\[`*A-Z])", re.MULTILINE)
# A line that was wrapped in the middle of a sentence: it ends with a word that needs another one, or the next begins
# with a small letter. A title ends with one of the words of `_TITLE_END`.
_WRAP = re.compile(
    r"(?<=[^\s.:;!?])(?<!policy)(?<!policies)(?<!permissions)(?<!changes)(?<!actions)[ \t]*\n[ \t]*"
    r"(?=[a-z]+(?: |[,.;:]?$))"
    r"|(?<= )(a|an|the|your|to|for|of|with|in|on|by|from|and|or|has|have|must|can|that|which|when|permission)"
    r"[ \t]*\n[ \t]*(?=[`\[A-Za-z])",
    re.MULTILINE,
)
_TITLE_END = re.compile(r"\b(policy|policies|permissions?|actions?|changes)(?=[A-Z])")
_LINKED = re.compile(r"\[([^\[\]\n]{1,200})\]\([^()\s]{0,400}(?: \"[^\"\n]{0,400}\")?\)")
_CODE = re.compile(r"`([^`\n]{1,400})`")


def unglued(text: str) -> str:
    """Return a text whose table's header sticks together with lines where its cells end; any other text as it is."""
    header = _HEADER.search(text)
    if header is None:
        return text
    start, body = text[: header.start()], text[header.end() :]
    if header[0].strip() == "Change Description Date" and not body.partition("\n")[0].strip():
        return text
    body = _DAY.sub(r"\n\1\n", body)
    body = _WRAP.sub(lambda found: f"{found[1] or ''} ", body)
    body = _TITLE_END.sub(r"\1\n", body)
    return f"{start}\n{header[1]} {header[2]} {header[3]}\n{body}"


def marked_line(line: str) -> str:
    """Return a line with the marks of code and links in place of Markdown's own.

    >>> marked_line("**[A](#a)** has `b:C`") == f"{LINK}A{LINK_END} has {CODE}b:C{CODE_END}"
    True
    """
    if "`" not in line and "](" not in line and "**" not in line:
        return line
    line = _LINKED.sub(rf"{LINK}\1{LINK_END}", line)
    return _CODE.sub(rf"{CODE}\1{CODE_END}", line).replace("**", "")
