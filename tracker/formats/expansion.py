"""The actions that a pattern stands for, as text and as JSON, with the day of the data."""

import json

from tracker.catalogue.catalogue import Catalogue, ExpansionRow, expansion_rows
from tracker.formats.columns import columns
from tracker.text.words import Words, printable

__all__ = ["expansion_to_json", "expansion_to_text"]


def expansion_to_text(pattern: str, catalogue: Catalogue, words: Words) -> str:
    """Return a table of the actions: name, access level, whether it is still there, description."""
    rows = expansion_rows(catalogue, pattern)
    table = columns([(printable(row.action), _level(row, words), _state(row, words), row.description) for row in rows])
    known = len(catalogue.expand(pattern))
    return f"{table}{words('expand.dated', count=known, date=catalogue.dated.isoformat())}\n"


def _level(row: ExpansionRow, words: Words) -> str:
    return words(f"level.{row.access_level.name.lower()}") if row.access_level else "-"


def _state(row: ExpansionRow, words: Words) -> str:
    if row.last_listed:
        return words("expand.state.retired.last", month=row.last_listed)
    return words(f"expand.state.{row.state}")


def expansion_to_json(pattern: str, catalogue: Catalogue, _words: Words) -> str:
    """Return the actions as JSON; it has no words of any language."""
    actions = [
        {
            "action": row.action,
            "state": row.state,
            "access_level": row.access_level,
            "description": row.description,
            "last_listed": row.last_listed,
        }
        for row in expansion_rows(catalogue, pattern)
    ]
    expansion = {"pattern": pattern, "as_of": catalogue.dated.isoformat(), "actions": actions}
    return f"{json.dumps(expansion, ensure_ascii=False, indent=2)}\n"
