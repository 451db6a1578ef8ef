"""Policy Tracker: what changed in IAM policies, action by action.

The names in `__all__` are the public Python interface, with types; everything else may move.
They are imported on first use, so that `import tracker` costs next to nothing. `docs/python.md` shows how to use them.

    >>> from tracker import changes_between, parse_document
    >>> before = parse_document('{"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}')
    >>> after = parse_document('{"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}')
    >>> [(str(change.kind), change.action, change.covered_by) for change in changes_between(before, after)]
    [('action-added', 's3:Get*', None), ('action-removed', 's3:GetObject', 's3:Get*')]
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracker.access import NetEffect as NetEffect
    from tracker.access import Universe as Universe
    from tracker.access import Verdict as Verdict
    from tracker.access import net_effect as net_effect
    from tracker.archive.store import Archive as Archive
    from tracker.archive.store import archive_on_disk as archive_on_disk
    from tracker.catalogue.catalogue import Catalogue as Catalogue
    from tracker.catalogue.catalogue import load_catalogue as load_catalogue
    from tracker.changelog.entries import entries_of as entries_of
    from tracker.changelog.model import Changelog as Changelog
    from tracker.changelog.model import Entry as Entry
    from tracker.changelog.model import Event as Event
    from tracker.diff.changes import changes_between as changes_between
    from tracker.diff.model import Change as Change
    from tracker.diff.model import ChangeKind as ChangeKind
    from tracker.errors import TrackerError as TrackerError
    from tracker.policy.documents import parse_document as parse_document
    from tracker.policy.history import PolicyHistory as PolicyHistory
    from tracker.policy.history import PolicyVersion as PolicyVersion
    from tracker.policy.history import Skipped as Skipped
    from tracker.policy.model import Condition as Condition
    from tracker.policy.model import Effect as Effect
    from tracker.policy.model import PolicyDocument as PolicyDocument
    from tracker.policy.model import Scope as Scope
    from tracker.policy.model import Statement as Statement
    from tracker.risk import Assessment as Assessment
    from tracker.risk import Finding as Finding
    from tracker.risk import assess as assess
    from tracker.risk import universe_of as universe_of
    from tracker.risk.rules import Level as Level
    from tracker.text.descriptions import EntryDescription as EntryDescription
    from tracker.text.descriptions import describe as describe

__all__ = [
    "Archive",
    "Assessment",
    "Catalogue",
    "Change",
    "ChangeKind",
    "Changelog",
    "Condition",
    "Effect",
    "Entry",
    "EntryDescription",
    "Event",
    "Finding",
    "Level",
    "NetEffect",
    "PolicyDocument",
    "PolicyHistory",
    "PolicyVersion",
    "Scope",
    "Skipped",
    "Statement",
    "TrackerError",
    "Universe",
    "Verdict",
    "__version__",
    "archive_on_disk",
    "assess",
    "changes_between",
    "describe",
    "entries_of",
    "load_catalogue",
    "net_effect",
    "parse_document",
    "universe_of",
]

__version__ = "0.1.0"

_MODULES = {
    "Archive": "tracker.archive.store",
    "Assessment": "tracker.risk",
    "Catalogue": "tracker.catalogue.catalogue",
    "Change": "tracker.diff.model",
    "ChangeKind": "tracker.diff.model",
    "Changelog": "tracker.changelog.model",
    "Condition": "tracker.policy.model",
    "Effect": "tracker.policy.model",
    "Entry": "tracker.changelog.model",
    "EntryDescription": "tracker.text.descriptions",
    "Event": "tracker.changelog.model",
    "Finding": "tracker.risk",
    "Level": "tracker.risk.rules",
    "NetEffect": "tracker.access",
    "PolicyDocument": "tracker.policy.model",
    "PolicyHistory": "tracker.policy.history",
    "PolicyVersion": "tracker.policy.history",
    "Scope": "tracker.policy.model",
    "Skipped": "tracker.policy.history",
    "Statement": "tracker.policy.model",
    "TrackerError": "tracker.errors",
    "Universe": "tracker.access",
    "Verdict": "tracker.access",
    "archive_on_disk": "tracker.archive.store",
    "assess": "tracker.risk",
    "changes_between": "tracker.diff.changes",
    "describe": "tracker.text.descriptions",
    "entries_of": "tracker.changelog.entries",
    "load_catalogue": "tracker.catalogue.catalogue",
    "net_effect": "tracker.access",
    "parse_document": "tracker.policy.documents",
    "universe_of": "tracker.risk",
}
"""The module of each public name: what type checkers read above, for the import on first use."""

if not TYPE_CHECKING:  # a type checker that saw this function would take any name for a public one

    def __getattr__(name: str) -> object:
        """Import a public name on first use."""
        from importlib import import_module

        if name not in _MODULES:
            raise AttributeError(f"module 'tracker' has no attribute {name!r}")
        return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    """Return the public interface only."""
    return sorted(__all__)
