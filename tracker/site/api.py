"""The site as JSON, for programs: an index, and a file for each policy and each service; see `docs/json.md`.

It is in no language and stands beside what is there already: all changes of a year (`changes.py`), and the documents
of versions, which the scripts of the pages load.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from tracker.base.dates import format_time
from tracker.changelog.model import Entry
from tracker.site.grants import GrantedAction, PolicyGrant
from tracker.site.localized import LocalizedSite
from tracker.site.parts import Part
from tracker.site.records import PolicyRecord
from tracker.text.words import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tracker.site.policies import ListedPolicy

__all__ = ["API", "api_page", "api_parts"]

API = "api/v1/"
_FILES = (
    ("index.json", "index"),
    ("policies/OWNER/NAME.json", "policy"),
    ("services/PREFIX.json", "service"),
    ("changes/YEAR.json", "year"),
    ("schemas/KIND-1.json", "schema"),
)
_SCHEMAS = ("api-index-1.json", "api-policy-1.json", "api-service-1.json", "changelog-1.json")
"""The schemas of these files; `changelog-1.json` is that of a year's changes."""


def api_parts(site: LocalizedSite, listed: Callable[[], "Iterable[ListedPolicy]"], everything: str) -> Iterator[Part]:
    """Yield the files of the API, each as a part.

    Args:
        site: the main language, which no file is in.
        listed: returns the lines of the list of policies.
        everything: names all that the index is made from.
    """
    yield Part(f"{API}index", site.key("api", everything), lambda: iter([_index(site, listed())]))
    for record in site.site_data.records:
        entries, after = site.site_data.entries.get(record.policy, []), site.site_data.successors.get(record.policy)
        named = site.site_data.prefixes_granted(record)
        key = site.key("api", record.key, site.digest(entries), after.label if after else "", *named)
        write = partial(_policy_files, site, record, entries, named)
        yield Part(f"{API}policies/{record.history.owner}/{record.history.label}", key, write)
    yield Part(f"{API}schemas", site.key("api", "schemas"), _schema_files)
    for prefix in site.site_data.prefixes:
        key = site.key("api", prefix, site.site_data.grant_keys[prefix])
        yield Part(f"{API}services/{prefix}", key, partial(_service_files, site, prefix))


def api_page(site: LocalizedSite) -> tuple[str, str]:
    """Return the page that describes the API, with an example from the archive."""
    records, years = site.site_data.records, site.years
    history = max(records, key=lambda record: len(record.entries)).history if records else None
    prefix = next(iter(site.site_data.prefixes), "")
    examples = {
        "index": f"{API}index.json",
        "policy": f"{API}policies/{history.owner}/{history.label}.json" if history else "",
        "service": f"{API}services/{prefix}.json" if prefix else "",
        "year": f"{API}changes/{years[0]}.json" if years else "",
        "schema": f"{API}schemas/{_SCHEMAS[0]}",
    }
    shown = _text({**_policy_line(site, records[0]), "versions": _versions(records[0])[-1:]}) if records else ""
    return site.html(
        "api.html",
        "about",
        "api",
        title=site.words("more.api"),
        description=site.words("api.lead"),
        files_of_api=[(f"{API}{path}", about, examples[about]) for path, about in _FILES if examples[about]],
        example=shown,
    )


def _schema_files() -> Iterator[tuple[str, str]]:
    """Yield the JSON schema of each kind of file, as it ships with the program."""
    for name in _SCHEMAS:
        yield f"{API}schemas/{name}", files("tracker").joinpath("schema", name).read_text(encoding="utf-8")


def _text(value: Any) -> str:
    return f"{json.dumps(value, ensure_ascii=False, indent=1)}\n"


def _compact(value: Any) -> str:
    return f"{json.dumps(value, ensure_ascii=False, separators=(',', ':'))}\n"


