"""The tables of an export: names, columns, and what each means. `docs/export.md` is held against them by a test.

The schema is `policy-tracker/export/1`. Columns and tables may be added within version 1; none is renamed.
"""

from enum import StrEnum

from msgspec import Struct

__all__ = ["SCHEMA", "TABLES", "Column", "ColumnType", "Table"]

SCHEMA = "policy-tracker/export/1"


class ColumnType(StrEnum):
    """How a value is stored; each may be null unless the column is part of the key."""

    TEXT = "text"
    """Text."""
    TIME = "time"
    """A time in UTC, `2023-11-28T17:05:00Z`: text that sorts by time."""
    INTEGER = "integer"
    """A number."""
    BOOLEAN = "boolean"
    """0 or 1 in SQLite, false or true in JSON."""
    JSON = "json"
    """A list or object: text in SQLite, for its JSON functions; itself in JSON Lines."""


class Column(Struct, frozen=True):
    """One column."""

    name: str
    type: ColumnType
    about: str
    """What a value means, and what null means."""
    key: bool = False
    """Whether it is part of the primary key."""


class Table(Struct, frozen=True):
    """One table."""

    name: str
    about: str
    columns: tuple[Column, ...]
    indexes: tuple[tuple[str, ...], ...] = ()
    """Columns by which it is searched beside its key."""

    @property
    def key(self) -> tuple[str, ...]:
        """The names of the columns that make its primary key."""
        return tuple(column.name for column in self.columns if column.key)


_TEXT, _TIME, _INTEGER, _BOOLEAN, _JSON = ColumnType
_OWNER = Column("owner", _TEXT, "whose policy it is: `aws`, `aws-cn`, an account id", key=True)
_FOLDER = Column(
    "folder",
    _TEXT,
    "what entries and pages call it: its name, or `Name~PolicyId` for one that took that name",
    key=True,
)

