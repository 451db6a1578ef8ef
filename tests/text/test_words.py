"""Languages: each says everything English says, with the same placeholders; strangers' text keeps its marks."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from archives import CHECKOUT
from babel.lists import format_list
from babel.localedata import locale_identifiers
from babel.messages import Message
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from tracker.changelog.model import Event
from tracker.diff.model import ChangeKind
from tracker.errors import RenderError, UsageError
from tracker.text.messages import compile_messages, read_messages
from tracker.text.words import (
    CODE_END,
    CODE_START,
    code,
    languages,
    load_words,
    plain,
    printable,
    template_folders,
)

FOLDERS = template_folders()
LANGUAGES = languages(FOLDERS)
_PLACEHOLDER = re.compile(r"\{([a-z_]*)\}")
_ASKED_FOR = re.compile(r"""(?<=words\()\s*"[a-z.-]+"|"[a-z.-]+"(?= \| words)""")


def catalogue(language: str) -> dict[str, Message]:
    with (CHECKOUT / "templates" / "locale" / f"{language}.po").open("rb") as file:
        return {_name(message): message for message in read_po(file, abort_invalid=True) if message.id}


def _name(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def texts(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def test_there_are_english_and_korean() -> None:
    assert {"en", "ko"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_the_messages_of_english(language: str) -> None:
    english, other = catalogue("en"), catalogue(language)
    assert set(other) == set(english)
    assert {name: bool(other[name].pluralizable) for name in other} == {
        name: bool(english[name].pluralizable) for name in english
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_message_asks_for_what_english_asks_for(language: str) -> None:
    english = catalogue("en")
    for name, message in catalogue(language).items():
        wanted = {value for text in texts(english[name]) for value in _PLACEHOLDER.findall(text)}
        for text in texts(message):
            assert text.strip(), name
            assert not message.fuzzy, name
            assert set(_PLACEHOLDER.findall(text)) | {"count"} == wanted | {"count"}, name
            assert "{" not in _PLACEHOLDER.sub("", text), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_has_a_mark_of_code_or_markup(language: str) -> None:
    for name, message in catalogue(language).items():
        for text in texts(message):
            assert not set(text) & set(f"{CODE_START}{CODE_END}<>`|\n"), name


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("event", Event)
def test_each_event_has_a_title_and_a_sentence(language: str, event: Event) -> None:
    words = load_words(language, FOLDERS)
    if event is Event.POLICY_UPDATED:  # described by its changes
        for verb in ("added", "removed", "updated", "scope"):
            for manner in ("allow", "deny"):
                assert words(f"title.{verb}.{manner}", services="S")
        return
    assert words(f"title.{event}", before="v1", after="v2")
    assert words.has(f"lead.{event}")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [*ChangeKind, "scope-added"])
def test_each_kind_of_change_has_a_sentence_for_one_and_for_many(language: str, kind: str) -> None:
    words = load_words(language, FOLDERS)
    manners = ["allow", "deny"]
    if kind in list(ChangeKind):
        manners += [f"{manner}.{which}" for manner in ("allow", "deny") for which in ("all-but", "except")]
    for manner in manners:
        for count in (1, 2):
            assert words(f"lead.{kind}.{manner}", count=count, scope="S")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_that_is_asked_for_is_there(language: str) -> None:
    words = load_words(language, FOLDERS)
    sources = [*(CHECKOUT / "tracker").rglob("*.py"), *(CHECKOUT / "templates").rglob("*.j2")]
    found = (_ASKED_FOR.findall(file.read_text(encoding="utf-8")) for file in sources)
    asked = {name.strip(' \n"') for names in found for name in names}
    assert len(asked) > 200
    assert not {name for name in asked if not words.has(name) and not name.endswith(".")}


# --- loading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["xx", "", "../locale/en", "EN", "en.po", "en\n"])
def test_an_unknown_language_names_those_there_are(language: str) -> None:
    with pytest.raises(UsageError, match=", ".join(sorted(LANGUAGES))):
        load_words(language, FOLDERS)


def own_language(folder: Path, name: str, text: bytes) -> Path:
    (folder / "locale").mkdir()
    (folder / "locale" / f"{name}.po").write_bytes(text)
    return folder


HEAD = b'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'


def test_a_translator_adds_a_language_by_adding_a_file(tmp_path: Path) -> None:
    folder = own_language(tmp_path, "de", HEAD + b'msgid "column.date"\nmsgstr "Tag: {x}"\n')
    words = load_words("de", template_folders(folder))
    assert "de" in languages(template_folders(folder))
    assert words("column.date", x=1) == "Tag: 1"
    assert words.date(datetime(2023, 11, 17, tzinfo=UTC)) == "17. November 2023"
    with pytest.raises(RenderError, match=r"no message 'column\.change'"):
        words("column.change")
    with pytest.raises(RenderError, match=r"column\.date"):
        words("column.date")


def test_what_was_compiled_from_this_text_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = own_language(tmp_path, "en", HEAD + b'msgid "column.date"\nmsgstr "Day"\n')
    file = folder / "locale" / "en.po"
    file.with_suffix(".mo").write_bytes(compile_messages(file.read_bytes(), "en"))
    monkeypatch.setattr("tracker.text.messages.compile_messages", None)
    assert read_messages(file).gettext("column.date") == "Day"


OLD = compile_messages(HEAD + b'msgid "column.date"\nmsgstr "Yesterday"\n', "en")


@pytest.mark.parametrize("old", [b"", b"hello", OLD])
def test_what_was_compiled_from_another_text_is_not_read(tmp_path: Path, old: bytes) -> None:
    folder = own_language(tmp_path, "en", HEAD + b'msgid "column.date"\nmsgstr "Day"\n')
    (folder / "locale" / "en.mo").write_bytes(old)
    assert load_words("en", template_folders(folder))("column.date") == "Day"


def test_what_was_compiled_for_another_language_is_not_read(tmp_path: Path) -> None:
    """A translator may have copied both files of a language."""
    folder = own_language(tmp_path, "ko", HEAD)
    (folder / "locale" / "ko.mo").write_bytes(compile_messages(HEAD, "en"))
    assert load_words("ko", template_folders(folder)).all_of(["a", "b"]) == "a 및 b"


def test_a_users_catalogue_comes_first(tmp_path: Path) -> None:
    folder = own_language(tmp_path, "en", HEAD + b'msgid "column.date"\nmsgstr "Day"\n')
    assert load_words("en", template_folders(folder))("column.date") == "Day"


BROKEN = {
    "no catalogue": b"hello",
    "not UTF-8": HEAD + b'msgid "a"\nmsgstr "\xff"\n',
    "an unknown charset": b'msgid ""\nmsgstr "Content-Type: text/plain; charset=nonsense\\n"\n',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_catalogue_is_one_error(tmp_path: Path, text: bytes) -> None:
    folder = own_language(tmp_path, "en", text)
    with pytest.raises(RenderError, match=r"en\.po"):
        load_words("en", template_folders(folder))


@pytest.mark.parametrize("name", ["xx", "tlh", "english", "e n", "-", "123"])
def test_a_catalogue_of_no_language_is_one_error(tmp_path: Path, name: str) -> None:
    folder = own_language(tmp_path, name, HEAD + b'msgid "column.date"\nmsgstr "Day"\n')
    with pytest.raises(RenderError, match=rf"{name}\.po.*language"):
        load_words(name, template_folders(folder))


@pytest.mark.parametrize("name", ["pt-BR", "pt_BR", "zh-Hans", "zh_Hans_CN"])
def test_a_language_may_have_a_country_and_a_script(tmp_path: Path, name: str) -> None:
    folder = own_language(tmp_path, name, HEAD + b'msgid "column.date"\nmsgstr "Day"\n')
    assert load_words(name, template_folders(folder)).date(datetime(2023, 11, 17, tzinfo=UTC))


# --- dates and lists -------------------------------------------------------------------------------------------------


def test_dates_read_as_in_the_documentation() -> None:
    moment = datetime(2023, 11, 17, 23, 59, tzinfo=UTC)
    assert load_words("en", FOLDERS).date(moment) == "November 17, 2023"
    assert load_words("ko", FOLDERS).date(moment) == "2023년 11월 17일"


def test_lists_read_as_sentences() -> None:
    words = load_words("en", FOLDERS)
    assert [words.all_of(["a", "b", "c"][:count]) for count in range(4)] == ["", "a", "a and b", "a, b, and c"]
    assert words.any_of(["a", "b"]) == "a or b"


@pytest.mark.parametrize("language", sorted({"en", "ko", "de", "ja", "zh_Hans_CN", *locale_identifiers()[::25]}))
def test_lists_read_as_babel_writes_them(tmp_path: Path, language: str) -> None:
    words = load_words(language, template_folders(own_language(tmp_path, language, HEAD)))
    for count in range(6):
        items = [f"{{{item}}}" for item in range(count)]
        assert words.all_of(items) == format_list(items, locale=language)
        assert words.any_of(items) == format_list(items, style="or", locale=language)


@pytest.mark.slow
def test_lists_of_every_language_read_as_babel_writes_them(tmp_path: Path) -> None:
    for language in locale_identifiers():
        (tmp_path / language).mkdir()
        test_lists_read_as_babel_writes_them(tmp_path / language, language)


# --- strangers' text -------------------------------------------------------------------------------------------------


@given(st.text())
def test_code_keeps_its_mark_and_shows_what_cannot_be_seen(text: str) -> None:
    marked = code(text)
    assert marked.startswith(CODE_START)
    assert marked.count(CODE_START) == marked.count(CODE_END) == 1
    assert plain(marked).isprintable()
    assert plain(marked) == printable(text)


def test_what_cannot_be_seen_is_escaped() -> None:
    assert printable("a\u202eb\u200bc\x1bd\ud800\n") == r"a\u202eb\u200bc\x1bd\ud800\n"
    assert printable("é 읽기 😀") == "é 읽기 😀"


@pytest.mark.parametrize(
    ("language", "scopes", "lists"),
    [
        ("en", ["", "s", "s; and t", "s; t; and u"], ["", "a", "a; and b", "a; and 2 more"]),
        ("ko", ["", "s", "s, 그리고 t", "s, t, 그리고 u"], ["", "a", "a; b", "a; 그 외 2개"]),
    ],
)
def test_scopes_and_lists_of_lists_are_parted_by_more_than_commas(
    language: str, scopes: list[str], lists: list[str]
) -> None:
    words = load_words(language, template_folders())
    assert [words.scopes(["s", "t", "u"][:count]) for count in range(4)] == scopes
    assert [words.few(["a", "b", "c"][:count], 2, are_lists=True) for count in range(4)] == lists
