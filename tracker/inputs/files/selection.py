"""Which files a review looks at."""

from fnmatch import fnmatchcase

from msgspec import Struct

__all__ = ["Selection"]


class Selection(Struct, frozen=True):
    """Globs of paths; `*` also matches slashes, and a folder's name takes in all that is below it."""

    paths: tuple[str, ...] = ()
    """What is looked at; empty for everything."""
    exclude: tuple[str, ...] = ()
    """What is not, even if `paths` names it."""

    def has(self, path: str) -> bool:
        """Return whether a file is looked at.

        >>> Selection(("policies", "*.tf"), ("policies/old/*",)).has("policies/a.json")
        True
        """
        wanted = not self.paths or any(_fits(path, glob) for glob in self.paths)
        return wanted and not any(_fits(path, glob) for glob in self.exclude)


def _fits(path: str, glob: str) -> bool:
    plain = glob.removeprefix("./").rstrip("/")
    return fnmatchcase(path, plain) or fnmatchcase(path, f"{plain}/*")
