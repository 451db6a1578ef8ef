"""Reviews as the lines by which a GitHub workflow marks findings at the files.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from collections.abc import Iterator

from tracker.formats.review_findings import findings_of
from tracker.review.model import Review
from tracker.risk.rules import Level
from tracker.text.words import Words, printable

__all__ = ["annotations", "review_to_annotations"]

_COMMANDS = {Level.INFO: "notice", Level.NOTICE: "notice", Level.WARNING: "warning", Level.CRITICAL: "error"}


def review_to_annotations(review: Review, words: Words) -> str:
    """Return the annotations of a review, a line each."""
    return "".join(f"{line}\n" for line in annotations(review, words))


def annotations(review: Review, words: Words) -> Iterator[str]:
    """Yield one line for each finding that was not approved, the gravest first."""
    found = [placed for placed in findings_of(review, words) if not placed.is_approved]
    for placed in sorted(found, key=lambda placed: -placed.finding.level.rank):
        properties = {"title": words(f"rule.{placed.finding.rule}")}
        if placed.policy.path:
            properties |= {"file": printable(placed.policy.path), "line": str(placed.line)}
        listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
        yield f"::{_COMMANDS[placed.finding.level]} {listed}::{_data(placed.text)}"
    if review.excluded:
        yield f"::notice ::{_data(words('report.excluded', count=review.excluded))}"


def _data(text: str) -> str:
    safe = text.encode("utf-8", "backslashreplace").decode()
    return safe.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
