"""The JSON contract: a changelog to JSON and back, `policy-tracker/changelog/1`.

The schema ships beside this file (`schema/changelog-1.json`). Members may be added within version 1; none is
renamed, and no meaning changes.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Raw, Struct, ValidationError, to_builtins
from msgspec.json import Encoder, decode

from tracker.base.addresses import is_web_address
from tracker.base.dates import format_time, parse_time
from tracker.changelog.model import (
    AttachedScope,
    Changelog,
    Entry,
    EntryAnnouncement,
    Event,
    VersionWithoutDocument,
)
from tracker.diff.model import Change
from tracker.diff.wording import WordingDifference
from tracker.errors import DocumentError
from tracker.policy.history import Skipped
from tracker.policy.model import Scope

if TYPE_CHECKING:
    from tracker.risk import Assessment, Finding

__all__ = [
    "MAX_CHANGELOG_BYTES",
    "SCHEMA",
    "change_to_json",
    "changelog_from_json",
    "changelog_json_document",
    "changelog_schema",
    "changelog_to_json",
    "entry_to_json",
    "finding_to_json",
    "scope_to_json",
]

SCHEMA = "policy-tracker/changelog/1"
MAX_CHANGELOG_BYTES = 1024 * 1024 * 1024
_encode = Encoder().encode


def changelog_schema() -> dict[str, Any]:
    """Return the JSON Schema of the contract."""
    from importlib.resources import files

    text = files("tracker").joinpath("schema/changelog-1.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


# --- writing ---------------------------------------------------------------------------------------------------------


def changelog_to_json(changelog: Changelog, line_of: Callable[[Entry], bytes]) -> Iterator[bytes]:
    """Yield the text of a changelog in JSON, in UTF-8: one entry a line, so that text tools and diffs can follow.

    Args:
        changelog: what to write.
        line_of: gives an entry in JSON, as `entry_to_json` does.
    """
    lines = map(line_of, changelog.entries)
    return changelog_json_document(
        changelog.title, lines, changelog.skipped, changelog.attached, changelog.acknowledged
    )


def changelog_json_document(
    title: str,
    entries: Iterable[bytes],
    skipped: Iterable[Skipped],
    attached: AttachedScope | None = None,
    acknowledged: int = 0,
) -> Iterator[bytes]:
    """Yield the text of a changelog in JSON whose entries are there already, newest first."""
    yield b'{"schema":%b,"title":%b,"entries":[\n' % (_encode(SCHEMA), _encode(title))
    yield from _listed(entries)
    yield b'],"skipped":[\n'
    yield from _listed(_encode({"where": item.where, "reason": item.reason}) for item in skipped)
    yield b"]"
    if attached is not None:
        yield b',"attached":%b' % _encode(attached)
    if acknowledged:
        yield b',"acknowledged":%d' % acknowledged
    yield b"}\n"


def _listed(items: Iterable[bytes]) -> Iterator[bytes]:
    comma = b""
    for item in items:
        yield comma
        yield item
        comma = b",\n"
    if comma:
        yield b"\n"


def entry_to_json(entry: Entry, title: str, more: Mapping[str, Any]) -> bytes:
    """Return one entry in JSON, in one line, with its title and its optional members."""
    document = {
        "id": entry.id,
        "owner": entry.owner,
        "policy": entry.policy,
        "event": entry.event,
        "version": entry.version,
        "previous_version": entry.previous_version,
        "not_observed": entry.not_observed,
        **({"without_document": _dated_versions(entry)} if entry.without_document else {}),
        "published": _to_utc_second(entry.published),
        "observed": _to_utc_second(entry.observed),
        **({"policy_created": _to_utc_second(entry.policy_created)} if entry.policy_created else {}),
        **({"published_before": _to_utc_second(entry.published_before)} if entry.published_before else {}),
        **({"name_taken": True} if entry.name_taken else {}),
        **({"differs_in": entry.differs_in} if entry.differs_in else {}),
        **({"folder": entry.folder} if entry.folder != entry.policy else {}),
        **({"anchor": entry.anchor} if entry.anchor != entry.version else {}),
        "title": title,
        **more,
        **({"announcements": [_notice_to_json(notice) for notice in entry.notices]} if entry.notices else {}),
        "changes": entry.changes,
    }
    return _encode(document)


def _to_utc_second(moment: datetime | None) -> datetime | None:
    """Return a time in UTC to the second, which is encoded as `format_time` writes it, in a tenth of the time."""
    if moment is None or (moment.tzinfo is UTC and not moment.microsecond):
        return moment
    return moment.astimezone(UTC).replace(microsecond=0)


def _notice_to_json(notice: EntryAnnouncement) -> dict[str, Any]:
    return {
        "title": notice.title,
        "link": notice.link,
        "published": format_time(notice.published),
        "days_later": notice.days,
    }


def _dated_versions(entry: Entry) -> list[dict[str, Any]]:
    return [{"version": item.version, "published": format_time(item.published)} for item in entry.without_document]


def change_to_json(change: Change) -> dict[str, Any]:
    """Return one change in JSON."""
    return dict(to_builtins(change))


def finding_to_json(finding: "Finding") -> dict[str, Any]:
    """Return a finding in JSON."""
    return {
        "rule": finding.rule,
        "level": finding.level,
        "action": finding.action or None,
        "actions": finding.actions,
        "gain": finding.gain,
        "scopes": [scope_to_json(scope) for scope in finding.scopes],
        "paths": finding.paths,
        "limits": [to_builtins(limit) for limit in finding.limits],
        "link": finding.link,
        "fingerprint": finding.fingerprint,
    }


def scope_to_json(scope: Scope) -> dict[str, Any]:
    """Return a scope in JSON; elements that the statement does not have are empty."""
    return dict(to_builtins(scope))


# --- reading ---------------------------------------------------------------------------------------------------------


class _ReadLimit(Struct):
    action: str
    key: str
    values: tuple[str, ...]
    statement: int = 0


class _ReadFinding(Struct):
    rule: str
    level: str
    action: str | None
    actions: tuple[str, ...]
    gain: str
    scopes: tuple[Scope, ...]
    paths: tuple[str, ...]
    link: str | None
    fingerprint: str
    limits: tuple[_ReadLimit, ...] = ()


class _ReadNotice(Struct):
    title: str
    link: str | None
    published: str
    days_later: int


class _ReadVersion(Struct):
    version: str
    published: str


class _ReadEntry(Struct):
    id: str
    owner: str
    policy: str
    event: Event
    version: str | None
    previous_version: str | None
    not_observed: int
    published: str | None
    observed: str | None
    changes: tuple[Change, ...]
    policy_created: str | None = None
    published_before: str | None = None
    without_document: tuple[_ReadVersion, ...] = ()
    name_taken: bool = False
    differs_in: WordingDifference | None = None
    folder: str | None = None
    anchor: str | None = None
    verdict: str | None = None
    findings: tuple[_ReadFinding, ...] = ()
    effective: Raw = Raw(b"null")
    announcements: tuple[_ReadNotice, ...] = ()


class _ReadSkipped(Struct):
    where: str
    reason: str


class _ReadChangelog(Struct):
    schema: str
    title: str
    entries: tuple[Raw, ...]
    skipped: tuple[_ReadSkipped, ...]
    attached: AttachedScope | None = None
    acknowledged: int = 0


def changelog_from_json(data: bytes) -> tuple[Changelog, dict[str, "Assessment"] | None]:
    """Read a changelog back from its JSON, with its assessments; None where it was made without them.

    Raises:
        DocumentError: the text is no changelog of this contract; says where.
    """
    if len(data) > MAX_CHANGELOG_BYTES:
        raise DocumentError(f"too large: {len(data)} bytes, at most {MAX_CHANGELOG_BYTES} are read")
    with _read_from(""):
        if decode(data, type=_SchemaHeader).schema != SCHEMA:
            raise DocumentError(f"not a changelog of schema {SCHEMA}")
        read = decode(data, type=_ReadChangelog)
    entries = []
    assessments = {}
    for index, raw in enumerate(read.entries):
        with _read_from(f"entries[{index}]"):
            entry = decode(raw, type=_ReadEntry)
            entries.append(_entry_from_json(entry))
            if entry.verdict is not None:
                assessments[entry.id] = _assessment_from_json(entry, entry.verdict)
    skipped = tuple(Skipped(item.where, item.reason) for item in read.skipped)
    found = Changelog(read.title, tuple(entries), skipped, attached=read.attached, acknowledged=read.acknowledged)
    return found, assessments or None


class _SchemaHeader(Struct):
    schema: str = ""


@contextmanager
def _read_from(place: str) -> Iterator[None]:
    try:
        yield
    except (ValidationError, ValueError) as error:
        wrong = "not as the schema has it" if isinstance(error, ValidationError) or place else "not JSON"
        raise DocumentError(f"{wrong} ({error})", where=place) from error
    except RecursionError as error:
        raise DocumentError("nested too deep", where=place) from error


def _entry_from_json(read: _ReadEntry) -> Entry:
    if read.published is None and read.observed is None:
        raise ValueError("neither published nor observed")
    return Entry(
        id=read.id,
        owner=read.owner,
        policy=read.policy,
        event=read.event,
        version=read.version,
        previous_version=read.previous_version,
        not_observed=read.not_observed,
        published=_time(read.published),
        observed=_time(read.observed),
        changes=read.changes,
        policy_created=_time(read.policy_created),
        published_before=_time(read.published_before),
        without_document=tuple(
            VersionWithoutDocument(item.version, parse_time(item.published)) for item in read.without_document
        ),
        name_taken=read.name_taken,
        differs_in=read.differs_in,
        folder=read.policy if read.folder is None else read.folder,
        anchor=read.version or "" if read.anchor is None else read.anchor,
        notices=tuple(_notice_from_json(notice) for notice in read.announcements),
    )


def _notice_from_json(read: _ReadNotice) -> EntryAnnouncement:
    if read.link is not None and not is_web_address(read.link):
        raise ValueError("the link of an announcement is no web address")
    return EntryAnnouncement(read.title, read.link, parse_time(read.published), read.days_later)


def _time(text: str | None) -> datetime | None:
    return None if text is None else parse_time(text)


def _assessment_from_json(read: _ReadEntry, verdict: str) -> "Assessment":
    from tracker.access import EffectiveChange, Gain, Verdict
    from tracker.risk import Assessment, Finding, Limit
    from tracker.risk.rules import Level

    found = (
        Finding(
            one.rule,
            Level(one.level),
            read.policy,
            one.action or "",
            one.actions,
            one.scopes,
            Gain(one.gain),
            one.link,
            one.paths,
            one.fingerprint,
            limits=tuple(Limit(limit.action, limit.key, limit.values, limit.statement) for limit in one.limits),
        )
        for one in read.findings
    )
    effective = decode(read.effective, type=tuple[EffectiveChange, ...] | None)
    return Assessment(Verdict(verdict), tuple(found), effective)
