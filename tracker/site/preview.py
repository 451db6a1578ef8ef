"""The picture that other sites show beside a link to this one: how many changes each month had.

A PNG of four colours, written by hand so that it has the same bytes wherever it is made: a library's compression may
differ from one release to the next. See https://www.w3.org/TR/png-3/
"""

import struct
from collections.abc import Iterable
from zlib import adler32, crc32

from tracker.site.charts import HEIGHT, WIDTH, BarChart

__all__ = ["preview_image"]

IMAGE_WIDTH, IMAGE_HEIGHT = 600, 315
"""The least that sites show in full width."""
_MARGIN = 36
_COLOURS = {"page": (255, 255, 255), "updated": (31, 95, 191), "added": (47, 158, 91), "removed": (209, 73, 91)}
_NUMBERS = {name: number for number, name in enumerate(_COLOURS)}
_STORED = 65535
"""Bytes of a block that is not compressed: https://www.rfc-editor.org/rfc/rfc1951#section-3.2.4"""


def preview_image(chart: BarChart | None) -> bytes:
    """Return the picture as a PNG; an empty frame where there is no chart."""
    rows = [bytearray(IMAGE_WIDTH) for _ in range(IMAGE_HEIGHT)]
    wide, high = IMAGE_WIDTH - 2 * _MARGIN, IMAGE_HEIGHT - 2 * _MARGIN
    for bar in chart.bars if chart else ():
        left = _MARGIN + round(bar.x * wide / WIDTH)
        right = max(left + 1, _MARGIN + round((bar.x + chart.width) * wide / WIDTH)) if chart else left
        for kind, _, top, height in bar.parts:
            begin, end = (_MARGIN + round(edge * high / HEIGHT) for edge in (top, top + height))
            _fill(rows[begin:end], left, right, _NUMBERS[kind])
    _fill(
        rows[IMAGE_HEIGHT - _MARGIN : IMAGE_HEIGHT - _MARGIN + 2], _MARGIN, IMAGE_WIDTH - _MARGIN, _NUMBERS["updated"]
    )
    return _png(rows)


def _fill(rows: Iterable[bytearray], left: int, right: int, number: int) -> None:
    for row in rows:
        row[left:right] = bytes([number]) * (right - left)


def _png(rows: Iterable[bytearray]) -> bytes:
    """Return rows of numbers of colours as a PNG, two bits for each."""
    content = b"".join(b"\0" + _packed(row) for row in rows)
    head = struct.pack(">IIBBBBB", IMAGE_WIDTH, IMAGE_HEIGHT, 2, 3, 0, 0, 0)
    palette = bytes(value for colour in _COLOURS.values() for value in colour)
    parts = ((b"IHDR", head), (b"PLTE", palette), (b"IDAT", _deflated(content)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _packed(row: bytearray) -> bytes:
    return bytes(a << 6 | b << 4 | c << 2 | d for a, b, c, d in zip(*[iter(row)] * 4, strict=True))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc32(kind + data))


def _deflated(content: bytes) -> bytes:
    """Return a stream of zlib that holds the content as it is."""
    blocks = [content[start : start + _STORED] for start in range(0, len(content), _STORED)]
    stored = (
        struct.pack("<BHH", number == len(blocks), len(block), len(block) ^ 0xFFFF) + block
        for number, block in enumerate(blocks, 1)
    )
    return b"\x78\x01" + b"".join(stored) + struct.pack(">I", adler32(content))
