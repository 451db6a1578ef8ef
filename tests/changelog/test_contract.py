"""The JSON contract: what goes out satisfies the schema that ships, and comes back the same."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from archives import CHECKOUT, call, envelope, new_repository, run
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from strategies import examples

from tracker.base.dates import format_time
from tracker.changelog.contract import (
    SCHEMA,
    changelog_from_json,
    changelog_schema,
    changelog_to_json,
    entry_to_json,
)
from tracker.changelog.model import Changelog, Entry, Event
from tracker.diff.model import Change, ChangeKind
from tracker.errors import DocumentError
from tracker.policy.history import Skipped
from tracker.policy.model import Condition, Effect, Scope

VALIDATOR = Draft202012Validator(changelog_schema())


OPTIONAL = {
    "folder",
    "anchor",
    "announcements",
    "policy_created",
    "published_before",
    "without_document",
    "differs_in",
    "name_taken",
    "verdict",
    "findings",
    "effective",
    "acknowledged",
    "statement",
    "attached",
    "access_levels",
}


def as_json(changelog: Changelog) -> str:
    return b"".join(
        changelog_to_json(changelog, lambda entry: entry_to_json(entry, f"title of {entry.id}", {}))
    ).decode()


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield every part of a schema that describes an object."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for part in schema.values():
            yield from objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects(part)


# --- the schema ------------------------------------------------------------------------------------------------------


def test_the_schema_is_one_and_strict() -> None:
    Draft202012Validator.check_schema(changelog_schema())
    described = list(objects(changelog_schema()))
    assert len(described) == 13
    for part in described:
        assert part["additionalProperties"] is False
        assert set(part["properties"]) - set(part["required"]) <= OPTIONAL


def test_the_schema_describes_every_member() -> None:
    for part in objects(changelog_schema()):
        assert part["description"]
        for name, member in part["properties"].items():
            assert member.get("description"), name


def test_the_schema_names_every_kind_and_event() -> None:
    definitions = changelog_schema()["$defs"]
    assert definitions["entry"]["properties"]["event"]["enum"] == [str(event) for event in Event]
    assert definitions["change"]["properties"]["kind"]["enum"] == [str(kind) for kind in ChangeKind]
    assert definitions["change"]["properties"]["effect"]["enum"] == [str(effect) for effect in Effect]
    assert changelog_schema()["properties"]["schema"]["const"] == SCHEMA


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_real_archive_satisfies_the_schema(language: str) -> None:
    done = run("changelog", "--risk", "--format", "json", "--lang", language, folder=CHECKOUT)
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    VALIDATOR.validate(value)
    assert value["entries"]


def test_a_history_with_every_event_satisfies_the_schema(tmp_path: Path) -> None:
    def state(number: int, statement: dict[str, Any]) -> bytes:
        whole = {"Effect": "Allow", "Resource": "*", **statement}
        return envelope(f"v{number}", f"2024-01-0{number}T00:00:00Z", {"Statement": whole})

    one, two = {"Action": "s3:Get*"}, {"NotAction": ["s3:PutObject"], "Principal": {"AWS": ["123456789012"]}}
    narrow = {"Action": "s3:Get*", "Resource": ["b", "a"], "Condition": {"Bool": {"aws:SecureTransport": True}}}
    passed = [{"iam:PassedToService": f"{name}.amazonaws.com"} for name in ("ec2", "ecs")]
    limited = [
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": {"StringEquals": test}}
        for test in passed
    ]
    of_two = envelope("v1", "2024-01-01T00:00:00Z", {"Statement": limited})
    states: list[dict[str, bytes | None]] = [
        {"policies/Old": state(1, one), "policies/Limited": of_two},
        {"policies/A": state(2, narrow), "policies/Broken": b""},
        {"policies/A": state(3, one | {"Action": ["S3:get*", "s3:GetObject"]})},
        {"policies/A": state(4, two)},
        {"policies/A": state(8, two)},
        {"policies/A": state(4, two)},
        {"policies/A": None},
        {"policies/A": state(8, two)},
    ]
    repository = new_repository(tmp_path, *states)
    done = call("changelog", "--git", ".", "--risk", "--format", "json", folder=repository)
    value = json.loads(done.stdout)
    VALIDATOR.validate(value)
    findings = [finding for entry in value["entries"] for finding in entry.get("findings", ())]
    assert {limit["statement"] for finding in findings for limit in finding["limits"]} == {0, 1}
    again = call("render", "--from", "-", "--format", "json", folder=repository, stdin=done.stdout)
    assert again.stdout == done.stdout
    events = {entry["event"] for entry in value["entries"]}
    assert events >= {str(event) for event in Event} - {"tracking-started"}
    assert len(value["skipped"]) == 1


# --- there and back --------------------------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
several = st.lists(texts, max_size=3, unique=True).map(lambda items: tuple(sorted(items)))
times = st.integers(0, 10**9).map(lambda seconds: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))
conditions = st.builds(Condition, texts, texts, several)
scopes = st.builds(Scope, several, several, several, several, st.lists(conditions, max_size=2).map(tuple))
changes = st.builds(
    Change,
    st.sampled_from(ChangeKind),
    st.sampled_from(Effect),
    texts,
    st.booleans(),
    st.lists(scopes, max_size=2).map(tuple),
    st.lists(scopes, max_size=2).map(tuple),
    st.none() | texts,
)
entries = st.builds(
    Entry,
    id=texts.filter(bool),
    owner=texts,
    policy=texts,
    event=st.sampled_from(Event),
    version=st.none() | texts,
    previous_version=st.none() | texts,
    not_observed=st.integers(0, 99),
    published=times,
    observed=st.none() | times,
    changes=st.lists(changes, max_size=3).map(tuple),
)
changelogs = st.builds(
    Changelog,
    texts,
    st.lists(entries, max_size=3).map(tuple),
    st.lists(st.builds(Skipped, texts, texts), max_size=2).map(tuple),
)


def conditions_in(changelog: Changelog) -> Iterator[Condition]:
    for entry in changelog.entries:
        for change in entry.changes:
            for scope in (*change.before, *change.after):
                yield from scope.conditions


@settings(max_examples=examples(60))
@given(changelogs)
def test_what_goes_out_satisfies_the_schema_and_comes_back_the_same(changelog: Changelog) -> None:
    text = as_json(changelog)
    VALIDATOR.validate(json.loads(text))
    back, _ = changelog_from_json(text.encode())
    assert back == changelog
    assert as_json(back) == text
    assert [test.key for test in conditions_in(back)] == [test.key for test in conditions_in(changelog)]


def test_an_entry_is_one_line() -> None:
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    entry = Entry("a/b\n/v1", "a", "b\n", Event.POLICY_ADDED, "v1", None, 0, moment, None, folder="b\n", anchor="v1")
    lines = as_json(Changelog("t", (entry, entry))).splitlines()
    assert len(lines) == 5
    assert json.loads(lines[1].removesuffix(","))["policy"] == "b\n"


@given(st.datetimes(timezones=st.timezones()).filter(lambda moment: 1 < moment.year < 9999))
def test_times_are_written_in_utc_to_the_second(moment: datetime) -> None:
    entry = Entry(
        "i", "a", "b", Event.POLICY_ADDED, "v1", None, 0, moment, moment, policy_created=moment, folder="b", anchor="v1"
    )
    written = json.loads(as_json(Changelog("t", (entry,))))["entries"][0]
    assert {written[name] for name in ("published", "observed", "policy_created")} == {format_time(moment)}


# --- text that is no changelog ---------------------------------------------------------------------------------------

GOOD: dict[str, Any] = {
    "id": "a/b/v1",
    "owner": "a",
    "policy": "b",
    "event": "policy-added",
    "version": "v1",
    "previous_version": None,
    "not_observed": 0,
    "published": "2024-01-01T00:00:00Z",
    "observed": None,
    "title": "t",
    "changes": [],
}
CHANGE: dict[str, Any] = {
    "kind": "action-added",
    "effect": "Allow",
    "action": "s3:*",
    "inverted": False,
    "before": [],
    "after": [],
    "covered_by": None,
}
TEST: dict[str, Any] = {"operator": "Bool", "key": "aws:SecureTransport", "values": []}
SCOPE: dict[str, Any] = {"resources": [], "not_resources": [], "principals": [], "not_principals": [], "conditions": []}


def whole(**replaced: Any) -> str:
    return json.dumps({"schema": SCHEMA, "title": "t", "entries": [GOOD | replaced], "skipped": []})


BAD = {
    "nothing": "",
    "another schema": '{"schema": "policy-tracker/changelog/2"}',
    "a list": "[]",
    "no entries": json.dumps({"schema": SCHEMA, "title": "t", "skipped": []}),
    "entries that are a number": json.dumps({"schema": SCHEMA, "title": "t", "entries": 7, "skipped": []}),
    "an entry that is text": json.dumps({"schema": SCHEMA, "title": "t", "entries": ["x"], "skipped": []}),
    "skipped that is text": json.dumps({"schema": SCHEMA, "title": "t", "entries": [], "skipped": "x"}),
    "no such event": whole(event="policy-eaten"),
    "no such kind": whole(changes=[CHANGE | {"kind": "x"}]),
    "a scope that is a number": whole(changes=[CHANGE | {"after": [7]}]),
    "a key that is a number": whole(changes=[CHANGE | {"after": [SCOPE | {"conditions": [TEST | {"key": 7}]}]}]),
    "no time at all": whole(published=None),
    "a time that is none": whole(published="yesterday"),
    "a time before all times": whole(published="0001-01-01T00:00:00+09:00"),
    "a number without end": whole(not_observed=1).replace('"not_observed": 1', '"not_observed": 1e999'),
    "a number of many digits": whole(not_observed=1).replace('"not_observed": 1', f'"not_observed": {"9" * 5000}'),
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_what_is_no_changelog_is_one_error(text: str) -> None:
    with pytest.raises(DocumentError) as caught:
        changelog_from_json(text.encode())
    assert "\n" not in str(caught.value)


def test_an_error_names_the_entry() -> None:
    with pytest.raises(DocumentError, match=r"entries\[0\]: .*policy-eaten"):
        changelog_from_json(whole(event="policy-eaten").encode())
