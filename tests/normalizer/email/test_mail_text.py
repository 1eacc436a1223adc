"""The text parts of a mail: flowed, in the wrong clothes, and in several forms at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.message import PartKind
from maitred.normalizer.email.alternative import preferred
from maitred.normalizer.email.body import pieces_of_html, pieces_of_text
from maitred.normalizer.email.flowed import unflowed
from maitred.normalizer.email.words import Body
from maitred.normalizer.pieces import Piece
from maitred.normalizer.port import Decoded

Read = Callable[..., Decoded]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("One \ntwo\nthree", "One two\nthree"),
        ("One \n\ntwo", "One\n\ntwo"),
        ("> One \n> two\nthree", "> One two\nthree"),
        (">> One \n> two", ">> One\n> two"),
        (">> One \n>> two \nthree", ">> One two\nthree"),
        (">One\n> two", "> One\n> two"),
        # space-stuffing
        (" From me\n > no quote\n  two blanks", "From me\n> no quote\n two blanks"),
        # the signature is not flowed
        ("One \n-- \nAda", "One\n-- \nAda"),
        ("> One \n> -- \n> Ada", "> One\n> -- \n> Ada"),
        ("last \n", "last"),
        ("", ""),
    ],
)
def test_lines_that_flow_are_made_whole(text: str, whole: str) -> None:
    assert unflowed(text).rstrip("\n") == whole.rstrip("\n")


def test_the_blank_that_marks_a_flowed_line_may_be_no_text() -> None:
    assert unflowed("日本 \n語", del_sp=True) == "日本語"
    assert unflowed("One  \ntwo", del_sp=True) == "One two"


@given(st.text(alphabet="ab >\n-", max_size=80), st.booleans())
def test_no_letter_is_lost_when_lines_are_made_whole(text: str, del_sp: bool) -> None:  # noqa: FBT001  (drawn)
    letters = [each for each in text if each in "ab-"]
    assert [each for each in unflowed(text, del_sp=del_sp) if each in "ab-"] == letters


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("text/plain; format=flowed", "A long line that goes on\n\nThe end"),
        ("text/plain; format=Flowed; delsp=yes", "A long line thatgoes on\n\nThe end"),
        ("text/plain", "A long line that \ngoes on\n\nThe end"),
    ],
)
def test_only_text_that_says_so_is_flowed(read: Read, kind: str, text: str) -> None:
    mail = f"Content-Type: {kind}\r\n\r\nA long line that \r\ngoes on\r\n\r\nThe end\r\n"
    message = read(mail.encode()).message
    assert f"{message.text}{message.quoted}{message.signature}" == text


def test_html_that_says_it_is_plain_is_html(read: Read) -> None:
    mail = b"Content-Type: text/plain\n\n<!DOCTYPE html><html><body><p>Hello</p></body></html>"
    message = read(mail).message
    assert message.text == "Hello"
    assert "<p>Hello</p>" in message.html


def test_plain_text_that_says_it_is_html_keeps_its_lines(read: Read) -> None:
    assert read(b"Content-Type: text/html\n\nOne\nTwo").message.text == "One\nTwo"


def test_the_charset_in_the_html_counts_where_mime_names_none(read: Read) -> None:
    source = '<html><head><meta charset="koi8-r"></head><body><p>{}</p></body></html>'
    mail = b"Content-Type: text/html\n\n" + source.format("Привет").encode("koi8_r")
    assert read(mail).message.text == "Привет"


ALTERNATIVE = (
    "Content-Type: multipart/alternative; boundary=x\n\n"
    "--x\nContent-Type: text/plain\n\n{}\n--x\nContent-Type: text/html\n\n{}\n--x--"
)
LONG = "Our summer sale is on, and all lamps are cheaper than ever before in our history."


@pytest.mark.parametrize(
    ("plain", "html", "text"),
    [
        ("Hello", "<p>Hello</p>", "Hello"),
        ("Hello there", "<p>Hello <b>there</b></p>", "Hello there"),
        ("", "<p>Hello</p>", "Hello"),
        (" \n ", "<p>Hello</p>", "Hello"),
        ("Hello", "<p></p>", "Hello"),
        ("View this in a browser", f"<p>{LONG}</p><p>{LONG}</p>", f"{LONG}\n\n{LONG}"),
        ("https://shop.example/a/very/long/link/to/it", f"<p>{LONG}</p>", LONG),
        (
            f"body {{ color: red; }} .a {{ margin: 0 }} {LONG}",
            f"<style>body {{ color: red; }}</style><p>{LONG}</p>",
            LONG,
        ),
        # words that stand in the plain text only are never given up for a quote
        ("Yes, and a secret word", "<p>Yes</p>", "Yes, and a secret word"),
    ],
)
def test_of_two_forms_the_one_that_says_more_is_read(
    read: Read, plain: str, html: str, text: str
) -> None:
    assert read(ALTERNATIVE.format(plain, html).encode()).message.text == text


def test_two_plain_texts_that_differ_are_both_read(read: Read) -> None:
    mail = ALTERNATIVE.replace("text/html", "text/plain")
    assert read(mail.format("Hello", "Bonjour").encode()).message.text == "Hello\n\nBonjour"
    assert read(mail.format("Hello", "Hello").encode()).message.text == "Hello"


def test_pictures_and_files_in_an_alternative_are_listed(read: Read) -> None:
    related = (
        "--x\nContent-Type: multipart/related; boundary=y\n\n"
        '--y\nContent-Type: text/html\n\n<p>Hello <img src="cid:a"></p>\n'
        "--y\nContent-Type: image/png\nContent-ID: <a>\n\n.\n--y--\n--x--"
    )
    head = "Content-Type: multipart/alternative; boundary=x\n\n--x\n\nHello\n"
    message = read(f"{head}{related}".encode()).message
    assert message.text == "Hello"
    assert [each.inline for each in message.attachments] == [True]


def test_texts_round_a_picture_are_read_in_order(read: Read) -> None:
    mail = (
        "Content-Type: multipart/mixed; boundary=x\n\n--x\n\nBefore\n"
        "--x\nContent-Type: image/png\nContent-Disposition: inline\n\n.\n"
        "--x\nContent-Type: text/html\n\n<p>After &lt;it&gt;</p>\n--x--"
    )
    message = read(mail.encode()).message
    assert message.text == "Before\n\nAfter <it>"
    assert "<pre>Before</pre>" in message.html


def body(*pieces: tuple[PartKind, str], source: str = "") -> Body:
    return Body(tuple(Piece(kind, text) for kind, text in pieces), source)


QUOTING = body((PartKind.TEXT, "Yes please\n"), (PartKind.QUOTE, "Do you want it"), source="<p>")
WITHOUT = body((PartKind.TEXT, "Yes please\n\nDo you want it"))


def test_the_html_is_read_where_only_it_tells_whose_words_are_whose() -> None:
    (found,) = preferred([[WITHOUT], [QUOTING]])
    assert (found.found, found.source) == (QUOTING.found, "<p>")


def test_the_plain_text_is_read_where_it_tells_so_itself() -> None:
    plain = body((PartKind.TEXT, "Yes please\n"), (PartKind.QUOTE, "> Do you want it"))
    (found,) = preferred([[plain], [QUOTING]])
    assert (found.found, found.source) == (plain.found, "<p>")


def test_the_plain_text_is_read_where_the_html_lacks_its_words() -> None:
    plain = body((PartKind.TEXT, "Yes please, but only the blue one in the large size"))
    (found,) = preferred([[plain], [QUOTING]])
    assert found.found == plain.found


def test_nothing_is_preferred_to_nothing() -> None:
    assert preferred([]) == []
    assert preferred([[], [body((PartKind.TEXT, " "))]]) == []


@given(st.text(max_size=200))
def test_pieces_of_a_text_hold_all_of_it(text: str) -> None:
    kept = "".join(piece.text for piece in pieces_of_text(text))
    assert [each for each in kept if each.isalnum()] == [each for each in text if each.isalnum()]


def test_pieces_of_html_hold_its_words() -> None:
    pieces = pieces_of_html("<div>New</div><blockquote type=cite>Old</blockquote>")
    assert "".join("".join(piece.text for piece in pieces).split()) == "NewOld"
