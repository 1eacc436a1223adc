"""Multiparts, transfer encodings and line ends in every state of repair: no words are lost."""

from __future__ import annotations

import base64
import quopri
import time
from collections.abc import Callable

import pytest

from maitred.contracts.limits import MIME_DEPTH_MAX, MIME_PARTS_MAX
from maitred.normalizer.email.mime import tree
from maitred.normalizer.email.transfer import from_base64, from_quoted, from_uu, transferred
from maitred.normalizer.port import Decoded

Read = Callable[..., Decoded]
MIXED = "From: a@example.com\nContent-Type: multipart/mixed; boundary={}\n\n"


@pytest.mark.parametrize(
    ("mail", "text"),
    [
        # boundaries that begin alike, in both orders
        (
            MIXED.format("a") + "--a\nContent-Type: multipart/mixed; boundary=ab\n\n"
            "--ab\n\nOne\n--ab--\n--a\n\nTwo\n--a--",
            "One\n\nTwo",
        ),
        (
            MIXED.format("ab") + "--ab\nContent-Type: multipart/mixed; boundary=a\n\n"
            "--a\n\nOne\n--a--\n--ab\n\nTwo\n--ab--",
            "One\n\nTwo",
        ),
        # an inner multipart that never ends, and an outer one
        (
            MIXED.format("x") + "--x\nContent-Type: multipart/mixed; boundary=y\n\n"
            "--y\n\nOne\n--x\n\nTwo",
            "One\n\nTwo",
        ),
        # the same boundary inside and outside
        (
            MIXED.format("x") + "--x\nContent-Type: multipart/mixed; boundary=x\n\n"
            "--x\n\nOne\n--x\n\nTwo\n--x--",
            "One\n\nTwo",
        ),
        # dashes in the boundary, blanks behind it, white space round the parameter
        (MIXED.format('"--x--"') + "----x--\n\nOne\n----x----", "One"),
        (MIXED.format("x") + "--x  \t\n\nOne\n--x--  ", "One"),
        ("Content-Type: multipart/mixed; boundary = x \n\n--x\n\nOne", "One"),
        # no semicolon before the parameter
        ('Content-Type: multipart/mixed\n\tboundary="x"\n\n--x\n\nOne\n--x--', "One"),
        # another case than declared, another boundary, none at all
        (MIXED.format("bound") + "--BOUND\n\nOne\n--BOUND--", "One"),
        (MIXED.format("x") + "--y\nContent-Type: text/plain\n\nOne\n--y--", "One"),
        (
            "Content-Type: multipart/mixed\n\n--y\nContent-Type: text/plain\n\nOne\n--y--",
            "One",
        ),
        (MIXED.format("x" * 300) + f"--{'x' * 300}\nContent-Type: text/plain\n\nOne", "One"),
        # more behind the boundary on its line
        (MIXED.format("x") + "--xy\nContent-Type: text/plain\n\nOne\n--xz\n\nTwo", "One\n\nTwo"),
        # parts behind the last boundary, the last one between parts
        (MIXED.format("x") + "--x\n\nOne\n--x--\n\n--x\n\nTwo\n--x--", "One\n\nTwo"),
        (
            MIXED.format("x") + "--x\n\nOne\n--x--\nContent-Type: text/plain\n\nTwo\n--x--",
            "One\n\nTwo",
        ),
        # words before the first boundary and behind the last one are none of the mail's
        (MIXED.format("x") + "A MIME mail.\n--x\n\nOne\n--x--\nThe end.", "One"),
        # but they are better than nothing
        (MIXED.format("x") + "All words.\n--x\nContent-Type: image/png\n\n.\n--x--", "All words."),
        # the first boundary is missing, so that two types stand in one block
        (
            MIXED.format("x").replace("\n\n", "\nContent-Type: text/plain\n\n")
            + "One\n--x\nContent-Type: text/plain\n\nTwo\n--x--",
            "One\n\nTwo",
        ),
        # a multipart in base64
        (
            MIXED.format("x").replace("\n\n", "\nContent-Transfer-Encoding: base64\n\n")
            + base64.b64encode(b"--x\n\nOne\n--x--").decode(),
            "One",
        ),
        # no boundary anywhere
        (MIXED.format("x") + "All words.", "All words."),
        # no type, an empty one, one that is none
        ("From: a@example.com\n\nOne", "One"),
        ("Content-Type:\n\nOne", "One"),
        ("Content-Type: text\n\nOne", "One"),
        # no header at all
        ("Only words,\nin two lines", "Only words,\nin two lines"),
        ("From me to you: hello", "From me to you: hello"),
        # mbox, byte order mark
        ("From ada@example.com Mon Jan  1\nSubject: s\n\nOne", "One"),
        ("\ufeffSubject: s\n\nOne", "One"),
    ],
)
def test_words_are_read_whatever_the_multipart_looks_like(read: Read, mail: str, text: str) -> None:
    assert read(mail.encode()).message.text == text
    assert read(mail.replace("\n", "\r\n").encode()).message.text == text


@pytest.mark.parametrize(
    "raw",
    [
        b"Subject: s\rTo: b@example.com\r\rOne\rTwo",
        b"Subject: s\r\r\nTo: b@example.com\r\r\n\r\r\nOne\r\r\nTwo",
        b"Subject: s\r\nTo: b@example.com\n\nOne\r\nTwo",
        b"Subject: s\nTo: b@example.com\r\n\r\nOne\nTwo",
        b"\r\n\r\nSubject: s\nTo: b@example.com\n\nO\0ne\nTwo\0",
        b"Subject: s\nTo: b@example.com\n\nOne\rTwo",
    ],
)
def test_lines_may_end_in_any_way(read: Read, raw: bytes) -> None:
    message = read(raw).message
    assert (message.subject, message.recipients) == ("s", ("b@example.com",))
    assert message.text == "One\nTwo"


