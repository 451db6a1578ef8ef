"""What a row says that the reader's own role needs is no claim about the policy."""

import re

import pytest

from tracker.documentation.reading.actions import documented_actions
from tracker.documentation.reading.layout import CODE, CODE_END, BlockKind, TextBlock


def names(*blocks: tuple[BlockKind, str]) -> tuple[list[str], list[str]]:
    """Return the names that the policy is said to have, and those that the reader's role is said to need."""
    found = documented_actions("", [TextBlock(kind, text) for kind, text in blocks])
    return [one.name for one in found if not one.required], [one.name for one in found if one.required]


@pytest.mark.parametrize(
    ("text", "granted", "required"),
    [
        ("Added a:GetIt. To copy, your role must have b:PutIt.", "a:GetIt", "b:PutIt"),
        ("Added a:GetIt.Your role must have the b:PutIt permission.", "a:GetIt", "b:PutIt"),
        ("Added a:GetIt. If you use a custom role, it also needs b:PutIt.", "a:GetIt", "b:PutIt"),
        ("Added a:GetIt. Custom roles must include b:PutIt and b:GetIt.", "a:GetIt", "b:PutIt b:GetIt"),
        ("Added a:GetIt. Customers with customer managed policies need to add b:PutIt.", "a:GetIt", "b:PutIt"),
        ("Added a:GetIt. You must also have b:PutIt.", "a:GetIt", "b:PutIt"),
        ("Added a:GetIt. You need b:PutIt to restore.", "a:GetIt", "b:PutIt"),
        ("Added a:GetIt. The caller must have permission for b:PutIt.", "a:GetIt", "b:PutIt"),
        ("Added a:GetIt. The role that you pass requires b:PutIt.", "a:GetIt", "b:PutIt"),
        ("Added a:GetIt. Make sure that your own policy allows b:PutIt.", "a:GetIt", "b:PutIt"),
        ("Added a:GetIt. Ensure your backup role has b:PutIt.", "a:GetIt", "b:PutIt"),
        ("Added a:GetIt. The permission b:PutIt is required in your own role.", "a:GetIt", "b:PutIt"),
        ("Added a:GetIt. Add b:PutIt to your custom policy.", "a:GetIt", "b:PutIt"),
        ("Added a:GetIt, for which your role must have b:PutIt.", "a:GetIt", "b:PutIt"),
        ("Your role must have b:PutIt, so the policy now allows a:GetIt.", "a:GetIt", "b:PutIt"),
        ("Your role must have b:PutIt, and AWS Shoe added a:GetIt.", "a:GetIt", "b:PutIt"),
        ("Your role must have a:GetIt. AWS Shoe added a:GetIt.", "a:GetIt", ""),
        ("Added a:GetIt, which you can use to describe shoes.", "a:GetIt", ""),
        ("Added a:GetIt so that you can have tidy shoes.", "a:GetIt", ""),
        (
            "Added a:GetIt to the policy. It lets users add laces to your shoes with a:PutIt.",
            "a:GetIt a:PutIt",
            "",
        ),
        ("AWS Shoe added a:GetIt to ensure your shoes are tied.", "a:GetIt", ""),
        ("Added a:GetIt, which is needed to list the roles of your account.", "a:GetIt", ""),
        ("Added a:GetIt and a:PutIt. These are necessary to restore your shoes.", "a:GetIt a:PutIt", ""),
        ("Added a:GetIt, a permission that users need to tie shoes, and a:PutIt.", "a:GetIt a:PutIt", ""),
    ],
)
def test_names_that_the_readers_role_needs_are_set_apart(text: str, granted: str, required: str) -> None:
    for form in (text, re.sub(r"\w:\w+", rf"{CODE}\g<0>{CODE_END}", text)):
        assert names((BlockKind.TEXT, form)) == (granted.split(), required.split())


@pytest.mark.parametrize(
    ("lead", "is_required"),
    [
        ("Added a:PutIt. Your role must have the following permissions:", True),
        ("You must also add the following permissions to your own role.", True),
        ("Your role must have a:PutIt. AWS Shoe added the following permissions:", False),
        ("Added the following permissions:", False),
    ],
)
def test_a_list_may_be_one_of_what_the_readers_role_needs(lead: str, is_required: bool) -> None:
    granted, required = names((BlockKind.TEXT, lead), (BlockKind.ITEM, "b:GetIt"))
    assert ("b:GetIt" in required, "b:GetIt" in granted) == (is_required, not is_required)
