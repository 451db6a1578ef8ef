"""Tables of AWS's pages in other languages: header, days and phrases; the sentences are our own."""

from datetime import date

import pytest

from tracker.documentation import RowKind, read_page
from tracker.documentation.languages import LANGUAGES, PageLanguage
from tracker.documentation.reading.columns import columns_of
from tracker.documentation.reading.dates import day_at_end, read_day
from tracker.documentation.reading.pages import Vocabulary
from tracker.documentation.reading.policy_names import PolicyNames

NAMES = Vocabulary(PolicyNames(["AmazonShoePolicy"]))
NEW, UPDATE, START = RowKind.NEW_POLICY, RowKind.UPDATE, RowKind.TRACKING_STARTED
TABLES = {
    "ja": (
        "変更|説明|日付",
        [
            ("AmazonShoePolicy – 新しいポリシー", "靴のためのポリシーです。", "2023 年 11 月 28 日", NEW),
            (
                "AmazonShoePolicy – 既存のポリシーへの更新",
                "`shoe:PutLace` を追加しました。",
                "2023 年 2 月 1 日",
                UPDATE,
            ),
            ("Shoe が変更の追跡を開始しました", "Shoe は追跡を開始しました。", "2021 年 3 月 1 日", START),
        ],
    ),
    "zh": (
        "變更|描述|日期",
        [
            ("AmazonShoePolicy – 新政策", "鞋子的政策。", "2025 年 3 月 4 日", NEW),
            ("AmazonShoePolicy – 更新現有政策", "`shoe:PutLace`", "2025 年 2 月 4 日", UPDATE),
            ("Shoe 開始追蹤變更", "", "2021 年 3 月 1 日", START),
        ],
    ),
    "de": (
        "Änderung|Beschreibung|Datum",
        [
            ("AmazonShoePolicy – Neue Richtlinie", "Für Schuhe.", "4. März 2025", NEW),
            ("AmazonShoePolicy – Eine Richtlinie wurde aktualisiert", "`shoe:PutLace`", "28. Februar 2025", UPDATE),
            ("Shoe hat mit der Nachverfolgung begonnen", "Von Schuhen.", "1. Dezember 2021", START),
        ],
    ),
    "fr": (
        "Modifier|Description|Date",
        [
            ("AmazonShoePolicy – Nouvelle politique", "Pour les chaussures.", "16 décembre 2024", NEW),
            ("AmazonShoePolicy – Une politique existante", "`shoe:PutLace`", "28 août 2024", UPDATE),
            ("Shoe a commencé à suivre ses politiques", "Voilà.", "1er mars 2021", START),
        ],
    ),
    "es": (
        "Cambio|Description (Descripción)|Fecha",
        [
            ("AmazonShoePolicy: nueva política", "Para zapatos.", "26 de marzo de 2026", NEW),
            ("AmazonShoePolicy: actualización", "`shoe:PutLace`", "15 de octubre de 2025", UPDATE),
            ("Shoe comenzó el seguimiento", "De zapatos.", "1 de marzo de 2021", START),
        ],
    ),
    "pt": (
        "Alteração|Descrição|Data",
        [
            ("AmazonShoePolicy: nova política", "Para sapatos.", "15 de julho de 2025", NEW),
            ("AmazonShoePolicy: atualização", "`shoe:PutLace`", "16 de dezembro de 2024", UPDATE),
            ("Shoe começou a monitorar sapatos", "Pronto.", "1º de março de 2021", START),
        ],
    ),
    "it": (
        "Modifica|Descrizione|Data",
        [
            ("AmazonShoePolicy: nuova policy", "Per le scarpe.", "10 agosto 2023", NEW),
            ("AmazonShoePolicy: aggiornamento", "`shoe:PutLace`", "28 febbraio 2025", UPDATE),
            ("Shoe ha iniziato a tenere traccia", "Ecco.", "1° marzo 2021", START),
        ],
    ),
    "id": (
        "Perubahan|Deskripsi|Tanggal",
        [
            ("AmazonShoePolicy – Kebijakan baru", "Untuk sepatu.", "10 Agustus 2023", NEW),
            ("AmazonShoePolicy – Pembaruan", "`shoe:PutLace`", "Maret 4, 2025", UPDATE),
            ("Shoe mulai melacak", "Sepatu.", "1 Maret 2021", START),
        ],
    ),
}


