"""Opaque symbols: equal by what defines them, never a pattern, readable."""

from tracker.policy.patterns import has_wildcard
from tracker.policy.symbols import BEGIN, END, as_variables, has_symbol, printable, symbol, symbols_in


def test_a_symbol_is_as_equal_as_its_name_and_definition() -> None:
    assert symbol("A", "x") == symbol("A", "x")
    assert len({symbol("A", "x"), symbol("A", "y"), symbol("B", "x"), symbol("A#", "x")}) == 4


def test_a_symbol_is_no_pattern_and_no_part_of_an_arn_whatever_its_name() -> None:
    made = symbol('x["*?"].${AWS::Region}', "")
    assert not has_wildcard(made)
    assert not set(made) & set("*?${}:")
    assert printable(f"a/{made}/b") == 'a/⟨x["*?"].${AWS::Region}⟩/b'


def test_a_symbol_ends_once_though_its_name_has_the_marks_of_one() -> None:
    made = symbol(f"a{BEGIN}b{END}c", "x")
    assert symbols_in(f"{made}/y") == {made}
    assert printable(made) == "⟨a_b_c⟩"


def test_symbols_are_found_in_a_text() -> None:
    one, other = symbol("A", "1"), symbol("B", "1")
    assert symbols_in(f"{one}:{other}/{one}") == {one, other}
    assert has_symbol(one)
    assert not has_symbol("plain")
    assert symbols_in("plain") == frozenset()


def test_a_symbol_becomes_a_variable_once() -> None:
    made = symbol("A", "1")
    assert as_variables(as_variables(f"a/{made}")) == as_variables(f"a/{made}") == f"a/${{{made}}}"
    assert printable(as_variables(f"a/{made}", " like")) == "a/⟨A⟩"
