"""Policy Tracker: what changed in IAM policies, action by action.

The names below are the public Python interface; everything else may move.
They are imported on first use, so that `import tracker` costs next to nothing.

    >>> from tracker import changes_between, parse_document
    >>> before = parse_document('{"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}')
    >>> after = parse_document('{"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}')
    >>> [(str(change.kind), change.action, change.covered_by) for change in changes_between(before, after)]
    [('action-added', 's3:Get*', None), ('action-removed', 's3:GetObject', 's3:Get*')]
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC_NAMES = {
    "Catalogue": "catalogue.catalogue",
    "Change": "diff.model",
    "ChangeKind": "diff.model",
    "Condition": "policy.model",
    "Effect": "policy.model",
    "Entry": "changelog.model",
    "Event": "changelog.model",
    "PolicyDocument": "policy.model",
    "PolicyHistory": "policy.history",
    "PolicyVersion": "policy.history",
    "Scope": "policy.model",
    "Statement": "policy.model",
    "TrackerError": "errors",
    "changes_between": "diff.changes",
    "entries_of": "changelog.entries",
    "parse_document": "policy.documents",
    "archive_on_disk": "archive.store",
    "load_catalogue": "catalogue.catalogue",
}

__all__ = sorted([*_PUBLIC_NAMES, "__version__"])  # noqa: PLE0605 - one list names both the rooms and the exports


def __getattr__(name: str) -> Any:
    """Import a public name from its room on first use."""
    if name not in _PUBLIC_NAMES:
        raise AttributeError(f"module 'tracker' has no attribute {name!r}")
    return getattr(import_module(f"tracker.{_PUBLIC_NAMES[name]}"), name)


def __dir__() -> list[str]:
    """Name the public interface only."""
    return list(__all__)
