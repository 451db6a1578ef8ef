"""Sentences, dates and lists of one language, from its message catalogue.

A language is a file `templates/locale/<code>.po` whose msgids are names, never sentences. Placeholders are named; a
plural has `{count}`. Text that is code (a policy's name, an action, an ARN) is marked by `code` and keeps its mark
through every sentence, so that each output can show it in its own way.
"""

import gettext
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.base.suggestions import suggestion
from tracker.errors import RenderError, UsageError
from tracker.policy.symbols import printable as with_names
from tracker.text.messages import locale_of, message_names, read_messages

if TYPE_CHECKING:
    from babel import Locale

__all__ = [
    "CODE_END",
    "CODE_START",
    "Words",
    "code",
    "language_names",
    "languages",
    "load_words",
    "plain",
    "printable",
    "template_folders",
]

CODE_START, CODE_END = "\ue000", "\ue001"


def printable(text: str) -> str:
    r"""Return a stranger's text with what can't be seen shown escaped: control, bidirectional and zero-width marks.

    >>> printable("a\u202eb")
    'a\\u202eb'
    """
    if text.isprintable():
        return text
    text = with_names(text)
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "backslashreplace").decode() for char in text
    )


def code(text: str) -> str:
    """Mark a text from a policy as code."""
    return f"{CODE_START}{printable(text)}{CODE_END}"


def plain(text: str) -> str:
    """Return a text without its marks."""
    return text.replace(CODE_START, "").replace(CODE_END, "")


def template_folders(user: Path | None = None) -> list[Path]:
    """Return the folders where templates and catalogues are looked for: the user's first, then the program's own.

    Raises:
        UsageError: the user's folder is not there.
    """
    if user is not None and not user.is_dir():
        raise UsageError("no such folder", where=str(user), hint="--templates names a folder")
    package = Path(__file__).parents[1]
    own = next(folder for folder in (package / "_templates", package.parent / "templates") if folder.is_dir())
    return [folder for folder in (user, own) if folder is not None]


def languages(folders: Sequence[Path]) -> list[str]:
    """Return the codes of the languages that have a catalogue, sorted."""
    return sorted({file.stem for folder in folders for file in folder.glob("locale/*.po")})


def language_names(codes: Sequence[str]) -> dict[str, str]:
    """Return how languages call themselves, by code: `한국어` for `ko`; a code that names no language stays as it is.

    >>> language_names(["en", "ko"])
    {'en': 'English', 'ko': '한국어'}
    """
    return {each: _name_in_itself(each) for each in codes}


def _name_in_itself(language: str) -> str:
    try:
        return locale_of(language).get_display_name() or language
    except ValueError:
        return language


def load_words(language: str, folders: Sequence[Path]) -> "Words":
    """Read a language's catalogues: messages of the first folder that has one come before those of the next.

    Raises:
        UsageError: there is no such language; names those that are.
        RenderError: a catalogue can't be read, is named for no language, or has a message that the program has not.
    """
    known = languages(folders)
    if language not in known:
        hint = f"there are: {', '.join(known)}; --templates names a folder with others"
        raise UsageError(f"no language {language!r}", hint=hint)
    files = [folder / "locale" / f"{language}.po" for folder in folders if _has(folder, language)]
    found, *others = map(_translations, files)
    for file, other in zip(files, others, strict=False):
        _require_known_messages(file, files[-1])
        found.add_fallback(other)
    return Words(language, found)


def _require_known_messages(file: Path, own: Path) -> None:
    """Refuse a name that the program asks for nowhere: its message would never be seen."""
    known = message_names(own.read_bytes())
    for name in message_names(file.read_bytes()) - known:
        raise RenderError(f"the program has no message {name!r}", where=str(file), hint=suggestion(name, known))


def _has(folder: Path, language: str) -> bool:
    return (folder / "locale" / f"{language}.po").is_file()


def _translations(file: Path) -> gettext.GNUTranslations:
    try:
        return read_messages(file)
    except (OSError, LookupError, ValueError) as error:
        raise RenderError(f"can't be read as a message catalogue: {error}", where=str(file)) from error


