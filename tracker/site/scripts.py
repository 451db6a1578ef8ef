"""Data as scripts: a page opened from a disk may load scripts, but fetch nothing."""

import json
from collections.abc import Iterator
from typing import Any

from tracker.model import PolicyHistory
from tracker.site.told import Told

__all__ = ["script", "script_files"]


def script(name: str, value: Any) -> str:
    """Return a file that hands a value to the site's script under a name."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return f'policyTracker.take("{name}",{text});\n'


def script_files(told: Told) -> Iterator[tuple[str, str]]:
    """Yield what the script loads in every language: what is searched, and each policy's documents."""
    yield "data/search.js", script("search", _search_index(told))
    for history in told.histories:
        yield f"data/{history.owner}/{history.folder}.js", script("versions", _documents(history))


def _search_index(told: Told) -> dict[str, Any]:
    names = {prefix: [_bare(item.name) for item in grants.actions] for prefix, grants in told.services.items()}
    return {
        "policies": [f"{history.owner}/{history.folder}" for history in told.histories],
        "services": {prefix: told.catalogue.service_name(prefix) or "" for prefix in told.prefixes},
        "actions": {prefix: actions for prefix, actions in names.items() if actions},
    }


def _bare(action: str) -> str:
    return action.partition(":")[2]


def _documents(history: PolicyHistory) -> list[Any]:
    return [
        [version.version_id, version.created_at.date().isoformat(), version.document] for version in history.versions
    ]
