"""Segments are counted as telephones and Twilio count them."""

from __future__ import annotations

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.connectors.sms.segments import segments, smart
from maitred.contracts.segments import room_of, taken

EMOJI = "\U0001f600"
ANY = st.text(max_size=400) | st.text(alphabet=f"ab€^ж{EMOJI}\u2019", max_size=400)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("x" * 1_530, 10),
        ("x" * 1_531, 11),
        # The extension table takes an escape besides.
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("x" * 158 + "€", 1),
        ("x" * 159 + "€", 2),
        # 152 fit, and the 153rd place is no room for an escape and what it escapes.
        ("€" * 152, 2),
        ("€" * 153, 3),
        ("x" * 152 + "€" + "x" * 151, 2),
        ("x" * 152 + "€" + "x" * 152, 3),
        ("\f|^{}[]~\\" * 16, 2),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("ж" * 134, 2),
        ("ж" * 135, 3),
        # A surrogate pair takes two, and is never cut in half.
        (EMOJI * 35, 1),
        (EMOJI * 36, 2),
        (EMOJI * 66, 2),
        (EMOJI * 67, 3),
        ("ж" * 66 + EMOJI + "ж" * 65, 2),
        ("ж" * 66 + EMOJI + "ж" * 66, 3),
        # One character that GSM-7 lacks, and all of it takes two bytes.
        ("x" * 69 + "\u2019", 1),
        ("x" * 70 + "\u2019", 2),
    ],
)
def test_a_text_takes_as_many_segments_as_it_is_cut_into(text: str, count: int) -> None:
    assert segments(text) == count


@given(ANY)
def test_no_segment_is_overfull_and_none_has_more_than_one_place_left(text: str) -> None:
    room = room_of(text)
    places, joined = taken(text, room), room[0]
    if places > room[1]:
        assert ceil(places / joined) <= segments(text) <= ceil(places / (joined - 1))
    else:
        assert segments(text) == 1


@given(ANY)
def test_a_text_is_written_otherwise_only_to_take_fewer_segments(text: str) -> None:
    plain = smart(text)
    assert plain == text or segments(plain) < segments(text)
    assert smart(plain) == plain


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("\u2018a\u2019 \u201cb\u201d \u201ec\u201c \u00abd\u00bb", '\'a\' "b" "c" "d"'),
        ("1\u20132 \u2014 3\u2026", "1-2 - 3..."),
        ("a\u00a0b\u202fc\u200bd\u00ade", "a b cde"),
        ("\u2022 one\n\u2022 two", "* one\n* two"),
    ],
)
def test_typography_becomes_plain_in_a_text_that_is_longer_than_one_segment(
    text: str, written: str
) -> None:
    assert smart(text + "x" * 70) == written + "x" * 70


@pytest.mark.parametrize(
    "text",
    [
        "It\u2019s short",
        # It takes two bytes a character anyway.
        "\u201c\u0436\u201d" + "x" * 100,
        f"It\u2019s {EMOJI}" + "x" * 100,
        # It is GSM-7 as it is.
        "Grüße, 5 €" + "x" * 200,
        # Three times as many characters are no gain.
        "\u2026" * 60,
    ],
)
def test_where_nothing_is_won_a_text_stays_as_it_was_written(text: str) -> None:
    assert smart(text) == text
