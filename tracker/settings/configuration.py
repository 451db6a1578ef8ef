"""`[tool.policy-tracker]` in pyproject.toml, or policy-tracker.toml: titles, languages, services.

base-url = "https://example.org/policies/"
title = "AWS managed policies"
languages = ["en", "ko"]
attached = ["account.json"]  # what says which policies are attached, from here: nothing else is shown
time-zone = "America/Los_Angeles"  # AWS's own, by which its documentation dates rows

[[tool.policy-tracker.services]]
name = "Amazon Connect"
slug = "connect"
policies = ["AmazonConnect*"]
documentation = "https://…"
tracking-since = 2021-06-15
announcements = ["feeds/connect.xml"]  # files, from here

[tool.policy-tracker.rules]
data-access = "info"
first-action = "off"

[tool.policy-tracker.review]
paths = ["policies/*", "*.tf"]  # what a review looks at; without it, at everything
exclude = ["examples/*"]

[tool.policy-tracker.fetch]
allow-removals = 20  # policies that may be gone at once before IAM's list is not believed
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tracker.base.addresses import is_web_address
from tracker.base.suggestions import suggestion
from tracker.base.zones import AWS_ZONE
from tracker.errors import ConfigurationError, UsageError
from tracker.risk.rules import RULES, Level
from tracker.settings.services import Service

__all__ = [
    "MAX_CONFIGURATION_BYTES",
    "Configuration",
    "OwnerHeading",
    "ReviewScope",
    "parse_configuration",
    "read_configuration",
    "service_has_policy",
]

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
_KEYS = frozenset(
    ("base-url", "title", "languages", "time-zone", "services", "owners", "rules", "review", "fetch", "attached")
)
_SERVICE_KEYS = frozenset(("name", "slug", "policies", "documentation", "tracking-since", "announcements"))


MAX_CONFIGURATION_BYTES = 1024 * 1024
"""Bytes of a configuration that are read."""


class ReviewScope(Struct, frozen=True):
    """Which files a review looks at: globs of paths."""

    paths: tuple[str, ...] = ()
    """What is looked at; empty for everything."""
    exclude: tuple[str, ...] = ()
    """What is not."""


class OwnerHeading(Struct, frozen=True):
    """What a changelog of one owner's policies is headed with."""

    title: str | None = None
    """None for the language's own."""
    lead: str | None = None
    """The sentence below it; None for the language's own."""


class Configuration(Struct, frozen=True):
    """What a user decides about the output."""

    base_url: str | None = None
    """Where the site will be; makes links absolute. None: feeds have no address of their own."""
    title: str | None = None
    """Title of the whole changelog; None for the language's own."""
    languages: tuple[str, ...] = ("en",)
    """Languages in which pages are written, the first one being the main one."""
    time_zone: tzinfo = AWS_ZONE
    """The zone of the days of rows."""
    services: tuple[Service, ...] = ()
    """Services with a page of their own."""
    owners: Mapping[str, OwnerHeading] = {}
    """Owner → what a changelog of its policies alone is headed with."""
    rules: Mapping[str, Level | None] = {}
    """Rule id → level, for rules whose level is not their own; None for one that is off."""
    review: ReviewScope = ReviewScope()
    """Which files a review looks at."""
    attached: tuple[str, ...] = ()
    """Files that say which policies are attached: commands that can show only those do so; empty for all policies."""
    allow_removals: int | None = None
    """How many policies may be gone from IAM's list at once; None for the source's own measure."""

    def service(self, slug: str) -> Service:
        """Return the service of this slug.

        Raises:
            UsageError: there is none; names those that are.
        """
        for service in self.services:
            if service.slug == slug:
                return service
        slugs = [service.slug for service in self.services]
        near = (
            suggestion(slug, slugs) or f"configured: {', '.join(slugs) or 'none'}; see `services` in the configuration"
        )
        raise UsageError(f"no service {slug!r}", where="--service", hint=near)

    def service_of(self, policy: str) -> Service | None:
        """Return the first service whose globs take in a policy's name."""
        return next((service for service in self.services if service_has_policy(service, policy)), None)


def service_has_policy(service: Service, policy: str) -> bool:
    """Return whether a policy's name is among a service's."""
    return any(fnmatchcase(policy, glob) for glob in service.policies)


def read_configuration(file: Path | None, *folders: Path) -> Configuration:
    """Read the configuration.

    Args:
        file: the file named by the user; None to look for one.
        folders: where to look for `policy-tracker.toml`, then for a `pyproject.toml` that speaks of this program: in
            the first of them, then in the next.

    Raises:
        ConfigurationError: the named file is not there, or a value makes no sense; says which.
    """
    if file is not None:
        return _read(file)
    for folder in folders:
        for name in ("policy-tracker.toml", "pyproject.toml"):
            found = _read(folder / name) if (folder / name).is_file() else Configuration()
            if found != Configuration() or (name == "policy-tracker.toml" and (folder / name).is_file()):
                return found
    return Configuration()


def _read(file: Path) -> Configuration:
    try:
        with file.open("rb") as opened:
            text = opened.read(MAX_CONFIGURATION_BYTES + 1)
        read = parse_configuration(text, file.name)
        services = tuple(_placed(service, file.parent) for service in read.services)
        return replace(read, services=services, attached=tuple(str(file.parent / name) for name in read.attached))
    except OSError as error:
        raise ConfigurationError(f"can't be read: {error.strerror}", where=str(file)) from error
    except ConfigurationError as error:
        raise error.within(str(file)) from error


def _placed(service: Service, folder: Path) -> Service:
    """Return a service whose files are named from here, not from the folder of the configuration."""
    return replace(service, announcements=tuple(str(folder / name) for name in service.announcements))


