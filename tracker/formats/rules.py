"""The rules with the levels that are in force, as text and as JSON."""

import json
from collections.abc import Mapping

from tracker.formats.columns import columns
from tracker.risk.rules import LINKS, RULES, Level
from tracker.text.words import Words

__all__ = ["rules_to_json", "rules_to_text"]


def rules_to_text(levels: Mapping[str, Level | None], words: Words) -> str:
    """Return a table of the rules: id, level, what it is about, and whether it needs a whole archive.

    Args:
        levels: rule id → the level in force; None for off.
        words: the language.
    """
    archive = words("rules.archive")
    return columns(
        [
            (rule.id, levels[rule.id] or "off", words(f"rule.{rule.id}.about"), archive if rule.needs_archive else "")
            for rule in RULES
        ]
    )


def rules_to_json(levels: Mapping[str, Level | None], words: Words) -> str:
    """Return the rules as a JSON array; arguments as those of `rules_to_text`."""
    rules = [
        {
            "id": rule.id,
            "level": levels[rule.id] or "off",
            "about": words(f"rule.{rule.id}.about"),
            "link": LINKS.get(rule.id),
            "needs_archive": rule.needs_archive,
        }
        for rule in RULES
    ]
    return f"{json.dumps(rules, ensure_ascii=False, indent=2)}\n"
