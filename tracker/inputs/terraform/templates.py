"""Templates of Terraform: texts with `${…}` in them, as heredocs, JSON configurations and template files have them.

`$${` stands for `${` itself, which IAM reads as a policy variable. Directives (`%{ if … }`) are not worked out.
https://developer.hashicorp.com/terraform/language/expressions/strings
"""

import re

from tracker.inputs.terraform.functions import NotKnownError

__all__ = ["heredoc_text", "template_parts", "unescaped"]

_MARK = re.compile(r"\$\$\{|%%\{|\$\{|%\{")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)


def template_parts(text: str) -> list[tuple[bool, str]]:
    """Return the parts of a template in order: (is it an expression?, its text).

    Raises:
        NotKnownError: it has a directive, or an expression without an end.
    """
    parts: list[tuple[bool, str]] = []
    index = 0
    while mark := _MARK.search(text, index):
        parts.append((False, text[index : mark.start()]))
        if mark[0] in ("$${", "%%{"):
            parts.append((False, mark[0][1:]))
            index = mark.end()
        elif mark[0] == "%{":
            raise NotKnownError("a directive of a template is not worked out")
        else:
            end = _end_of_expression(text, mark.end())
            parts.append((True, text[mark.end() : end]))
            index = end + 1
    return [*parts, (False, text[index:])]


def _end_of_expression(text: str, start: int) -> int:
    """Return where the brace stands that ends an expression; a text within it may hold expressions itself."""
    waiting = ["}"]
    index = start
    while index < len(text):
        char = text[index]
        if waiting[-1] == '"':
            if char == "\\":
                index += 1
            elif char == '"':
                waiting.pop()
            elif text.startswith("${", index) and not text.startswith("$${", index - 1):
                waiting.append("}")
                index += 1
        elif char == '"':
            waiting.append('"')
        elif char == "{":
            waiting.append("}")
        elif char == "}":
            waiting.pop()
            if not waiting:
                return index
        index += 1
    raise NotKnownError("an expression of a template has no end")


def unescaped(text: str) -> str:
    r"""Return a part of a quoted text with its escapes (`\\n`, `\\u00e9`) worked out."""
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(found: "re.Match[str]") -> str:
    if found[3]:
        return _ESCAPES.get(found[3], found[0])
    number = int(found[1] or found[2], 16)
    is_character = number < 0xD800 or 0xE002 <= number < 0x110000  # noqa: PLR2004 - no half ones, no symbol's marks
    return chr(number) if is_character else "\ufffd"


def heredoc_text(token: str) -> str:
    """Return the template in a heredoc, `<<EOT` to `EOT`; with `<<-` without the indent that all lines share."""
    first, _, rest = token.partition("\n")
    lines = rest.rstrip("\n").split("\n")[:-1]
    if first.startswith("<<-"):
        indents = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
        lines = [line[min(indents, default=0) :] for line in lines]
    return "".join(f"{line}\n" for line in lines)
