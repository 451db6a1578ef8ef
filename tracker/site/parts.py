"""Parts of the site: each makes some files, and knows the key of all that they are made from."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

__all__ = ["Part"]


class Part(NamedTuple):
    """Some files that are made together, from nothing but what their key names."""

    name: str
    """What it is called in every build."""
    key: str
    """Another one wherever a file of the part may be another one."""
    files: Callable[[], Iterator[tuple[str, str | bytes]]]
    """Makes them: yields the path of each from the root of the site, and its content."""
