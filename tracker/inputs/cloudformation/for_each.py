"""`Fn::ForEach`: the copies that the transform AWS::LanguageExtensions makes of a part of a template.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
"""

from collections.abc import Callable, Iterator
from typing import Any

from tracker.errors import DocumentError

__all__ = ["LOOP", "with_loops_expanded"]

MAX_VALUES = 500_000
LOOP = "Fn::ForEach::"
"""How the key of a loop begins."""
_ARGUMENTS = 3


def with_loops_expanded(value: Any, collection: Callable[[Any], list[str] | None]) -> Any:
    """Return a value with each loop as the members that it stands for; a loop over what is not known stays.

    Args:
        value: a template, or a part of one.
        collection: gives the texts that a loop runs over; None if they are not known.

    Raises:
        DocumentError: the loops make too much.
    """
    return _Unroller(collection).of(value)


class _Unroller:
    def __init__(self, collection: Callable[[Any], list[str] | None]) -> None:
        self._collection = collection
        self._count = 0

    def of(self, value: Any) -> Any:
        self._count += 1
        if self._count > MAX_VALUES:
            raise DocumentError(f"its loops make more than {MAX_VALUES} values")
        if isinstance(value, list):
            return [self.of(item) for item in value]
        if not isinstance(value, dict):
            return value
        members: dict[str, Any] = {}
        for key, member in value.items():
            members |= dict(self._copies(member)) if key.startswith(LOOP) else {key: self.of(member)}
            if key.startswith(LOOP) and not self._runs(member):
                members[key] = member
        return type(value)(members)

    def _runs(self, loop: Any) -> bool:
        is_loop = isinstance(loop, list) and len(loop) == _ARGUMENTS and isinstance(loop[0], str)
        return is_loop and isinstance(loop[2], dict) and self._collection(loop[1]) is not None

    def _copies(self, loop: Any) -> Iterator[tuple[str, Any]]:
        if self._runs(loop):
            for item in self._collection(loop[1]) or ():
                yield from self.of(self._filled(loop[2], loop[0], item)).items()

    def _filled(self, value: Any, name: str, item: str) -> Any:
        """Return a copy of a loop's body for one item."""
        self._count += 1
        if self._count > MAX_VALUES:
            raise DocumentError(f"its loops make more than {MAX_VALUES} values")
        if isinstance(value, str):
            plain = "".join(char for char in item if char.isalnum())
            return value.replace(f"${{{name}}}", item).replace(f"&{{{name}}}", plain)
        if isinstance(value, list):
            return [self._filled(one, name, item) for one in value]
        if not isinstance(value, dict):
            return value
        if value == {"Ref": name}:
            return item
        return type(value)({self._filled(key, name, item): self._filled(one, name, item) for key, one in value.items()})
