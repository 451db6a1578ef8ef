"""What stands in the archive's files: versions and facts, from JSON and to it. No file is opened here."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from msgspec import Struct, convert

from tracker.base.dates import format_time, parse_time
from tracker.errors import ArchiveError, DocumentError
from tracker.policy.history import Observation, PolicyFacts, PolicyHistory, PolicyVersion, UnknownVersion
from tracker.policy.json_text import MAX_DOCUMENT_BYTES, canonical, load_json
from tracker.policy.model import Json
from tracker.policy.versions import is_version_id

__all__ = [
    "FACTS_FILE",
    "FactsFile",
    "facts_to_json",
    "parse_facts",
    "parse_version",
    "version_text",
    "version_to_json",
]

FACTS_FILE = "policy.json"
MAX_FILE_BYTES = 8 * MAX_DOCUMENT_BYTES
"""Bytes of a file of the archive: a document takes more space there than where it came from."""


class FactsFile(Struct, frozen=True):
    """What `policy.json` says; without one, a folder is what a killed first run left."""

    facts: PolicyFacts
    """The policy's own facts."""
    observations: tuple[Observation, ...] = ()
    """By time."""
    unavailable: tuple[str, ...] = ()
    """Versions that were asked for and that the source no longer serves."""
    origins: Mapping[str, str] = {}
    """Version → where its document came from: `iam`, `git:<name>`, `documentation`."""
    created_before: Mapping[str, datetime] = {}
    """Version of which no source has the date → the moment before which it was created."""
    unknown: tuple[UnknownVersion, ...] = ()
    """Versions that existed and whose documents no source has; by creation time."""

    @property
    def was_observed_at_source(self) -> bool:
        """Return whether the policy was first seen at its source, not in documentation."""
        return self.origins.get(self.observations[0].default_version or "") != "documentation"


# --- reading ---------------------------------------------------------------------------------------------------------


def parse_version(content: bytes, name: str, known: FactsFile) -> PolicyVersion:
    """Read a version file.

    Args:
        content: the file's bytes.
        name: what the file is called, `v3.json`.
        known: what `policy.json` says.

    Raises:
        DocumentError: it is broken, or of another version.
    """
    value = load_json(content, largest=MAX_FILE_BYTES)
    if not isinstance(value, dict) or not isinstance(value.get("Document"), dict):
        raise DocumentError("expected VersionId, CreateDate and Document")
    version_id = str(value.get("VersionId"))
    if f"{version_id}.json" != name:
        raise DocumentError(f"the file is called {name} and speaks of {version_id!r}", where="VersionId")
    created = value.get("CreateDate")
    try:
        created_at = parse_time(created if isinstance(created, str) else "")
    except ValueError as error:
        raise DocumentError("expected a time", where="CreateDate") from error
    before = known.created_before.get(version_id)
    return PolicyVersion(version_id, created_at, value["Document"], known.origins.get(version_id, ""), before)


class _ObservationInFile(Struct):
    At: str
    DefaultVersionId: str | None


class _UnknownInFile(Struct):
    VersionId: str
    CreateDate: str
    Origin: str


class _FactsInFile(Struct):
    PolicyName: str
    Arn: str | None
    PolicyId: str | None
    Path: str | None
    Description: str | None
    CreateDate: str | None
    Observed: list[_ObservationInFile]
    Origins: dict[str, str]
    Unavailable: list[str] = []
    CreatedBefore: dict[str, str] = {}
    Unknown: list[_UnknownInFile] = []


_seen_at = lru_cache(4096)(parse_time)
"""Many policies are seen at the same moment."""


def parse_facts(content: bytes, where: str) -> FactsFile:
    """Read a `policy.json`.

    Args:
        content: the file's bytes.
        where: its folder in the archive, `aws/ReadOnlyAccess`.

    Raises:
        ArchiveError: it is broken, or of another policy.
    """
    try:
        read = convert(load_json(content, largest=MAX_FILE_BYTES), _FactsInFile)
        name = _named(read, where.rpartition("/")[2])
        created = parse_time(read.CreateDate) if read.CreateDate else None
        facts = PolicyFacts(name, read.Arn, read.PolicyId, read.Path, read.Description, created)
        seen = tuple([Observation(_seen_at(item.At), item.DefaultVersionId) for item in read.Observed])
        bounds = {version_id: parse_time(moment) for version_id, moment in read.CreatedBefore.items()}
        unknown = tuple(
            UnknownVersion(item.VersionId, parse_time(item.CreateDate), item.Origin) for item in read.Unknown
        )
        return FactsFile(facts, seen, tuple(filter(is_version_id, read.Unavailable)), read.Origins, bounds, unknown)
    except (DocumentError, ValueError) as error:
        hint = "restore the file from git: `git checkout -- FILE`"
        raise ArchiveError(f"broken ({error})", where=f"{where}/{FACTS_FILE}", hint=hint) from error


def _named(read: _FactsInFile, folder: str) -> str:
    name = folder.partition("~")[0]
    if read.PolicyName != name:
        raise DocumentError(f"expected {name!r}, as its folder", where="PolicyName")
    return name


# --- writing ---------------------------------------------------------------------------------------------------------


def version_to_json(version: PolicyVersion) -> Json:
    """Return what stands in a version's file."""
    return {
        "VersionId": version.version_id,
        "CreateDate": format_time(version.created_at),
        "Document": version.document,
    }


def version_text(version: PolicyVersion) -> str:
    """Return the text of a version's file.

    Raises:
        DocumentError: it is larger than what would be read again.
    """
    text = canonical(version_to_json(version))
    if len(text) * 4 > MAX_FILE_BYTES and len(text.encode()) > MAX_FILE_BYTES:
        raise DocumentError(f"too large: its file would have more than {MAX_FILE_BYTES} bytes")
    return text


def facts_to_json(history: PolicyHistory) -> Json:
    """Return what stands in a policy's `policy.json`."""
    facts = history.facts
    value = {
        "Arn": facts.arn,
        "PolicyName": facts.name,
        "PolicyId": facts.policy_id,
        "Path": facts.path,
        "Description": facts.description,
        "CreateDate": format_time(facts.created_at) if facts.created_at else None,
        "Observed": [
            {"At": format_time(item.at), "DefaultVersionId": item.default_version} for item in history.observations
        ],
        "Origins": {version.version_id: version.origin for version in history.versions if version.origin},
    }
    bounds = {
        version.version_id: format_time(version.created_before)
        for version in history.versions
        if version.created_before
    }
    unknown = [
        {"VersionId": item.version_id, "CreateDate": format_time(item.created_at), "Origin": item.origin}
        for item in history.unknown
    ]
    optional = {"Unavailable": list(history.unavailable), "CreatedBefore": bounds, "Unknown": unknown}
    return value | {name: items for name, items in optional.items() if items}
