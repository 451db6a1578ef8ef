"""Where the sentences of a paragraph end, also where a crawler lost the blank after one."""

import re

__all__ = ["SENTENCE_END", "sentences"]

SENTENCE_END = re.compile(r"[.!?;。](?=\s|$)|(?<=[a-z)\x03\x0f])[.!?](?=[\x02\x0e]*[A-Z][A-Za-z]* )")
"""The mark at the end of a sentence: before a blank, or before the first word of a sentence that sticks to it."""


def sentences(text: str) -> tuple[tuple[int, int], ...]:
    """Return where each sentence of a text begins and ends, its mark with it, in order."""
    ends = [match.end() for match in SENTENCE_END.finditer(text)]
    if not ends or text[ends[-1] :].strip():
        ends.append(len(text))
    return tuple(zip([0, *ends[:-1]], ends, strict=True))
