"""What holds for every text: nothing is lost, the same comes out twice, and time is linear."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.message import PartKind
from maitred.normalizer.quotes import split
from maitred.normalizer.quotes.first_look import may_quote
from maitred.normalizer.quotes.lines import read
from maitred.normalizer.quotes.split import CHARACTERS_MAX, LINES_MAX, _Splitter

LINES = (
    "",
    "  ",
    "Hello Jo,",
    "yes, that works for us and we are glad about it.",
    "On Monday I am away:",
    "On Tue, 3 Mar 2020 at 10:15, Jo Doe <jo@example.com> wrote:",
    "On Tue, 3 Mar 2020 at 10:15, Jo Doe <",
    "jo@example.com> wrote:",
    "> wrote:",
    "Jo Doe wrote:",
    "Am 03.03.20 um 10:15 schrieb Jo Doe:",
    "2020年3月3日(火) 10:15 Jo Doe <jo@example.com>:",
    "> Shall we come?",
    ">> On Monday?",
    ">",
    "| a bar",
    "| a | b |",
    "JD> initials",
    "From: Jo Doe <jo@example.com>",
    "Sent: Tuesday, March 3, 2020 10:15 AM",
    "To: Ann",
    "Subject: Visit",
    "Message-ID: <1@example.com>",
    "-----Original Message-----",
    "---------- Forwarded message ---------",
    "Begin forwarded message:",
    "##- Please type your reply above this line -##",
    "-- ",
    "--",
    "---",
    "________________________________",
    "```",
    "Regards,",
    "Ann Roe",
    "CEO @ Example",
    "+1 555 0100",
    "Sent from my iPhone",
    "This e-mail is confidential and intended solely for the addressee; it is not for you.",
    "See <https://example.com/a",
)

mails = st.builds(
    lambda lines, end: end.join(lines),
    st.lists(st.sampled_from(LINES), max_size=24),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
texts = st.one_of(mails, st.text(max_size=300))


@given(texts)
def test_the_pieces_joined_are_the_text(text: str) -> None:
    pieces = split(text)

    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.text for piece in pieces)
    assert all(above.kind is not below.kind for above, below in pairwise(pieces))


@given(texts)
def test_the_same_text_gives_the_same_pieces(text: str) -> None:
    assert split(text) == split(text)


@given(texts)
def test_a_first_look_misses_nothing(text: str) -> None:
    lines = read(text)
    whole = _Splitter(lines, quotes=True).kinds()

    assert _Splitter(lines, quotes=may_quote(text)).kinds() == whole


@given(st.text(alphabet=st.characters(categories=("Ll", "Lu", "Zs")), max_size=200))
def test_mere_letters_are_all_text(text: str) -> None:
    assert {piece.kind for piece in split(text)} <= {PartKind.TEXT}


@given(st.lists(st.sampled_from(LINES), min_size=1, max_size=12))
def test_words_above_everything_else_stay_the_senders(lines: list[str]) -> None:
    words = "My parcel has not come yet, and I would like to know where it is."
    first = split("\n\n".join((words, *lines)))[0]

    assert first.kind is PartKind.TEXT
    assert first.text.startswith(words)


UNKIND = {
    "one word over and over": "On ",
    "one word a line": "On\n",
    "marks": ">",
    "marks with blanks": "> ",
    "a mark a line": ">\n",
    "dashes": "-",
    "a dash a line": "-\n",
    "delimiters": "--\n",
    "em dashes": "—\n",
    "stars": "*\n",
    "underscores and words": "_____\nfoo\n",
    "one long line": "a",
    "many short lines": "a\n",
    "colons": "a:\n",
    "colons far apart": "a:\n\n\n\n\n\n\n\n",
    "introductions": "On 3 Mar 2020 at 10:15, a <a@example.com> wrote:\n",
    "words for wrote": "wrote:\n",
    "sentences without a verb": "On 3\n",
    "headers": "From: a@example.com\n",
    "wrapped headers": "From: a\nfoo\n\n",
    "titles": "-----Original Message-----\n",
    "open addresses": "<\n",
    "angles": "<",
    "addresses": "a@",
    "years": "2020-03-03 ",
    "phones": "Sent from my iPhone\n",
    "closings": "Regards,\n\n",
    "contacts": "Regards,\nCEO\n",
    "fences": "```\n",
    "questions and answers": "> q\n\na\n\n",
    "answers without a blank line": "> a\nb\n",
    "initials": "JD> a\n",
    "notices": "a\na\na\na\na\na\na\na\na\n\n",
    "line ends": "\r\n",
    "blanks": " ",
    "tabs": "\t\n",
    "fields of a header": "a: b: c: a: b: c: a: b:\n",
    "phones that wrote": "Sent from my iPhoneSent:\n",
    "introductions run together": "On 3 Mar 2020 at 10:15 On 3 Mar 2020 at 10:15,\n",
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", UNKIND)
def test_no_text_takes_long(name: str) -> None:
    """Linear, this takes a few seconds at worst on a slow machine; quadratic, it takes minutes."""
    unit = UNKIND[name]
    text = unit * (200_000 // len(unit))

    assert "".join(piece.text for piece in split(text)) == text


def test_what_is_beyond_the_bound_goes_with_the_last_line() -> None:
    quote = "Yes.\n\n> " + "a" * CHARACTERS_MAX
    pieces = split(quote)

    assert [piece.kind.value for piece in pieces] == ["text", "quote"]
    assert "".join(piece.text for piece in pieces) == quote


def test_what_is_beyond_the_last_line_read_is_never_a_signature() -> None:
    mail = "Yes.\n" + "\n" * (LINES_MAX - 3) + "-- \nAnn Roe\n" + "I have one more question.\n"
    pieces = split(mail)

    assert pieces[-1].kind is PartKind.TEXT
    assert "".join(piece.text for piece in pieces) == mail


@pytest.mark.parametrize(
    "text", [">", "> ", ">  ", ">>", "a\n> ", "> \n> ", "|", "| ", "On ", "--", "-- "]
)
def test_a_text_may_end_anywhere(text: str) -> None:
    assert "".join(piece.text for piece in split(text)) == text


def test_an_empty_text_has_no_pieces() -> None:
    assert split("") == ()
