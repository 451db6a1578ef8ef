"""The policy documents a page shows: JSON under the section of its policy."""

import json
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from tracker.documentation.reading.layout import BlockKind, TextBlock
from tracker.documentation.reading.names import complete_names, repair_name, split_change

__all__ = ["policy_documents"]

MAX_LABEL_LENGTH = 160
MAX_DOCUMENTS = 2000
_SECTION = re.compile(r"(?:managed polic(?:y|ies)|관리형 정책) ?: ?(?P<name>.+)", re.IGNORECASE)
_CUSTOM = re.compile(r"\bcustom(?:er)?[- ](?:managed )?polic|사용자 지정 정책|\binline polic", re.IGNORECASE)
_BARE_LABEL = re.compile(r"(?P<name>[A-Za-z0-9_+=@ -]+?) ?(?:정책|policy)?", re.IGNORECASE)


def policy_documents(blocks: Sequence[TextBlock], known: Mapping[str, str]) -> dict[str, str]:
    """Return policy name to JSON text for the documents of a page, in its order; the first one counts.

    A line that is a policy's name, or a heading that holds one, begins the section of that policy. A document that is
    announced as a custom policy (the Connect page asks for one beside `AmazonConnect_FullAccess`) is nobody's.

    Args:
        blocks: the page.
        known: the whole names of the page, by their `letters_of`.
    """
    shown: dict[str, str] = {}
    section: str | None = None
    indexes = [index for index, block in enumerate(blocks) if block.kind is BlockKind.PREFORMATTED]
    for before, index in pairwise((-1, *indexes[:MAX_DOCUMENTS])):
        between = blocks[before + 1 : index]
        section = next(filter(None, (_section(block, known) for block in reversed(between))), section)
        label = between[-1].text if between else ""
        document = blocks[index].marked
        if (
            section
            and section not in shown
            and not _CUSTOM.search(label[: MAX_LABEL_LENGTH * 4])
            and _is_document(document)
        ):
            shown[section] = document
    return shown


def _section(block: TextBlock, known: Mapping[str, str]) -> str | None:
    """Return the policy whose section a line begins; None for every other line."""
    text = block.text
    if len(text) > MAX_LABEL_LENGTH:
        return None
    found = _SECTION.search(text)
    if found:
        names, _ = split_change(found["name"], known)
        return names[0] if len(names) == 1 else None
    bare = _BARE_LABEL.fullmatch(text)
    if bare and (name := _one_name(bare["name"], known)):
        return name
    names = complete_names(text) if block.kind is BlockKind.HEADING else ()
    return names[0] if len(names) == 1 else None


def _one_name(text: str, known: Mapping[str, str]) -> str | None:
    names = complete_names(text)
    return names[0] if names == (text.strip(),) else repair_name(text, known)


def _is_document(text: str) -> bool:
    """Return whether a text is a JSON object with statements."""
    if not text.startswith("{"):
        return False
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and any(key.lower() == "statement" for key in value)
