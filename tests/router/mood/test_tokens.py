"""Tokens: one form for what is typed in many ways, negation by clause, bounded work."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.router.mood.tokens import (
    ALL_LOUD,
    HEAD_CHARACTERS_MAX,
    TAIL_CHARACTERS_MAX,
    WORD_CHARACTERS_MAX,
    bounded,
    tokens_of,
)

NEGATIONS = frozenset({"not", "never", "don't"})


def forms(text: str) -> str:
    return " ".join(tokens_of(text, NEGATIONS).forms)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@anna_9 look at https://example.com/a?b=c!", "<person> look at <page>"),
        ("#oil#newshttps://example.com/a", "oil news <page>"),
        ("soooo gooood", "soo good"),
        ("Sooo", "soo"),
        ("I don\u2019t and I don't", "i don't and i don't"),
        ("#NotHappy #fail #A1Team", "not happy fail a <number> team"),
        ("order 4711 of 24.12.", "order <number> of <number> . <number> ."),
        ("the 2nd", "the 0nd"),
        ("well..... so…", "well ... so ..."),
        ("no! NO!!!! what? what??? what?!?", "no ! no !! what ? what ?? what !?!?"),
        (":-) :) ;-( =D </3 <3 ^_^ ^^ -_-", ":) :) ;( :D </3 <3 ^^ ^^ -_-"),
        ("fish &amp; chips &lt;3", "fish chips <3"),
        ("ok 😡😡", "ok 😡 😡"),
        ("Größe ärgerlich", "größe ärgerlich"),
        ("", ""),
        ("\ud800", ""),
    ],
)
def test_one_form_for_what_is_typed_in_many_ways(text: str, expected: str) -> None:
    assert forms(text) == expected


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("not good at all", ["good", "at", "all"]),
        ("not good, fine", ["good"]),
        ("never had a problem with it here", ["had", "a", "problem", "with"]),
        ("I don't like it. It is good", ["like", "it"]),
        ("all good", []),
    ],
)
def test_negation_ends_with_its_clause_or_after_four_words(text: str, negated: list[str]) -> None:
    found = tokens_of(text, NEGATIONS)
    assert [f for f, turned in zip(found.forms, found.negated, strict=True) if turned] == negated


@pytest.mark.parametrize(
    ("text", "loud"),
    [("it is broken", 0), ("it is BROKEN now", 1), ("IT IS BROKEN", ALL_LOUD), ("OK", 1), ("I", 0)],
)
def test_capitals_are_counted(text: str, loud: int) -> None:
    assert tokens_of(text, NEGATIONS).loud == loud


def test_a_long_word_and_a_long_text_are_read_at_their_ends() -> None:
    assert forms("ab" * 500) == ("ab" * 500)[:WORD_CHARACTERS_MAX]
    text = "first " + "word " * 200_000 + "last"
    assert len(bounded(text)) == HEAD_CHARACTERS_MAX + 1 + TAIL_CHARACTERS_MAX
    found = tokens_of(text, NEGATIONS).forms
    assert (found[0], found[-1]) == ("first", "last")


@given(st.text(max_size=300))
def test_any_text_has_tokens_whose_lists_run_in_parallel(text: str) -> None:
    found = tokens_of(text, NEGATIONS)
    assert len(found.forms) == len(found.written) == len(found.negated)
    assert all(found.forms)
    assert not any(" " in form for form in found.forms)
