"""Data as scripts: a page opened from a disk may load scripts, but fetch nothing."""

import json
from collections.abc import Hashable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any, TypeAlias

from tracker.policy.history import PolicyHistory
from tracker.site.data import SiteData
from tracker.site.localized import LocalizedSite
from tracker.site.memo import digest_of
from tracker.site.parts import Part

__all__ = ["behaviour", "script", "script_parts"]

_Values: TypeAlias = dict[tuple[type, Hashable], tuple[int, Any]]
"""Type of a value and what tells it from others of its type → its index, and what is held for it."""
_LONG, _MEMBERS_OF_A_PART = 16, 8
"""Members of a list from which on it is held in parts, and how many a part has, more or less."""

_WORDS = (
    "compare.added",
    "compare.after",
    "compare.before",
    "compare.lines",
    "compare.now",
    "compare.removed",
    "compare.same",
    "compare.sorted",
    "compare.this",
    "compare.today",
    "compare.unchanged",
    "copy",
    "copy.done",
    "policy.compare",
    "risk.critical",
    "risk.notice",
    "risk.warning",
    "scheme.dark",
    "scheme.label",
    "scheme.light",
    "scheme.system",
    "search.action",
    "search.label",
    "search.none",
    "search.placeholder",
    "search.policy",
    "search.results",
    "search.service",
    "search.some",
)
"""What the script says."""


def script(name: str, value: Any) -> str:
    """Return a file that hands a value to the site's script under a name."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return f'policyTracker.take("{name}",{text});\n'


def behaviour(localized_site: LocalizedSite) -> tuple[str, str]:
    """Return the site's script in one language: its words, and what it does with them."""
    words = {name: localized_site.words(name) for name in _WORDS}
    site_data = json.dumps(words, ensure_ascii=False, indent=0)
    return "site.js", f"const words = {site_data};\n{localized_site.renderer.source('site/site.js')}"


def script_parts(site_data: SiteData) -> Iterator[Part]:
    """Yield what the script loads in every language, each as a part: what is searched, and documents to compare."""
    index = script("search", _search_index(site_data))
    yield Part("data/search", digest_of(site_data.base, index), lambda: iter([("data/search.js", index)]))
    for record in site_data.records:
        if len(record.history.versions) > 1:
            path = f"data/{record.history.owner}/{record.history.label}"
            yield Part(path, digest_of(site_data.base, record.key), partial(_document_files, site_data, record.history))


def _document_files(site_data: SiteData, history: PolicyHistory) -> Iterator[tuple[str, str]]:
    """Yield the documents of a policy's versions."""
    versions = _documents(site_data.load(history))
    yield f"data/{history.owner}/{history.label}.js", script("versions", versions)


def _search_index(site_data: SiteData) -> dict[str, Any]:
    names = {prefix: [_bare(name) for name in summary.actions] for prefix, summary in site_data.services.items()}
    return {
        "policies": [f"{history.owner}/{history.label}" for history in site_data.histories],
        "services": {prefix: site_data.catalogue.service_name(prefix) or "" for prefix in site_data.prefixes},
        "actions": {prefix: actions for prefix, actions in names.items() if actions},
    }


def _bare(action: str) -> str:
    return action.partition(":")[2]


def _documents(history: PolicyHistory) -> dict[str, Any]:
    """Return id, day and document of each version; no document for the one that the policy's page shows.

    Versions have the same actions and statements again and again: each value stands once in `values`, of a list or an
    object the indexes of its members; a document is an index there. Of a long list its parts have indexes, in a list
    within the list, since versions mostly differ in a few actions of hundreds. That takes a seventh of the space.
    """
    shown = history.last_version
    values: _Values = {}
    versions = [
        [
            version.version_id,
            version.created_at.date().isoformat(),
            None if version is shown else _index_of(version.document, values),
        ]
        for version in history.versions
    ]
    return {"values": [value for _, value in values.values()], "versions": versions}


def _index_of(value: Any, values: _Values) -> int:
    """Return the index of a value in `values`, to which it and its members are added where they are new."""
    if isinstance(value, dict):
        members = {name: _index_of(member, values) for name, member in value.items()}
        return _index(members, tuple(members.items()), values)
    if isinstance(value, list):
        return _index_of_list([_index_of(member, values) for member in value], values)
    return _index(value, value, values)


def _index_of_list(members: list[int], values: _Values) -> int:
    """Return the index of a list; a long one holds a list of the indexes of its parts.

    A part ends after members that chance chooses, the same ones in every version: where members come or go, only the
    part around them is another.
    """
    if len(members) < _LONG:
        return _index(members, tuple(members), values)
    ends = [at for at, member in enumerate(members, 1) if member % _MEMBERS_OF_A_PART == 0]
    parts = [members[start:end] for start, end in pairwise(dict.fromkeys([0, *ends, len(members)]))]
    indexes = [_index(part, tuple(part), values) for part in parts]
    return _index([indexes], (tuple(indexes),), values)


def _index(held: Any, key: Hashable, values: _Values) -> int:
    """Return the index of what is held for a value; values of different types are equal, so the key has the type."""
    return values.setdefault((type(held), key), (len(values), held))[0]
