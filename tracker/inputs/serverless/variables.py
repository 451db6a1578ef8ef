"""Variables of the Serverless Framework: `${self:custom.bucket}`, `${opt:stage, 'dev'}`, `${file(x.yml):key}`.

https://www.serverless.com/framework/docs/guides/variables
"""

import re
from collections.abc import Mapping
from typing import Any

from tracker.errors import DocumentError
from tracker.inputs.cloudformation.template import definition_text, long_form
from tracker.inputs.model import digest_of
from tracker.inputs.references import DATA_FILES, local_path
from tracker.inputs.syntax.parsing import parse_file
from tracker.policy.symbols import symbol

__all__ = ["Variables"]

MAX_STEPS = 200_000
MAX_LENGTH = 1_000_000
"""Characters of one text after its variables are filled in."""
_INNERMOST = re.compile(r"\$\{([^${}]*)\}")
_WHOLE = re.compile(r"\s*\$\{([^${}]*)\}\s*\Z")
_ADDRESS = re.compile(r"(?P<source>[A-Za-z]+)(?:(?P<arguments>\([^)]*\)):?|:)(?P<path>.*)\Z", re.DOTALL)
_QUOTED = re.compile(r"\s*(['\"])(.*)\1\s*\Z", re.DOTALL)
_MISSING = object()


class Variables:
    """Fills in the variables of one file."""

    def __init__(
        self, root: Any, given: Mapping[str, str], path: str = "", files: Mapping[str, bytes] | None = None
    ) -> None:
        """Make what fills them in.

        Args:
            root: the file's value.
            given: values of options, by name.
            path: the file's path.
            files: those beside it, by path, where they are at hand.
        """
        self._root = root
        self._path, self._files = path, files or {}
        self._given = given
        self._open: list[str] = []
        self._steps = 0

    def resolve(self, value: Any) -> Any:
        """Return a value with its variables filled in; those that the file does not say are symbols.

        Raises:
            DocumentError: there is too much to fill in.
        """
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise DocumentError(f"more than {MAX_STEPS} values to fill in")
        if isinstance(value, str):
            return self._text(value) if "${" in value else value
        if isinstance(value, dict):
            return type(value)({self._key(key): self.resolve(member) for key, member in value.items()})
        return [self.resolve(item) for item in value] if isinstance(value, list) else value

    def _key(self, key: str) -> str:
        found = self.resolve(key)
        return found if isinstance(found, str) else key

    def _text(self, text: str) -> Any:
        while True:
            whole = _WHOLE.match(text)
            if whole:
                return self._value(whole[1])
            filled = _INNERMOST.sub(lambda found: self._as_text(found[1]), text)
            self._steps += 1
            if filled == text or self._steps > MAX_STEPS or len(filled) > MAX_LENGTH:
                if len(filled) > MAX_LENGTH or self._steps > MAX_STEPS:
                    raise DocumentError("too much to fill in")
                return filled
            text = filled

    def _as_text(self, expression: str) -> str:
        value = self._value(expression)
        return value if isinstance(value, str) else symbol(expression, definition_text(value))

    def _value(self, expression: str) -> Any:
        """Return the value of what stands between the braces: the first of its alternatives that is known."""
        for alternative in expression.split(","):
            found = self._alternative(alternative.strip())
            if found is not _MISSING:
                return found
        return symbol(expression, "not in this file")

    def _alternative(self, text: str) -> Any:
        quoted = _QUOTED.match(text)
        if quoted:
            return quoted[2]
        address = _ADDRESS.match(text)
        if address is None:
            return text if re.fullmatch(r"-?\d+(?:\.\d+)?|true|false", text) else symbol(text, "not a known source")
        source, path = address["source"], address["path"]
        if source == "opt":
            return self._given.get(path, _MISSING)
        if source == "self":
            return self._member(path)
        if source == "sls" and path == "stage":
            return self._given.get("stage", symbol(text, "the stage"))
        if source == "file":
            return self._in_file(text, (address["arguments"] or "").strip("()"), path)
        return symbol(text, "a source outside of the file")

    def _in_file(self, text: str, name: str, path: str) -> Any:
        """Return the value of `${file(name):path}`: a symbol of the file's content where that is no data."""
        local = local_path(self._path, name.strip())
        data = self._files.get(local) if local else None
        if local is None or data is None:
            return symbol(text, "a source outside of the file")
        try:
            value = long_form(parse_file(local, data).value) if local.endswith(DATA_FILES) else None
        except DocumentError:
            value = None
        return symbol(text, digest_of(data)) if value is None else self._member(path, value, text)

    def _member(self, path: str, root: Any = _MISSING, name: str = "") -> Any:
        value = self._root if root is _MISSING else root
        for part in path.split(".") if path else []:
            if isinstance(value, str) and "${" in value:
                value = self._once(name or path, value)
            if isinstance(value, dict) and part in value:
                value = value[part]
            elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
                value = value[int(part)]
            elif isinstance(value, str):
                return symbol(name or f"self:{path}", f"in {value}")
            else:
                return _MISSING
        return self._once(name or path, value)

    def _once(self, path: str, value: Any) -> Any:
        if path in self._open:
            return symbol(f"self:{path}", "itself")
        self._open.append(path)
        found = self.resolve(value)
        self._open.pop()
        return found