TABLES = (
    Table(
        "about",
        "What the export was made from, one line a fact.",
        (Column("name", _TEXT, "`schema`, `program`, `newest_observation`", key=True), Column("value", _TEXT, "")),
    ),
    Table(
        "policies",
        "Each policy that ever was.",
        (
            _OWNER,
            _FOLDER,
            Column("policy", _TEXT, "PolicyName"),
            Column("arn", _TEXT, "Arn; null where no source gives it"),
            Column("path", _TEXT, "Path; null where no source gives it"),
            Column("policy_id", _TEXT, "PolicyId; null where no source gives it"),
            Column("description", _TEXT, "Description; null where no source gives it"),
            Column("created", _TIME, "CreateDate of the policy; null where no source gives it"),
            Column("default_version", _TEXT, "the version in force; null for a policy that was removed"),
            Column("removed", _TIME, "when it was seen to have left the list; null while it is there"),
        ),
        (("policy",),),
    ),
    Table(
        "versions",
        "Each version that existed, with its document.",
        (
            _OWNER,
            _FOLDER,
            Column("version", _TEXT, "VersionId", key=True),
            Column("created", _TIME, "CreateDate"),
            Column("created_before", _TIME, "no source has the date: between `created` and this; null where exact"),
            Column("origin", _TEXT, "where it is from: `iam`, `git:<name>`, `npm:<package> <release>`"),
            Column("in_force", _BOOLEAN, "whether it is the default version now"),
            Column("document", _JSON, "the policy document; null where no source has it"),
        ),
    ),
    Table(
        "grants",
        "Each action pattern of each statement of the versions in force.",
        (
            _OWNER,
            _FOLDER,
            Column("version", _TEXT, "VersionId", key=True),
            Column("statement", _INTEGER, "the statement's place in the document, from 1", key=True),
            Column("action", _TEXT, "the action pattern as published", key=True),
            Column("service", _TEXT, "what stands before its colon, in lower case"),
            Column("effect", _TEXT, "`Allow` or `Deny`"),
            Column("inverted", _BOOLEAN, "whether it stands in `NotAction`: all but these"),
            Column("sid", _TEXT, "the statement's Sid; null for none"),
            Column("resources", _JSON, "resource patterns"),
            Column("not_resources", _JSON, "patterns of `NotResource`"),
            Column("principals", _JSON, "principals; empty in identity policies"),
            Column("not_principals", _JSON, "principals of `NotPrincipal`"),
            Column("conditions", _JSON, "tests, all of which must hold: operator, key, values"),
        ),
        (("action",), ("service",)),
    ),
    Table(
        "entries",
        "Each event: what the changelog has a row for.",
        (
            Column("id", _TEXT, "what feeds and pages know it by; opaque, never renamed", key=True),
            Column("owner", _TEXT, "as in `policies`"),
            Column("folder", _TEXT, "as in `policies`"),
            Column("policy", _TEXT, "PolicyName"),
            Column("event", _TEXT, "`policy-added`, `policy-updated`, `policy-reissued`, `policy-removed`, …"),
            Column("version", _TEXT, "the version in force afterwards; null after a removal"),
            Column("previous_version", _TEXT, "the version in force before; null at the beginning"),
            Column("not_observed", _INTEGER, "version numbers between the two that were never seen"),
            Column("at", _TIME, "when: published where that is known, else observed"),
            Column("published", _TIME, "CreateDate of the version; null for an event without one"),
            Column("observed", _TIME, "when the tracker saw it; null where it came from another source later"),
            Column("title", _TEXT, "the row's title; without `--risk` by what is written differently"),
            Column("verdict", _TEXT, "the net effect: `broadens`, `narrows`, `same`, …; null where none was decided"),
        ),
        (("owner", "folder"), ("at",)),
    ),
    Table(
        "changes",
        "Each difference of an entry.",
        (
            Column("entry", _TEXT, "`id` of the entry", key=True),
            Column("position", _INTEGER, "its place in the entry, from 1", key=True),
            Column(
                "kind", _TEXT, "`action-added`, `action-removed`, `scope-widened`, `scope-narrowed`, `scope-changed`"
            ),
            Column("effect", _TEXT, "`Allow` or `Deny`"),
            Column("action", _TEXT, "the action pattern"),
            Column("service", _TEXT, "what stands before its colon, in lower case"),
            Column("inverted", _BOOLEAN, "whether it stands in `NotAction`"),
            Column("may_give_access", _BOOLEAN, "whether requests may be allowed by it that were not"),
            Column("before", _JSON, "its scopes before"),
            Column("after", _JSON, "its scopes after"),
            Column("covered_by", _TEXT, "a wildcard of the other side that grants the same; null for none"),
        ),
        (("action",), ("service",)),
    ),
    Table(
        "findings",
        "What somebody should look at. Not there in an export without risk.",
        (
            Column("entry", _TEXT, "`id` of the entry", key=True),
            Column("position", _INTEGER, "its place in the entry, from 1, the gravest first", key=True),
            Column("rule", _TEXT, "the rule's id, as `policy-tracker rules` lists them"),
            Column("level", _TEXT, "`critical`, `warning`, …"),
            Column("action", _TEXT, "the action it is about; null for none"),
            Column("actions", _JSON, "all actions it is about"),
            Column("gain", _TEXT, "whether that is possible now: see `docs/json.md`"),
            Column("paths", _JSON, "the escalation paths that it completes"),
            Column("link", _TEXT, "where the rule comes from; null for none"),
            Column("fingerprint", _TEXT, "what an approval names it by"),
        ),
        (("rule",),),
    ),
    Table(
        "skipped",
        "What was read and left out: nothing else of the export speaks of it.",
        (
            Column("position", _INTEGER, "its place, from 1", key=True),
            Column("where", _TEXT, "file or version"),
            Column("reason", _TEXT, "why, in one line"),
        ),
    ),
)
"""In the order in which they are written."""
