"""Patterns: everyday ones are taken, and what could take long is refused before it runs."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.router.rules.patterns import (
    PATTERN_CHARACTERS_MAX,
    SEARCHED_CHARACTERS_MAX,
    Refused,
    compile_pattern,
    searched,
)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("refund", "A REFUND please"),
        (r"\b(refund|money\s+back|charge\s*back)\b", "my money back"),
        (r"order\s*#?\s*\d{4,10}", "Order # 12345"),
        (r"cancel.*subscription", "cancel my subscription"),
        (r"[^)(]+x", "abcx"),
        (r"[]a]{2}", "]a"),
        (r"(?P<year>20\d\d)", "in 2024"),
        (r"(?:kündig|beschwer)(?:en|ung)?", "Ich will KÜNDIGEN"),
        (r"^urgent", "Urgent: help"),
        (r"a{,3}b\{2", "aab{2"),
        (r"(?<=not )working", "not working"),
    ],
)
def test_everyday_patterns_are_taken(pattern: str, text: str) -> None:
    assert compile_pattern(pattern).search(searched("", text))


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "(",
        "a" * (PATTERN_CHARACTERS_MAX + 1),
        "(a+)+$",
        "(a*)*b",
        "(?:a|aa)+$",
        "(a|a)*b",
        "(.*)(.*)(.*)x",
        ".*.*x",
        r"(\w+\s?)+$",
        "(a{1,50}){1,50}$",
        "((((a?){9}){9}){9})$",
        "a{0,9999}b{0,9999}c",
        r"(a)\1",
        "(?P<x>a)(?P=x)",
        "(?(1)a|b)",
        "x{99999999999999999999}",
        "(a++)++b{1,5}",
        "a{0,9999999}b{0,9999999}c",
        "a{,}b{,}c",
        "(?x)(a+ # )\n)+$",
        "[[a]",
        "[a||b]",
    ],
)
def test_what_is_wrong_or_could_take_long_is_refused(pattern: str) -> None:
    with pytest.raises(Refused):
        compile_pattern(pattern)


@given(st.text(alphabet="ab(|)*+?{}12,[]^\\s.d:=P<>!", max_size=24))
def test_any_string_is_taken_or_refused_and_what_is_taken_compiles(pattern: str) -> None:
    try:
        compiled = compile_pattern(pattern)
    except Refused:
        return
    assert isinstance(compiled, re.Pattern)
    compiled.search("ab" * (SEARCHED_CHARACTERS_MAX // 2))


def test_what_is_searched_is_bounded_and_its_white_space_collapsed() -> None:
    assert searched(" a\t\n", "b  c ") == "a b c"
    assert len(searched("s" * 5_000, "t" * 5_000)) == SEARCHED_CHARACTERS_MAX
