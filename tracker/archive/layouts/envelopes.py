"""One file per policy: a bare document, or an answer of GetPolicyVersion or GetPolicy, with or without an ending.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicy.html
"""

from collections.abc import Mapping
from typing import Any

from tracker.archive.layouts.model import FoundPolicy, FoundVersion, facts_of, read_time, text_or_none
from tracker.errors import DocumentError, one_line
from tracker.policy.documents import unwrap
from tracker.policy.history import PolicyFacts
from tracker.policy.model import Json
from tracker.policy.versions import is_version_id

__all__ = ["read", "recognizes", "version_in"]


def recognizes(path: str, value: Any) -> bool:  # noqa: ARG001 - the signature of a layout
    """Return True: any file may be of this layout, which is tried last."""
    return True


def read(path: str, value: Any) -> tuple[FoundPolicy, ...]:
    """Read a file of this layout.

    Raises:
        DocumentError: it is none.
    """
    name = _name_of(path)
    facts, policy = _facts(value, name)
    listed = policy.get("PolicyVersionList")
    if isinstance(listed, list):
        versions = tuple(version_in(item) for item in listed if isinstance(item, dict) and "Document" in item)
        if versions:
            return (FoundPolicy(name, facts, versions, _default_of(policy)),)
    try:
        return (FoundPolicy(name, facts, (version_in(value),)),)
    except DocumentError:
        if isinstance(value, dict) and isinstance(value.get("Policy"), dict) and not _has_document(value):
            folder = name.removesuffix("/policy")
            return (FoundPolicy(folder, facts_of(policy, folder, policy.get("CreateDate")), (), _default_of(policy)),)
        raise


def version_in(value: Any) -> FoundVersion:
    """Return the version in an answer of GetPolicyVersion, or in any other object that holds a document.

    Raises:
        DocumentError: no document is in it.
    """
    if isinstance(value, dict) and isinstance(value.get("Policy"), dict) and _has_document(value["Policy"]):
        value = value["Policy"]
    document, envelope = unwrap(value)
    found = _dated(document, envelope.get("VersionId"), envelope.get("CreateDate"))
    if envelope.get("IsDefaultVersion") is False:
        return FoundVersion(found.document, found.version_id, found.created_at, is_default=False)
    return found


def _dated(document: Json, label: Any, created: Any) -> FoundVersion:
    """Return a version with AWS's own id and date; a document that lacks one of them has none."""
    if isinstance(label, str) and is_version_id(label) and isinstance(created, str):
        return FoundVersion(document, label, read_time(created))
    return FoundVersion(document)


def _facts(value: Any, name: str) -> tuple[PolicyFacts, Mapping[str, Any]]:
    """Return the facts on the policy in a file, and the object that holds them."""
    if not isinstance(value, dict):
        return PolicyFacts(name), {}
    if isinstance(value.get("Policy"), dict):
        return facts_of(value["Policy"], name, value["Policy"].get("CreateDate")), value["Policy"]
    if "Statement" in value or not {"Arn", "PolicyId"} & value.keys():
        return PolicyFacts(name), {}
    created = value.get("CreateDate") if {"PolicyVersion", "PolicyVersionList"} & value.keys() else None
    return facts_of(value, name, created), value


def _default_of(policy: Mapping[str, Any]) -> str | None:
    default = text_or_none(policy.get("DefaultVersionId"))
    return default if default is not None and is_version_id(default) else None


def _has_document(value: Mapping[str, Any]) -> bool:
    return bool({"PolicyVersion", "Document", "PolicyDocument", "Statement"} & value.keys())


def _name_of(path: str) -> str:
    return one_line(path.removesuffix(".json"))
