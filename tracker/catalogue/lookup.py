"""Patterns that users write: refused with the nearest names where nothing known matches."""

from tracker.base.suggestions import nearest_names
from tracker.catalogue.catalogue import Catalogue
from tracker.errors import UsageError

__all__ = ["require_known_action"]

MOST_EXAMPLES = 3


def require_known_action(catalogue: Catalogue, pattern: str) -> None:
    """Refuse an action or a pattern that matches no known action, present or retired.

    Raises:
        UsageError: says whether the prefix is missing or unknown, or which actions are near.
    """
    if catalogue.expand(pattern):
        return
    prefix, colon, name = pattern.partition(":")
    if not colon:
        names = sorted((facts.name for facts in catalogue.expand(f"*:{pattern}")), key=lambda name: (len(name), name))
        if catalogue.service_name(pattern) is not None:
            names = [f"{pattern}:*"]
        examples = ", ".join(names[:MOST_EXAMPLES]) or "s3:GetObject"
        raise UsageError(f"{pattern!r} has no service prefix", hint=f"such as {examples}")
    if "*" in prefix or "?" in prefix:
        raise UsageError(f"no known action matches {pattern!r}")
    if catalogue.service_name(prefix) is None:
        near = _or(nearest_names(prefix, catalogue.prefixes()))
        raise UsageError(f"no service has the prefix {prefix!r}", hint=near)
    names = [facts.name.partition(":")[2] for facts in catalogue.expand(f"{prefix}:*")]
    near = _or([f"{prefix}:{each}" for each in nearest_names(name, names)])
    raise UsageError(f"no known action matches {pattern!r}", hint=near)


def _or(names: list[str]) -> str:
    return f"did you mean {' or '.join(names)}?" if names else ""
