"""Long lists of scopes in a description are written out once."""

import pytest

from tracker.text.repeats import without_repeats
from tracker.text.rows import DescriptionBlock, ListItem
from tracker.text.words import load_words, plain, template_folders

LIST = tuple(ListItem(f"As before: on {name}") for name in "abc")


def block(action: str, details: tuple[ListItem, ...], *, is_literal: bool = False) -> DescriptionBlock:
    return DescriptionBlock("Now allowed more widely:", (ListItem(action),) if action else (), details, is_literal)


@pytest.mark.parametrize(
    ("language", "text", "all_of_it"),
    [
        ("en", "The rest is the same as for s:A above.", "As above."),
        ("ko", "나머지는 위의 s:A 항목과 같습니다.", "위와 같습니다."),
    ],
)
def test_a_long_list_that_stands_above_is_named_and_not_repeated(language: str, text: str, all_of_it: str) -> None:
    words = load_words(language, template_folders())
    blocks = [block("s:A", LIST), block("s:B", LIST), block("s:A", LIST, is_literal=True), block("s:C", LIST[:2])]
    blocks.append(block("s:C", LIST[:2], is_literal=True))
    found = list(without_repeats(blocks, words))
    assert [plain(item.text) for each in found for item in each.details] == [
        *(item.text for item in LIST), text, all_of_it, *(item.text for item in LIST[:2]), all_of_it]  # fmt: skip
    assert [each.is_literal for each in found] == [False, False, True, False, True]


def test_short_lists_and_lists_of_nothing_named_are_written_out_again() -> None:
    words = load_words("en", template_folders())
    blocks = [block("s:A", LIST[:2]), block("s:B", LIST[:2]), block("", LIST), block("s:C", LIST)]
    assert list(without_repeats(blocks, words)) == blocks