class Words:
    """One language: messages by name, dates, lists."""

    def __init__(self, language: str, translations: gettext.GNUTranslations) -> None:
        self.language = language
        self._translations = translations
        self._constant: dict[str, str] = {}
        self._numbers: dict[int, str] = {}

    @cached_property
    def locale(self) -> "Locale":
        """Babel's locale: how dates and numbers are written."""
        return locale_of(self.language)

    def language_name(self, language: str) -> str:
        """Return how a language calls itself."""
        return _name_in_itself(language)

    def has(self, name: str) -> bool:
        """Return whether there is a message of this name."""
        return self._translations.gettext(name) != name

    def __call__(self, name: str, count: int | None = None, **values: object) -> str:
        """Return a message with its placeholders filled.

        Args:
            name: the message's name.
            count: picks the plural form, and fills `{count}`.
            values: the other placeholders.

        Raises:
            RenderError: the language lacks the message, or the message asks for a value it does not get.
        """
        if count is None and not values and name in self._constant:
            return self._constant[name]
        return self._filled(name, count, values)

    def _filled(self, name: str, count: int | None, values: dict[str, object]) -> str:
        if count is None:
            message = self._translations.gettext(name)
        else:
            message = self._translations.ngettext(name, name, count)
            values["count"] = self.number(count)
        if message == name:
            hint = "a language needs all messages: begin with a copy of en.po"
            raise RenderError(f"no message {name!r}", where=f"locale/{self.language}.po", hint=hint)
        try:
            filled = message.format(**values)
        except (KeyError, IndexError, ValueError, AttributeError) as error:
            raise RenderError(f"message {name!r}: {error}", where=f"locale/{self.language}.po") from error
        if not values:
            self._constant[name] = filled
        return filled

    def date(self, moment: datetime) -> str:
        """Return the day of a moment, as documentation writes it: `November 17, 2023`."""
        from babel.dates import format_date

        return format_date(moment.date(), format="long", locale=self.locale)

    def month(self, moment: datetime) -> str:
        """Return the month of a moment: `November 2023`."""
        from babel.dates import format_skeleton

        return format_skeleton("yMMMM", moment.date(), locale=self.locale)

    def number(self, number: int) -> str:
        """Return a number with the language's separators: `22,972`."""
        from babel.numbers import format_decimal

        if number not in self._numbers:
            self._numbers[number] = format_decimal(number, locale=self.locale)
        return self._numbers[number]

    def all_of(self, items: Sequence[str]) -> str:
        """Return a list in one phrase: `a, b, and c`."""
        return self._join_list(items, "standard")

    def any_of(self, items: Sequence[str]) -> str:
        """Return alternatives in one phrase: `a, b, or c`."""
        return self._join_list(items, "or")

    def few(
        self, items: Sequence[str], most: int = 4, *, are_lists: bool = False, are_alternatives: bool = False
    ) -> str:
        """Return a list in one phrase: of more than `most` items one less, and how many more there are.

        Args:
            items: the items.
            most: how many are named.
            are_lists: whether an item may be a list of its own, so that more than commas must part them.
            are_alternatives: whether any of them is enough.
        """
        shown = items if len(items) <= most else items[: most - 1]
        rest = len(items) - len(shown)
        named = [*shown, self("cell.more", count=rest)] if rest else shown
        if are_lists:
            return self._parted("lists", named)
        return self.any_of(named) if are_alternatives else self.all_of(named)

    def scopes(self, phrases: Sequence[str]) -> str:
        """Return phrases of scopes in one, parted so that the conditions of each stay with it."""
        return self._parted("scopes", phrases)

    def _parted(self, name: str, items: Sequence[str]) -> str:
        if len(items) < 2:  # noqa: PLR2004 - nothing to join
            return "".join(items)
        return self(f"{name}.between").join(items[:-1]) + self(f"{name}.last") + items[-1]

    def _join_list(self, items: Sequence[str], style: str) -> str:
        """Join items as CLDR has it: https://www.unicode.org/reports/tr35/tr35-general.html#ListPatterns."""
        if len(items) < 2:  # noqa: PLR2004 - nothing to join
            return "".join(items)
        first, *others, last = items
        if not others:
            return self._pattern(style, "2").format(first, last)
        joined = self._pattern(style, "start").format(first, others[0])
        middle = self._pattern(style, "middle")
        for item in others[1:]:
            joined = middle.format(joined, item)
        return self._pattern(style, "end").format(joined, last)

    def _pattern(self, style: str, part: str) -> str:
        return self._translations.gettext(f"list.{style}.{part}")