@pytest.mark.parametrize("language", TABLES)
def test_a_table_in_another_language_is_read(language: str) -> None:
    header, rows = TABLES[language]
    lines = [
        f"| {header.replace('|', ' | ')} |",
        "| --- | --- | --- |",
        *("| " + " | ".join(row[:3]) + " |" for row in rows),
    ]
    page = read_page("\n".join(lines), name="page", vocabulary=NAMES)
    assert page.language == language
    assert [row.kind for row in page.rows] == [row[3] for row in rows]
    assert [row.policies for row in page.rows] == [("AmazonShoePolicy",), ("AmazonShoePolicy",), ()]
    assert [action.name for action in page.rows[1].actions] == ["shoe:PutLace"]
    assert all(row.date for row in page.rows)


@pytest.mark.parametrize("language", TABLES)
def test_such_a_table_is_read_as_a_browser_copies_it(language: str) -> None:
    header, rows = TABLES[language]
    text = "\n\n".join([header.replace("|", " "), *(cell for row in rows for cell in row[:3] if cell)])
    page = read_page(text, name="page", vocabulary=NAMES)
    assert [(row.kind, row.date) for row in page.rows] == [(row[3], read_day(row[2])) for row in rows]


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.sample)
def test_each_languages_own_header_is_known(language: PageLanguage) -> None:
    assert columns_of([language.change[0], language.description[0], language.date[0]])


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one.months], ids=lambda one: one.code)
def test_every_month_of_a_language_is_read(language: PageLanguage) -> None:
    months = language.months
    assert [read_day(f"7 {month} 2024") for month in months] == [date(2024, number, 7) for number in range(1, 13)]


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("Added shoe:PutLace. March 4, 2025", ("Added shoe:PutLace.", "March 4, 2025")),
        ("shoe:PutLace 2025 年 3 月 4 日", ("shoe:PutLace", "2025 年 3 月 4 日")),
        ("Laces 15 de julho de 2025", ("Laces", "15 de julho de 2025")),
        ("Laces 2025-03-04", ("Laces", "2025-03-04")),
        ("Laces that were there since March 4, 2025", None),
        ("March 4, 2025", None),
        ("Laces of 2025", None),
    ],
)
def test_a_day_at_the_end_of_a_line_is_cut_off(line: str, parts: tuple[str, str] | None) -> None:
    assert day_at_end(line) == parts


IN_LINES = """Shoe updates to AWS managed policies

Change Description Date
AmazonShoePolicy – Update to an existing policy Added shoe:PutLace and shoe:GetLace. March 4, 2025
AmazonShoePolicy – New policy Added permissions for shoes. February 28, 2025

AmazonShoePolicy – Update to an
existing policy

Laces are in use since May 1, 2020.

Removed shoe:TieLace. January 7, 2025

Shoe started tracking changes

Shoe started tracking changes.

March 8, 2021
"""


def test_rows_whose_cells_stand_in_one_line_are_rows() -> None:
    """As crawlers leave cells without paragraphs; read as one row they would hide all but the last day."""
    page = read_page(IN_LINES, name="page", vocabulary=NAMES)
    assert [(row.kind, row.title, str(row.date)) for row in page.rows] == [
        (UPDATE, "Update to an existing policy", "2025-03-04"),
        (NEW, "New policy", "2025-02-28"),
        (UPDATE, "Update to an existing policy", "2025-01-07"),
        (START, "Shoe started tracking changes", "2021-03-08"),
    ]
    assert [[action.name for action in row.actions] for row in page.rows[:2]] == [["shoe:PutLace", "shoe:GetLace"], []]
    assert [action.name for action in page.rows[2].removed_actions] == ["shoe:TieLace"]