def parse_configuration(text: bytes, name: str) -> Configuration:
    """Read the configuration from the text of a file of this name.

    Raises:
        ConfigurationError: it is no TOML, or a value makes no sense; says which.
    """
    if len(text) > MAX_CONFIGURATION_BYTES:
        raise ConfigurationError(f"too large: at most {MAX_CONFIGURATION_BYTES} bytes are read")
    try:
        value = tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"not TOML: {error}") from error
    ours = _table(_table(value, "tool"), "policy-tracker")
    return _configuration(ours if ours or name == "pyproject.toml" else value)


def _table(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = value.get(name, {})
    if not isinstance(table, dict):
        raise ConfigurationError("expected a table", where=name)
    return table


def _configuration(table: Mapping[str, Any]) -> Configuration:
    _require_known_keys(table, _KEYS, "")
    base_url = _text(table, "base-url", None)
    if base_url is not None and not is_web_address(base_url):
        raise ConfigurationError("expected an address that begins with https://", where="base-url")
    owners = _table(table, "owners")
    listed = table.get("services", [])
    if not isinstance(listed, list):
        raise ConfigurationError("expected a list of tables", where="services")
    services = tuple(_service(item, index) for index, item in enumerate(listed))
    slugs = [service.slug for service in services]
    if len(set(slugs)) != len(slugs):
        raise ConfigurationError("two services have the same slug", where="services")
    return Configuration(
        base_url=f"{base_url.rstrip('/')}/" if base_url else None,
        title=_text(table, "title", None),
        languages=_texts(table, "languages", ("en",), ""),
        time_zone=_zone(_text(table, "time-zone", None)),
        services=services,
        owners={owner: _owner_heading(_table(owners, owner), owner) for owner in owners},
        rules=_rules(table.get("rules", {})),
        review=_review_scope(_table(table, "review")),
        attached=_texts(table, "attached", (), "") if "attached" in table else (),
        allow_removals=_allowed_removals(_table(table, "fetch")),
    )


def _owner_heading(table: Mapping[str, Any], owner: str) -> OwnerHeading:
    _require_known_keys(table, frozenset(OwnerHeading.__struct_fields__), f"owners.{owner}.")
    return OwnerHeading(_text(table, "title", None), _text(table, "lead", None))


def _allowed_removals(table: Mapping[str, Any]) -> int | None:
    _require_known_keys(table, frozenset(("allow-removals",)), "fetch.")
    number = table.get("allow-removals")
    if number is not None and (not isinstance(number, int) or isinstance(number, bool) or number < 0):
        raise ConfigurationError("expected a number of policies", where="fetch.allow-removals")
    return number


def _review_scope(table: Mapping[str, Any]) -> ReviewScope:
    _require_known_keys(table, frozenset(("paths", "exclude")), "review.")
    paths, exclude = (_texts(table, name, (), "review") if name in table else () for name in ("paths", "exclude"))
    return ReviewScope(paths, exclude)


def _rules(table: Any) -> dict[str, Level | None]:
    if not isinstance(table, dict):
        raise ConfigurationError("expected a table", where="rules")
    _require_known_keys(table, frozenset(rule.id for rule in RULES), "rules.")
    levels: dict[str, Level | None] = {str(level): level for level in Level} | {"off": None}
    for rule, level in table.items():
        if not isinstance(level, str) or level not in levels:
            raise ConfigurationError("no such level", where=f"rules.{rule}", hint=f"known: {', '.join(levels)}")
    return {rule: levels[level] for rule, level in table.items()}


def _service(item: Any, index: int) -> Service:
    location = f"services[{index}]"
    if not isinstance(item, dict):
        raise ConfigurationError("expected a table", where=location)
    _require_known_keys(item, _SERVICE_KEYS, f"{location}.")
    name, slug = _text(item, "name", ""), _text(item, "slug", "")
    if not name:
        raise ConfigurationError("missing", where=f"{location}.name")
    if not slug or not _SLUG.match(slug):
        raise ConfigurationError("expected lower-case letters, digits and hyphens", where=f"{location}.slug")
    documentation = _text(item, "documentation", None)
    if documentation is not None and not is_web_address(documentation):
        raise ConfigurationError("expected an address that begins with https://", where=f"{location}.documentation")
    since = item.get("tracking-since")
    if since is not None and (not isinstance(since, date) or isinstance(since, datetime)):
        raise ConfigurationError(
            "expected a day such as 2021-06-15, without quotes", where=f"{location}.tracking-since"
        )
    announcements = _texts(item, "announcements", (), location) if "announcements" in item else ()
    return Service(name, slug, _texts(item, "policies", (), location), documentation, since, announcements)


def _require_known_keys(table: Mapping[str, Any], known: frozenset[str], location: str) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise ConfigurationError(
            "no such setting", where=f"{location}{unknown[0]}", hint=f"known: {', '.join(sorted(known))}"
        )


def _text(table: Mapping[str, Any], key: str, default: str | None) -> str | None:
    value = table.get(key, default)
    if value is not None and not isinstance(value, str):
        raise ConfigurationError("expected a text", where=key)
    return value


def _texts(table: Mapping[str, Any], key: str, default: tuple[str, ...], location: str) -> tuple[str, ...]:
    value = table.get(key, default)
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value) or not value:
        raise ConfigurationError("expected a list of texts", where=f"{location}.{key}" if location else key)
    return tuple(value)


def _zone(name: str | None) -> tzinfo:
    if name is None:
        return AWS_ZONE
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError(
            f"no time zone {name!r}", where="time-zone", hint="such as America/New_York"
        ) from error
