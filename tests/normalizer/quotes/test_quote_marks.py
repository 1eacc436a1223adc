"""Quotes with marks: above, below and between the answers, wrapped, nested, or none at all."""

from __future__ import annotations

import pytest

from maitred.contracts.message import PartKind
from maitred.normalizer.quotes import split

INTRO = "On Tue, 3 Mar 2020 at 10:15, Jo Doe <jo@example.com> wrote:"

# What is written, and what of it is the sender's.
CASES = {
    "a quote below": ("Yes.\n\n> Shall we come?\n", "Yes."),
    "a quote right below": ("Yes.\n> Shall we come?\n> On Monday?", "Yes."),
    "a quote that is introduced, below": (f"Yes.\n\n{INTRO}\n\n> Shall we come?\n", "Yes."),
    "a quote above": (f"{INTRO}\n> Shall we come?\n\nYes.\n", "Yes."),
    "between greeting and answer": (f"Hi,\n\n{INTRO}\n> Shall we come?\n\nYes.\n", "Hi,\n\nYes."),
    "marks without blanks": (f"Yes.\n\n{INTRO}\n>Shall we come?\n>>On Monday?\n", "Yes."),
    "marks with blanks between": (f"Yes.\n\n{INTRO}\n> > Shall we come?\n> On Monday?\n", "Yes."),
    "blank lines without marks": (f"Yes.\n\n{INTRO}\n> Shall we come?\n\n> On Monday?\n", "Yes."),
    "bars": (f"Yes.\n\n{INTRO}\n\n| Shall we come?\n|\n| On Monday?\n", "Yes."),
    "initials": (f"Yes.\n\n{INTRO}\n\nJD> Shall we come?\nJD>\nJD> On Monday?\n", "Yes."),
    "a name as mark": (f"Yes.\n\n{INTRO}\n\nJo> Shall we come?\n", "Yes."),
    "signature below the quote": (f"Yes.\n\n{INTRO}\n> Shall we come?\n\n-- \nAnn\n", "Yes."),
    "wrapped by a program": (
        (
            f"Yes.\n\n{INTRO}\n"
            "> Shall we come on Monday, the third of March, as you have said on the\n"
            "telephone?\n> Or rather not?\n"
        ),
        "Yes.",
    ),
    "windows": (f"Yes.\r\n\r\n{INTRO}\r\n\r\n> Shall we come?\r\n", "Yes."),
    "old mac": (f"Yes.\r\r{INTRO}\r\r> Shall we come?\r", "Yes."),
    "two introductions": (
        f"Yes.\n\n{INTRO}\n> Max wrote:\n>> Shall we?\n>\n> {INTRO}\n>> Come!\n",
        "Yes.",
    ),
    "only a quote that is introduced": (f"> {INTRO}\n>\n> Shall we come?\n", ""),
    "an introduction of one program, marks of another": (
        f"> {INTRO}\n\nShall we come?\n",
        "Shall we come?",
    ),
    "below it a title of a help desk": (
        "Yes.\n\n> ##- Please type your reply above this line -##\n>\n> Hello\n",
        "Yes.",
    ),
    # Not sure enough: it stays.
    "only a quote": ("> Shall we come?\n", "> Shall we come?"),
    "a quote that nobody introduces, above": (
        "> Shall we come?\n\nYes.\n",
        "> Shall we come?\n\nYes.",
    ),
    "prompts of a shell": (
        "I typed this:\n\n> npm install\n> npm start\n\nand nothing came.",
        "I typed this:\n\n> npm install\n> npm start\n\nand nothing came.",
    ),
    "prompts of a shell at the end": (
        "Hi, this is what I typed:\n\n> npm install\n> npm start\n",
        "Hi, this is what I typed:\n\n> npm install\n> npm start",
    ),
    "code": (
        "Look:\n\n```\n> a\n-- \nFrom: x\n```\n\nStrange.",
        "Look:\n\n```\n> a\n-- \nFrom: x\n```\n\nStrange.",
    ),
    "a table": ("| a | b |\n|---|---|\n| 1 | 2 |", "| a | b |\n|---|---|\n| 1 | 2 |"),
    "more than": ("It weighs\n5 kg, > 4 kg.", "It weighs\n5 kg, > 4 kg."),
    "a prompt of a data base": (
        "Hi,\n\nSQL> select 1\nSQL> exit\n\nfails.",
        "Hi,\n\nSQL> select 1\nSQL> exit\n\nfails.",
    ),
    "an address that is wrapped": (
        "See\n<https://example.com/a/very/long/link?with=parameters\n> please.",
        "See\n<https://example.com/a/very/long/link?with=parameters\n> please.",
    ),
}


def text_of(mail: str) -> str:
    pieces = split(mail)
    assert "".join(piece.text for piece in pieces) == mail
    return "".join(piece.text for piece in pieces if piece.kind is PartKind.TEXT).strip()


@pytest.mark.parametrize("name", CASES)
def test_the_senders_words_are_told_from_the_quote(name: str) -> None:
    mail, expected = CASES[name]

    assert text_of(mail) == expected


def test_answers_between_quotes_keep_what_they_answer_in_their_order() -> None:
    mail = (
        f"Hi Jo,\n\n{INTRO}\n> Shall we come?\n\nYes, please.\n\n"
        "> On Monday?\n\nRather on Tuesday.\n\n> Greetings,\n> Jo\n\n-- \nAnn\n"
    )

    assert [(piece.kind.value, piece.text.strip()) for piece in split(mail)] == [
        ("text", "Hi Jo,"),
        ("quote", INTRO),
        (
            "text",
            "> Shall we come?\n\nYes, please.\n\n> On Monday?\n\nRather on Tuesday.",
        ),
        ("quote", "> Greetings,\n> Jo"),
        ("signature", "-- \nAnn"),
    ]


def test_an_answer_right_below_a_quoted_line_is_no_wrapped_quote() -> None:
    mail = f"{INTRO}\n> Do you still have the shoes that we talked about on the phone last\nyes\n"

    assert text_of(mail) == "yes"


def test_an_answer_between_quoted_lines_is_no_wrapped_quote() -> None:
    question = "> Could you tell us which of the two you would like to have, and until when?"
    mail = f"{INTRO}\n{question}\nboth of them, please, and until Monday\n> Anything else?\n"

    assert text_of(mail) == f"{question}\nboth of them, please, and until Monday"