def test_a_part_of_nothing_but_fields_is_empty(read: Read) -> None:
    mail = MIXED.format('":f"') + "--:f\n--:f\nContent-Type: text/plain\n--:f--\n"
    assert read(mail.encode()).message.text == ""


def test_parts_beyond_the_bound_stay_together_as_a_file() -> None:
    part = b"--x\nContent-Type: image/gif\n\nGIF\n"
    root, flags = tree(MIXED.format("x").encode() + part * (MIME_PARTS_MAX + 5) + b"--x--")
    rest = root.children[-1]
    assert flags == ("mime_parts",)
    assert rest.media_type == "application/octet-stream"
    assert rest.body.count(b"GIF\n") == 5


def test_levels_beyond_the_bound_stay_together_as_a_file(read: Read) -> None:
    mail = "From: a@example.com\n" + "".join(
        f"Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n"
        for level in range(MIME_DEPTH_MAX + 3)
    )
    message = read(f"{mail}\ndeep".encode()).message
    (rest,) = message.attachments
    assert "mime_depth" in message.flags
    assert rest.content_type == "application/octet-stream"


def test_a_large_mail_is_nested_no_deeper_than_its_work_allows() -> None:
    levels = 25
    mail = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level)
        for level in range(levels)
    )
    assert tree(mail + b"\n" + b"deep")[1] == ()
    assert tree(mail + b"\n" + b"x" * 2_000_000)[1] == ("mime_depth",)


@pytest.mark.parametrize(
    "raw",
    [
        MIXED.format("x").encode() + b"--x\n" * 200_000,
        MIXED.format("x").encode() + b"--xy\n" * 200_000,
        MIXED.format("x").encode() + b"--" * 500_000,
        MIXED.format("x").encode() + b"\r" * 1_000_000,
        b"Content-Type: message/rfc822\n\n" * 30_000,
        b"A:" + b" " * 1_000_000 + b"\n" + b" \n" * 300_000,
        b"Content-Type: multipart/mixed; boundary=x\n--x" * 20_000,
        b"Content-Type: multipart/mixed\n\n" + b"--a\nContent-A:\n" * 60_000,
        b"=?a?q?" * 100_000,
        b"From: " + b"<" * 200_000 + b"\n\n" + b"begin 644 x\nM\n" * 60_000,
    ],
)
def test_a_hostile_mail_of_a_megabyte_is_read_in_time(read: Read, raw: bytes) -> None:
    read(b"Subject: warm up\n\nThe language model is read once.")
    start = time.process_time()
    read(raw)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("data", "content"),
    [
        (b"R3LDvMOfZQ==", "Grüße"),
        (b"R3LDvMOfZQ", "Grüße"),
        (b"R3LD\nvMOf\nZQ==\n", "Grüße"),
        (b"R3LD!vMOfZQ==", "Grüße"),
        # joined after they were encoded
        (b"R3LDvA==\nw59l\n", "Grüße"),
        (b"R3LDvMOfZQ==R3LDvMOfZQ==", "GrüßeGrüße"),
        # a mailing list has added its footer
        (
            b"R3LDvMOfZQ==\n_____\nusers mailing list",
            "Grüße\n_____\nusers mailing list",
        ),
        (b"R3LDvMOfZQ== and more", "Grüße\nand more"),
    ],
)
def test_base64_is_read_in_any_quality(data: bytes, content: str) -> None:
    assert from_base64(data).decode() == content


@pytest.mark.parametrize("words", ["Hello", "Hello there, how are you?", "Grüße aus Köln"])
def test_words_that_only_claim_to_be_base64_stay(words: str) -> None:
    assert transferred(words.encode(), "base64") == (words.encode(), ("encoding_broken",))


@pytest.mark.parametrize(
    ("data", "content"),
    [
        (b"Gr=C3=BC=c3=9fe", "Grüße"),
        (b"soft=\nbreak=\r\ns", "softbreaks"),
        (b"soft= \nbreak=\t\r\ns", "softbreaks"),
        (b"bare=\rreturn\nline", "barereturn\nline"),
        (b"100 =% =ZZ =A end=", "100 =% =ZZ =A end"),
        (b"a==3Db", "a==b"),
        (b"a===3Db", "a===b"),
        ("raw ü =C3=BC".encode(), "raw ü ü"),
        (b"=", ""),
    ],
)
def test_quoted_printable_is_read_in_any_quality(data: bytes, content: str) -> None:
    assert from_quoted(data).decode() == content


@pytest.mark.parametrize("data", [b"a=b", b"x=\n=\n", bytes(range(256)), b"==" * 40])
def test_what_python_quotes_is_read_back(data: bytes) -> None:
    assert from_quoted(quopri.encodestring(data)) == data


def test_uuencoded_lines_may_have_lost_the_blanks_at_their_ends() -> None:
    assert from_uu(b"%1W)A8VD \nend") == b"Graci"
    assert from_uu(b"#0V%T\n`\nend\nbehind") == b"Cat"
    assert from_uu(b'!"0\n#0V%T\n') == b"\tCat"


@pytest.mark.parametrize(
    ("encoding", "flags"),
    [
        ("", ()),
        ("7-bit", ()),
        ("8Bit", ()),
        ("BASE64 ", ()),
        ('"base64"', ()),
        ("base64; x=y", ()),
        ("Quoted Printable", ()),
        ("x-uuencode", ()),
        ("x-binhex", ("encoding_unknown",)),
    ],
)
def test_an_encoding_is_known_under_the_names_that_senders_give_it(
    encoding: str, flags: tuple[str, ...]
) -> None:
    assert transferred(b"R3LDvMOfZQ==", encoding)[1] == flags
