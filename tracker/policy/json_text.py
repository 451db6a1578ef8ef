"""JSON as text: the one form in which the archive keeps it."""

import json
from typing import Any

__all__ = ["canonical"]


def canonical(value: Any) -> str:
    """Return JSON as the archive keeps it: two-space indent, UTF-8, order as published, a final newline."""
    return f"{json.dumps(value, indent=2, ensure_ascii=False)}\n"
