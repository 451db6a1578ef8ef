"""Short builders of policies and histories for the tests, with defaults for all that a test is not about."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tracker.diff.changes import changes_between
from tracker.diff.model import Change
from tracker.policy.documents import parse_document
from tracker.policy.history import Observation, PolicyFacts, PolicyHistory, PolicyVersion
from tracker.policy.model import Condition, PolicyDocument

START = datetime(2024, 1, 1, tzinfo=UTC)

Actions = str | Sequence[str]


def statement(
    action: Actions = "s3:GetObject",
    resource: Actions | None = "*",
    *,
    effect: str = "Allow",
    condition: Mapping[str, Any] | None = None,
    **elements: Any,
) -> dict[str, Any]:
    """Return a statement as JSON; `NotAction`, `NotResource`, `Principal` and so on take the place of the defaults."""
    made: dict[str, Any] = {"Effect": effect}
    if "NotAction" not in elements:
        made["Action"] = action
    if resource is not None and "NotResource" not in elements:
        made["Resource"] = resource
    if condition is not None:
        made["Condition"] = condition
    return made | elements


def raw_document(*statements: Mapping[str, Any], version: str = "2012-10-17") -> dict[str, Any]:
    """Return a policy document as JSON."""
    return {"Version": version, "Statement": list(statements)}


def allowing(*actions: str, **elements: Any) -> dict[str, Any]:
    """Return a policy document as JSON, with one statement that allows some actions, on all resources by default."""
    return raw_document(statement(list(actions), **elements))


def document(*statements: Mapping[str, Any], version: str = "2012-10-17") -> PolicyDocument:
    """Return a policy document that has been read."""
    return parse_document(raw_document(*statements, version=version))


def changes(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> tuple[Change, ...]:
    """Return the changes between two documents, given as their statements."""
    return changes_between(document(*before), document(*after))


def reported(found: Sequence[Change]) -> list[str]:
    """Return changes as short texts: `action-added s3:GetObject`, with Deny and `but` where they apply."""
    return [
        " ".join([change.kind, *(["Deny"] if change.effect == "Deny" else []), *(["but"] if change.inverted else [])])
        + f" {change.action}"
        for change in found
    ]


def condition(operator: str, key: str = "k", *values: str) -> Condition:
    """Return one test of a condition block; values are sorted, keys compared in lower case."""
    return Condition(operator, key, tuple(sorted(values)))


def day(number: int) -> datetime:
    """Return a day in UTC, counted from the first of 2024."""
    return START + timedelta(days=number)


def version(
    number: int,
    *actions: str,
    at: int | None = None,
    raw: Mapping[str, Any] | None = None,
    origin: str = "iam",
    **elements: Any,
) -> PolicyVersion:
    """Return version `v<number>`, created on the day of its number, with one statement that allows the actions.

    Args:
        number: of the version.
        actions: what it allows.
        at: the day of its creation, where that is not its number.
        raw: the whole document as JSON, in place of actions and elements.
        origin: where it was found.
        elements: other elements of the statement, as `statement` takes them.
    """
    made = raw if raw is not None else allowing(*actions, **elements)
    return PolicyVersion(f"v{number}", day(number if at is None else at), made, origin)


def history(
    *versions: PolicyVersion, seen: Sequence[tuple[int, str | None]] | None = None, name: str = "Sample", **facts: Any
) -> PolicyHistory:
    """Return a policy's history; `seen` are days and the default version then, else each version in its turn."""
    each = [Observation(item.created_at, item.version_id) for item in versions]
    observations = each if seen is None else [Observation(day(number), default) for number, default in seen]
    return PolicyHistory("aws", PolicyFacts(name, **facts), versions, tuple(observations), folder=name)
