"""Web addresses that others wrote."""

import re

__all__ = ["is_web_address"]


def is_web_address(text: str) -> bool:
    """Return whether a text is an absolute http(s) address without blanks or quotes."""
    return re.fullmatch(r"https?://[^\s\"'<>]+", text) is not None
