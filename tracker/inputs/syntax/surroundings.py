"""Where in a file a value stands, said without places in lists, and what surrounds it there.

A step that is inserted into a workflow moves all later ones: they are the same as long as each says the same.
"""

from hashlib import sha256
from typing import Any

from tracker.inputs.syntax.parsing import Tagged, pointer_parts

__all__ = ["Surroundings"]


class Surroundings:
    """The surroundings of the values of one file."""

    def __init__(self, value: Any) -> None:
        """Make one.

        Args:
            value: what the file holds.
        """
        self._value = value
        self._hashes: dict[int, int] = {}
        self._keys: dict[int, dict[str, Any]] = {}

    def of(self, pointer: str) -> tuple[str, str]:
        """Return what names a place, with `*` for each place in a list, and the hash of what stands around it.

        What stands around it are the other members of each member of a list that it is in: in
        `[{"user": "bob", "policies": ["x"]}]` the user surrounds `x`.

        Args:
            pointer: JSON Pointer of a value.
        """
        names: list[str] = []
        around: list[int] = []
        item, in_list = self._value, False
        for part in pointer_parts(pointer):
            while isinstance(item, Tagged):
                item = item.value
            if isinstance(item, list):
                names.append("*")
                item, in_list = item[int(part)], True
                continue
            key = part if part in item else self._key(item, part)
            if in_list:
                around.append(self._hash(item) - self._member(key, item[key]))
            names.append(part)
            item, in_list = item[key], False
        return "/".join(names), _digest(*around)[:32]

    def _key(self, item: dict[Any, Any], name: str) -> Any:
        """Return the key that is no text and is written so: a number of YAML, for instance."""
        if id(item) not in self._keys:
            self._keys[id(item)] = {str(key): key for key in item}
        return self._keys[id(item)][name]

    def _hash(self, value: Any) -> int:
        """Return the hash of a value, each part of which is hashed once; the order of members does not matter."""
        if not isinstance(value, (dict, list, Tagged)):
            return _number(type(value).__name__, value)
        if id(value) not in self._hashes:
            self._hashes[id(value)] = self._sum(value)
        return self._hashes[id(value)]

    def _sum(self, value: Any) -> int:
        if isinstance(value, dict):
            return sum(self._member(key, member) for key, member in value.items())
        if isinstance(value, Tagged):
            return self._member(f"!{value.tag}", value.value)
        return _number("list", *map(self._hash, value))

    def _member(self, key: Any, member: Any) -> int:
        return _number("member", key, self._hash(member))


def _number(*parts: Any) -> int:
    return int(_digest(*parts), 16)


def _digest(*parts: Any) -> str:
    return sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()
