"""Properties that are found out once."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

__all__ = ["cached_property"]

if TYPE_CHECKING or sys.version_info >= (3, 12):
    from functools import cached_property
else:

    class cached_property:  # noqa: N801 - it stands for functools' own
        """functools' own without the lock that it took before 3.12: an archive has thirty thousand first times."""

        def __init__(self, find_out: Callable[[Any], object]) -> None:
            self.find_out = find_out
            self.__doc__ = find_out.__doc__

        def __set_name__(self, _owner: type, name: str) -> None:
            self.name = name

        def __get__(self, instance: object, _owner: type) -> object:
            if instance is None:
                return self
            found = instance.__dict__[self.name] = self.find_out(instance)
            return found