def _index(site: LocalizedSite, listed: "Iterable[ListedPolicy]") -> tuple[str, str]:
    value = {
        "schema": "policy-tracker/api-index/1",
        "policies": [
            {
                "owner": one.owner,
                "policy": one.name,
                "in_force": one.is_listed,
                "version": one.version or None,
                "last_change": one.iso or None,
                "risk": one.level or None,
                "url": f"policies/{one.owner}/{one.folder}.json",
            }
            for one in listed
        ],
        "services": [
            {
                "prefix": prefix,
                "name": site.site_data.catalogue.service_name(prefix),
                "actions": len(summary.actions),
                "policies": summary.policies,
                "url": f"services/{prefix}.json",
            }
            for prefix, summary in site.site_data.services.items()
        ],
        "changes": [{"year": int(year), "url": f"changes/{year}.json"} for year in site.years],
        "schemas": [{"name": name.removesuffix("-1.json"), "url": f"schemas/{name}"} for name in _SCHEMAS],
    }
    return f"{API}index.json", _compact(value)


def _policy_line(site: LocalizedSite, record: PolicyRecord) -> dict[str, Any]:
    history = record.history
    after = site.site_data.successors.get(record.policy)
    return {
        "schema": "policy-tracker/api-policy/1",
        "owner": history.owner,
        "policy": history.facts.name,
        "arn": history.facts.arn,
        "description": history.facts.description,
        "created": format_time(history.facts.created_at) if history.facts.created_at else None,
        "in_force": history.in_force.version_id if history.in_force else None,
        "successor": f"{after.owner}/{after.label}" if after else None,
    }


def _versions(record: PolicyRecord) -> list[dict[str, Any]]:
    return [
        {
            "version": version.version_id,
            "created": format_time(version.created_at),
            "origin": version.origin or None,
            "actions_allowed": allowed,
        }
        for version, allowed in zip(record.history.versions, record.allowed, strict=True)
    ]


def _policy_files(
    site: LocalizedSite, record: PolicyRecord, entries: Iterable[Entry], prefixes: list[str]
) -> Iterator[tuple[str, str]]:
    """Yield what there is of a policy: facts, risk, versions, and what happened."""
    rules: dict[str, Mapping[str, str]] = {}
    for finding in site.risk_index.standing.get(record.policy, ()):
        rules.setdefault(finding.rule, {"rule": finding.rule, "level": finding.level})
    value = {
        **_policy_line(site, record),
        "findings": list(rules.values()),
        "services": prefixes,
        "versions": _versions(record),
        "changes": [
            {
                "id": entry.id,
                "event": entry.event,
                "version": entry.version,
                "previous_version": entry.previous_version,
                "published": format_time(entry.published) if entry.published else None,
                "observed": format_time(entry.observed) if entry.observed else None,
                "risk": site.risk_index.levels.get(entry.id),
            }
            for entry in entries
        ],
    }
    yield f"{API}policies/{record.history.owner}/{record.history.label}.json", _compact(value)


def _service_files(site: LocalizedSite, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield what there is of a service: its actions, its wildcards, and who grants them."""
    grants = site.site_data.service(prefix)
    value = {
        "schema": "policy-tracker/api-service/1",
        "prefix": prefix,
        "name": site.site_data.catalogue.service_name(prefix),
        "actions": {action.name: _action(action) for action in grants.actions},
        "wildcards": {pattern.name: _holders(pattern.grants) for pattern in grants.patterns},
    }
    yield f"{API}services/{prefix}.json", _compact(value)


def _action(action: GrantedAction) -> dict[str, Any]:
    facts = action.facts
    found: dict[str, Any] = {"level": facts.access_level.name.lower() if facts and facts.access_level else None}
    if facts is None:
        found["state"] = "undocumented"
    else:
        found["state"] = facts.state
    if action.grants:
        found["policies"] = _holders(action.grants)
    if action.patterns:
        found["wildcards"] = list(action.patterns)
    return found


def _holders(grants: Iterable[PolicyGrant]) -> dict[str, str]:
    """Return who grants something: owner and name, and the version that brought it."""
    return {f"{item.owner}/{printable(item.folder)}": item.version for item in grants}
