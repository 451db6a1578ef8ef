"""Message catalogues: `.po` as translators write it, compiled as gettext reads it.

A `.mo` lies beside its `.po` where the package was built or installed. It is read in a hundredth of the time, and only
as long as it was compiled from that very text. This module imports nothing of `tracker`: the build loads it alone.
"""

import gettext
import struct
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from babel import Locale

__all__ = ["compile_messages", "compiled_before", "locale_of", "message_names", "read_messages"]

_LISTS = ("standard", "or")
_COMPILED_FROM = "catalogue.compiled-from"
"""The message that names the text from which a catalogue was compiled."""


def read_messages(file: Path) -> gettext.GNUTranslations:
    """Read the messages of a `.po` file: what was compiled from it where that is there, else its text.

    Raises:
        OSError, LookupError, ValueError: it can't be read, is no catalogue, or is named for no language.
    """
    text = file.read_bytes()
    return compiled_before(file, text) or gettext.GNUTranslations(BytesIO(compile_messages(text, file.stem)))


def compiled_before(file: Path, text: bytes) -> gettext.GNUTranslations | None:
    """Return a compiled catalogue; None where there is none, or it is not of this text."""
    try:
        with file.with_suffix(".mo").open("rb") as opened:
            found = gettext.GNUTranslations(opened)
    except (OSError, LookupError, ValueError, struct.error):
        return None
    return found if found.gettext(_COMPILED_FROM) == _checksum(text, file.stem) else None


def compile_messages(text: bytes, language: str) -> bytes:
    """Return the text of a catalogue as gettext reads it, with a checksum of what it was compiled from.

    The patterns of the language's lists, which are Babel's, are added: to ask Babel takes longer than all messages.

    Raises:
        ValueError, LookupError: it is no catalogue, or of no language.
    """
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import PoFileError, read_po

    try:
        catalogue = read_po(BytesIO(text), abort_invalid=True)
    except PoFileError as error:
        raise ValueError(str(error)) from error
    catalogue.creation_date = datetime(1970, 1, 1, tzinfo=UTC)
    catalogue.add(_COMPILED_FROM, _checksum(text, language))
    patterns = locale_of(language).list_patterns
    for style in _LISTS:
        for part, pattern in patterns.get(style, patterns["standard"]).items():
            catalogue.add(f"list.{style}.{part}", pattern)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    return compiled.getvalue()


def message_names(text: bytes) -> set[str]:
    """Return the names of the messages of a catalogue; errors as those of `compile_messages`."""
    from babel.messages.pofile import read_po

    return {
        message.id[0] if isinstance(message.id, tuple) else str(message.id) for message in read_po(BytesIO(text))
    } - {""}


def _checksum(text: bytes, language: str) -> str:
    return f"{language} {len(text)} {crc32(text):08x}"


def locale_of(language: str) -> "Locale":
    """Return Babel's locale of a language.

    Raises:
        ValueError: there is no such language.
    """
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError) as error:
        raise ValueError(f"named for no language: {error}") from error
