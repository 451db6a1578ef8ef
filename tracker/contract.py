"""The JSON contract: a changelog to JSON and back, `policy-tracker/changelog/1`.

The schema ships beside this file (`schema/changelog-1.json`). Members may be added within version 1; none is
renamed, and no meaning changes.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from json.encoder import encode_basestring
from typing import Any

from tracker.dates import format_time, parse_time
from tracker.documents import load_json
from tracker.errors import DocumentError
from tracker.model import Change, ChangeKind, Changelog, Condition, Effect, Entry, Event, Scope, Skipped
from tracker.risk import Finding

__all__ = [
    "SCHEMA",
    "change_to_json",
    "changelog_from_json",
    "changelog_schema",
    "changelog_to_json",
    "finding_to_json",
    "scope_to_json",
]

SCHEMA = "policy-tracker/changelog/1"
LARGEST_CHANGELOG = 1024 * 1024 * 1024


def changelog_schema() -> dict[str, Any]:
    """Return the JSON Schema of the contract."""
    text = files("tracker").joinpath("schema/changelog-1.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def changelog_to_json(
    changelog: Changelog,
    title_of: Callable[[Entry], str],
    more: Callable[[Entry], Mapping[str, Any]] | None = None,
) -> Iterator[str]:
    """Yield the lines of a changelog in JSON: one entry a line, so that text tools and diffs can follow.

    Args:
        changelog: what is told.
        title_of: gives an entry's title, in whichever language.
        more: gives an entry's optional members, such as those of `assessments.members`; None for none.
    """
    scopes = cache(_scopes_to_json)
    yield f'{{"schema": {_encode(SCHEMA)}, "title": {_encode(changelog.title)}, "entries": ['
    yield from _listed(
        _entry_to_json(entry, title_of(entry), scopes, more(entry) if more else {}) for entry in changelog.entries
    )
    yield '], "skipped": ['
    yield from _listed(_encode({"where": item.where, "reason": item.reason}) for item in changelog.skipped)
    yield "]}"


_encode = json.JSONEncoder(ensure_ascii=False).encode


def _listed(items: Iterable[str]) -> Iterator[str]:
    held = None
    for item in items:
        if held is not None:
            yield f"{held},"
        held = item
    if held is not None:
        yield held


def _entry_to_json(
    entry: Entry, title: str, scopes: Callable[[tuple[Scope, ...]], str], more: Mapping[str, Any]
) -> str:
    facts = {
        "id": entry.id,
        "owner": entry.owner,
        "policy": entry.policy,
        "event": entry.event,
        "version": entry.version,
        "previous_version": entry.previous_version,
        "not_observed": entry.not_observed,
        "published": format_time(entry.published) if entry.published else None,
        "observed": format_time(entry.observed) if entry.observed else None,
        "title": title,
        **more,
    }
    changes = ", ".join(_change_to_json(change, scopes) for change in entry.changes)
    return f'{_encode(facts)[:-1]}, "changes": [{changes}]}}'


def change_to_json(change: Change) -> dict[str, Any]:
    """Return one change in JSON."""
    return dict(json.loads(_change_to_json(change, _scopes_to_json)))


def _change_to_json(change: Change, scopes: Callable[[tuple[Scope, ...]], str]) -> str:
    """Return a change as text: hundreds share their scopes, which are made into text once."""
    covered_by = "null" if change.covered_by is None else encode_basestring(change.covered_by)
    return (
        f'{{"kind": "{change.kind}", "effect": "{change.effect}", "action": {encode_basestring(change.action)}, '
        f'"inverted": {"true" if change.inverted else "false"}, "before": {scopes(change.before)}, '
        f'"after": {scopes(change.after)}, "covered_by": {covered_by}}}'
    )


def finding_to_json(finding: Finding) -> dict[str, Any]:
    """Return a finding in JSON."""
    return {
        "rule": finding.rule,
        "level": finding.level,
        "action": finding.action or None,
        "actions": finding.actions,
        "gain": finding.gain,
        "scopes": [scope_to_json(scope) for scope in finding.scopes],
        "paths": finding.paths,
        "link": finding.link,
        "fingerprint": finding.fingerprint,
    }


def _scopes_to_json(scopes: tuple[Scope, ...]) -> str:
    return _encode([scope_to_json(scope) for scope in scopes])


def scope_to_json(scope: Scope) -> dict[str, Any]:
    """Return a scope in JSON; elements that the statement does not have are empty."""
    return {
        "resources": scope.resources,
        "not_resources": scope.not_resources,
        "principals": scope.principals,
        "not_principals": scope.not_principals,
        "conditions": [
            {"operator": test.operator, "key": test.key, "values": test.values} for test in scope.conditions
        ],
    }


def changelog_from_json(data: bytes | str) -> Changelog:
    """Read a changelog back from its JSON.

    Raises:
        DocumentError: the text is no changelog of this contract; says where.
    """
    value = load_json(data, largest=LARGEST_CHANGELOG)
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        raise DocumentError(f"not a changelog of schema {SCHEMA}")
    place = "title"
    try:
        title = str(value["title"])
        entries = []
        for index, item in enumerate(value["entries"]):
            place = f"entries[{index}]"
            entries.append(_entry_from_json(item))
        place = "skipped"
        skipped = tuple(Skipped(str(item["where"]), str(item["reason"])) for item in value["skipped"])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise DocumentError(f"not as the schema has it ({type(error).__name__}: {error})", where=place) from error
    return Changelog(title, tuple(entries), skipped)


def _entry_from_json(value: Any) -> Entry:
    entry = Entry(
        id=str(value["id"]),
        owner=str(value["owner"]),
        policy=str(value["policy"]),
        event=Event(value["event"]),
        version=_text_or_none(value["version"]),
        previous_version=_text_or_none(value["previous_version"]),
        not_observed=int(value["not_observed"]),
        published=parse_time(value["published"]) if value["published"] else None,
        observed=parse_time(value["observed"]) if value["observed"] else None,
        changes=tuple(_change_from_json(change) for change in value["changes"]),
    )
    if entry.published is None and entry.observed is None:
        raise ValueError("neither published nor observed")
    return entry


def _change_from_json(value: Any) -> Change:
    return Change(
        ChangeKind(value["kind"]),
        Effect(value["effect"]),
        str(value["action"]),
        bool(value["inverted"]),
        tuple(_scope_from_json(scope) for scope in value["before"]),
        tuple(_scope_from_json(scope) for scope in value["after"]),
        _text_or_none(value["covered_by"]),
    )


def _scope_from_json(value: Any) -> Scope:
    return Scope(
        tuple(map(str, value["resources"])),
        tuple(map(str, value["not_resources"])),
        tuple(map(str, value["principals"])),
        tuple(map(str, value["not_principals"])),
        tuple(
            Condition(str(test["operator"]), str(test["key"]), tuple(map(str, test["values"])), test["key"].lower())
            for test in value["conditions"]
        ),
    )


def _text_or_none(value: Any) -> str | None:
    return None if value is None else str(value)
