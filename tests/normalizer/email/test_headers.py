"""Header fields, encoded words, parameters, addresses and dates as senders leave them."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.normalizer.email.addresses import Mailbox, mailboxes
from maitred.normalizer.email.dates import sent_at
from maitred.normalizer.email.encoded_words import decoded
from maitred.normalizer.email.headers import BLOCK_BYTES_MAX, message_ids, split
from maitred.normalizer.email.parameters import file_name, media_type, parameters


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?B?R3LDvMOfZQ==?=", "Grüße"),
        ("=?UTF-8?b?R3LDvMOfZQ==?=", "Grüße"),
        ("=?utf-8?Q?caf=c3=a9?=", "café"),
        ("=?ISO-8859-1?Q?Gr=FC=DFe_aus?= =?ISO-8859-1?Q?_K=F6ln?=", "Grüße aus Köln"),
        ("a =?utf-8?q?b?= c", "a b c"),
        ("=?iso-8859-1?Q?Frösche?=", "Frösche"),
        ("=?utf-7?Q?Fr+APY-sche?=", "Frösche"),
        ("=?iso-2022-jp?B?GyRCJUYlOSVIGyhC?=", "テスト"),
        ("=?GB2312?B?xOO6ww==?=", "你好"),
        # a language (RFC 2231, section 5)
        ("=?utf-8*de?q?=C3=A4?=", "ä"),
        # a charset that nobody knows
        ("=?nowhere?q?=E4?=", "ä"),
        # a character that was split between two words, and base64 that was split anywhere
        ("=?utf-8?B?R3LD?= =?utf-8?B?vMOf?=", "Grüß"),
        ("=?utf-8?Q?Gr=C3?= =?utf-8?Q?=BC=C3=9F?=", "Grüß"),
        ("=?utf-8?B?R3LDv?= =?utf-8?B?MOfZQ==?=", "Grüße"),
        # padding that is missing, once and twice
        ("=?utf-8?B?R3LDvMOfZQ?=", "Grüße"),
        ("=?utf-8?B?R3LDvMOfZQ?= =?utf-8?B?R3LDvMOfZQ?=", "GrüßeGrüße"),
        # spaces inside, none between, none around
        ("=?utf-8?q?a b c?=", "a b c"),
        ("=?utf-8?B?R3LD vMOf ZQ==?=", "Grüße"),
        ("=? utf-8 ? q ?a?=", "a"),
        ("=?utf-8?q?a?==?utf-8?q?b?=", "ab"),
        ("x=?utf-8?q?a?=y", "xay"),
        ("Re: [tag] =?utf-8?q?a?=", "Re: [tag] a"),
        # bare question marks
        ("=?utf-8?q?a?b?c?=", "a?b?c"),
        ("=?utf-8?q?why??=", "why?"),
        ("=?utf-8?q?what?=3F?=", "what??"),
        ("=?utf-8?q?what?=21?= =?utf-8?q?x?=", "what?!x"),
        # in quoted strings
        ('"=?utf-8?q?L=C3=B6we?="', '"Löwe"'),
        # encoded twice
        ("=?utf-8?Q?=3D=3Futf-8=3FB=3FR3LDvMOfZQ=3D=3D=3F=3D?=", "Grüße"),
        # cut off
        ("=?utf-8?B?R3LDvMOf", "Grüß"),
        ("=?utf-8?Q?Gr=C3=BC?", "Grü"),
        ("=?utf-8?q?abc =?utf-8?q?def?=", "=?utf-8?q?abc def"),
        # no encoded words
        ("=?utf-8?x?broken?=", "=?utf-8?x?broken?="),
        ("1 =? 2 ?= 3", "1 =? 2 ?= 3"),
        ("=?utf-8?q??=", ""),
    ],
)
def test_encoded_words_are_read(value: str, text: str) -> None:
    assert decoded(value) == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Ada <a@b.example>", [Mailbox("a@b.example", "Ada")]),
        ("a@b.example", [Mailbox("a@b.example", "")]),
        ('"Love, Ada" <a@b.example>', [Mailbox("a@b.example", "Love, Ada")]),
        ("Lovelace, Ada <a@b.example>", [Mailbox("a@b.example", "Lovelace, Ada")]),
        ("'Ada' <a@b.example>", [Mailbox("a@b.example", "Ada")]),
        ("Ann O'Brien <a@b.example>", [Mailbox("a@b.example", "Ann O'Brien")]),
        ("a@b.example (Ada)", [Mailbox("a@b.example", "Ada")]),
        ("Ada a@b.example", [Mailbox("a@b.example", "Ada")]),
        ("a@b.example, <c@d.example>", [Mailbox("a@b.example", ""), Mailbox("c@d.example", "")]),
        ("a@b.example;c@d.example", [Mailbox("a@b.example", ""), Mailbox("c@d.example", "")]),
        (
            "Team: a@b.example, c@d.example;",
            [Mailbox("a@b.example", ""), Mailbox("c@d.example", "")],
        ),
        (
            "A(Some)  :Chris <c@(his host.)public.example>,  John <jdoe@one.example> (friend);",
            [Mailbox("c@public.example", "Chris"), Mailbox("jdoe@one.example", "John")],
        ),
        ("Undisclosed recipients:;", []),
        ("=?utf-8?q?L=C3=B6we=2C_Ada?= <a@b.example>", [Mailbox("a@b.example", "Löwe, Ada")]),
        ("=?utf-8?Q?Löwe,_Ada?= <a@b.example>", [Mailbox("a@b.example", "Löwe, Ada")]),
        ('"=?utf-8?B?R3LDvMOfZQ==?=" <a@b.example>', [Mailbox("a@b.example", "Grüße")]),
        ("=?utf-8?q?Ada_=3Ca=40b.example=3E?=", [Mailbox("a@b.example", "Ada")]),
        ('"x@y.example" <a@b.example>', [Mailbox("a@b.example", "x@y.example")]),
        ("<@relay.example:a@b.example>", [Mailbox("a@b.example", "")]),
        ("<mailto:a@b.example>", [Mailbox("a@b.example", "")]),
        ("Pete(\\) chap) <pete(his)@silly.example>", [Mailbox("pete@silly.example", "Pete")]),
        ("< a @ b . example >", [Mailbox("a@b.example", "")]),
        ("jdoe@one  . example", [Mailbox("jdoe@one.example", "")]),
        ("Ada <a@b.example", [Mailbox("a@b.example", "Ada")]),
        ('Ada" <a@b.example>', [Mailbox("a@b.example", "Ada")]),
        ("a@b.example <>", [Mailbox("a@b.example", "")]),
        # without a domain: what a mail system itself writes
        ("Mail System <MAILER-DAEMON>", [Mailbox("MAILER-DAEMON", "Mail System")]),
        ("MAILER-DAEMON", [Mailbox("", "MAILER-DAEMON")]),
        ("Ada <>", [Mailbox("", "Ada")]),
        ("", []),
        ("((((", []),
    ],
)
def test_address_lists_are_read(value: str, expected: list[Mailbox]) -> None:
    assert list(mailboxes(value)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            "x; filename*0*=utf-8''a%C3%A4; filename*1=\"b;c\"; filename*2*=%20d; size=3",
            {"filename": "aäb;c d", "size": "3"},
        ),
        ("x; name*=iso-8859-1'de'%E4", {"name": "ä"}),
        ("x; name=plain; name*=utf-8''%C3%A4", {"name": "ä"}),
        ("x; filename*1=b.pdf; filename*0=a", {"filename": "ab.pdf"}),
        ("x; filename*=UTF-8'a.pdf", {"filename": "a.pdf"}),
        ("x; filename*=a%20b.pdf", {"filename": "a b.pdf"}),
        ("x; filename*=utf-8''it's%20mine.pdf", {"filename": "it's mine.pdf"}),
        ('x; filename*0="=?utf-8?B?R3LD"; filename*1="vMOf?="', {"filename": "Grüß"}),
        ("x; filename==?utf-8?q?a=20b?=.pdf; z=1", {"filename": "a b.pdf", "z": "1"}),
        ('x; name="a\\"b"; name=second', {"name": 'a"b'}),
        ('x; name="my "own" file.pdf"', {"name": 'my "own" file.pdf'}),
        ('x; name="C:\\dir\\new.txt"', {"name": "C:\\dir\\new.txt"}),
        ('x; name="a" size=3', {"name": "a", "size": "3"}),
        ("x; name = my file.pdf ; y", {"name": "my file.pdf"}),
        ('multipart/mixed boundary="b"', {"boundary": "b"}),
        ('x; name="never closed', {"name": "never closed"}),
        ("x; =; ;; name = bare ; y", {"name": "bare"}),
        ("x", {}),
    ],
)
def test_parameters_are_read(value: str, expected: dict[str, str]) -> None:
    assert parameters(value) == expected


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Invoice.pdf", "Invoice.pdf"),
        ("invoice.pdf.exe", "invoice.pdf.exe"),
        ("Invoice 10/2023.pdf", "Invoice 10/2023.pdf"),
        ("../../etc/passwd", "passwd"),
        ("a/../b", "b"),
        ("/x/y/z.txt", "z.txt"),
        ("~/x", "x"),
        ("C:\\x\\y.txt", "y.txt"),
        ("\\\\server\\share\\x.doc", "x.doc"),
        ("..", ""),
        (" .profile ", ".profile"),
    ],
)
def test_a_file_loses_its_folders_and_keeps_its_name(name: str, kept: str) -> None:
    assert file_name(name) == kept


def test_media_types_are_read_or_missing() -> None:
    assert media_type("Text/HTML; charset=x") == "text/html"
    assert media_type("multipart/mixed boundary=x") == "multipart/mixed"
    assert media_type("text") == ""
    assert media_type("a b/c d") == ""


@pytest.mark.parametrize(
    ("value", "utc"),
    [
        ("Mon, 01 Jan 2024 10:00:00 +0000", "2024-01-01 10:00:00"),
        ("Mon, 1 Jan 2024 10:00:00 -0330 (Newfoundland Time)", "2024-01-01 13:30:00"),
        ("Mon,1 Jan 2024 10:00:00 +0000", "2024-01-01 10:00:00"),
        ("1 Jan 2024 10:00 GMT", "2024-01-01 10:00:00"),
        ("21 Nov 97 09:55:06 GMT", "1997-11-21 09:55:06"),
        ("Mon, 1 Jan 124 10:00:00 +0000", "2024-01-01 10:00:00"),
        ("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", "1997-11-21 15:55:06"),
        ("Mon, 1 Jan 2024 10:00:00 EST", "2024-01-01 15:00:00"),
        ("Mon, 1 Jan 2024 10:00:00 CEST", "2024-01-01 08:00:00"),
        ("Mon, 1 Jan 2024 10:00:00 XYZ", "2024-01-01 10:00:00"),
        ("Mon, 1 Jan 2024 10:00:00 GMT+01:00", "2024-01-01 09:00:00"),
        ("Mon, 1 Jan 2024 10:00:00 +01:00", "2024-01-01 09:00:00"),
        ("Mon, 1 Jan 2024 10:00:00 +2", "2024-01-01 08:00:00"),
        ("Mon, 1 Jan 2024 10.00.00 +0000", "2024-01-01 10:00:00"),
        ("Mon, 01-Jan-24 10:00:00 GMT", "2024-01-01 10:00:00"),
        ("Monday, January 1, 2024 10:00:00 PM", "2024-01-01 22:00:00"),
        ("Mon Jan  1 10:00:00 2024", "2024-01-01 10:00:00"),
        ("2024-01-01T10:00:00Z", "2024-01-01 10:00:00"),
        ("2024-01-01 10:00:00.123 +0100", "2024-01-01 09:00:00"),
        ("Mon, 1 Jan 2024 23:59:60 +0000", "2024-01-01 23:59:59"),
    ],
)
def test_a_date_is_read_in_every_form_that_mail_has_known(value: str, utc: str) -> None:
    found = sent_at(value)
    assert found is not None
    assert found == datetime.fromisoformat(f"{utc}+00:00").timestamp() * 1000


@pytest.mark.parametrize(
    "value",
    [
        "",
        "yesterday",
        "Thu, 31 Feb 2020 25:00:00 +9999",
        "Thu, 01 Jan 1900 00:00:00 +0000",
        "Thu, 01 Jan 99999999999 00:00:00 +0000",
        "Thu, 01 Jan 2020 00:00:00 +99999999999999",
        "2020-13-45T10:00:00Z",
    ],
)
def test_a_date_that_is_none_is_missing(value: str) -> None:
    assert sent_at(value) is None


def test_message_ids_are_found_with_and_without_brackets() -> None:
    assert message_ids("<a@b> junk <c@d>\n <a@b>") == ("<a@b>", "<c@d>")
    assert message_ids("a@b") == ("<a@b>",)
    assert message_ids("Your mail of Tuesday") == ()
    assert message_ids("<a\x00@b> <c@d>") == ("<c@d>",)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_block_of_fields_is_split_from_the_body(end: str) -> None:
    mail = end.join(["From x", "A: 1", "  2", "B:3", "b : 4", "", "body", "", "more"])
    fields, body, flags = split(mail.encode(), top=True)
    assert fields.fields == {"a": ["1 2"], "b": ["3", "4"]}
    assert body == end.join(["body", "", "more"]).encode()
    assert flags == ()


def test_a_line_of_blanks_continues_a_field() -> None:
    fields, body, _ = split(b"A: 1\n \n 2\nB: 3\n\nbody")
    assert (fields.first("a"), fields.first("b"), body) == ("1 2", "3", b"body")


def test_a_long_run_of_blanks_is_unfolded_in_time() -> None:
    fields, _, _ = split(
        b"A: 1" + (b" " * 60_000 + b"\n ") * 4 + b"2\nB: \xff" + b"\r" * 60_000 + b"\n\n"
    )
    assert fields.first("a").split() == ["1"]


def test_a_part_without_fields_is_all_body() -> None:
    assert split(b"\nbody")[1] == b"body"
    assert split(b"\r\nbody")[1] == b"body"
    assert split(b"")[1] == b""


def test_a_line_that_is_no_field_is_passed_over_or_begins_the_body() -> None:
    fields, body, flags = split(b"A: 1\nnonsense\nB: 2\n\nbody")
    assert (fields.first("b"), body, flags) == ("2", b"body", ("header_broken",))
    fields, body, flags = split(b"A: 1\nfirst words\nsecond words")
    assert (fields.first("a"), body) == ("1", b"first words\nsecond words")


def test_fields_without_a_body_are_all_read() -> None:
    fields, body, flags = split(b"A: 1\nB: 2")
    assert (fields.first("a"), fields.first("b"), body, flags) == ("1", "2", b"", ())


def test_an_endless_block_of_fields_is_cut() -> None:
    fields, body, flags = split(b"A: 1\n" + b"B: 2\n" * 100_000 + b"\nbody")
    assert (fields.first("a"), body, flags) == ("1", b"body", ("header_cut",))


def test_an_endless_field_is_cut_and_what_follows_is_read() -> None:
    long = b"A: " + b"word\n " * (BLOCK_BYTES_MAX // 12) + b"end\n"
    fields, body, flags = split(long + b"B: 2\n\nbody")
    assert (fields.first("b"), body, flags) == ("2", b"body", ())
    assert fields.first("a").startswith("word word")


def test_bare_letters_beyond_ascii_are_utf_8_or_what_the_body_is_in() -> None:
    fields, _, _ = split("Subject: Grüße\nA: b\n\n".encode())
    assert fields.first("subject") == "Grüße"
    block = "Subject: Посылка не пришла\nContent-Type: text/plain; charset=koi8-r\n\n"
    assert split(block.encode("koi8_r"))[0].first("subject") == "Посылка не пришла"
    assert split("Subject: Grüße\n\n".encode("cp1252"))[0].first("subject") == "Grüße"


@given(st.text(max_size=300))
def test_any_header_value_is_read(value: str) -> None:
    decoded(value)
    mailboxes(value)
    parameters(value)
    message_ids(value)
    sent_at(value)
    file_name(value)


@given(st.lists(st.sampled_from(["=?utf-8?q?", "=?x?q?", "?=", "=", "?", " ", "YQ", "ä", "=?"])))
def test_no_letter_is_lost_in_any_row_of_halves_of_encoded_words(pieces: list[str]) -> None:
    value = "".join(pieces)
    assert decoded(value).count("ä") == value.count("ä")
    assert decoded(value).count("YQ") == value.count("YQ")


@given(st.binary(max_size=300), st.booleans())
def test_any_block_of_fields_is_split_without_losing_the_body(data: bytes, top: bool) -> None:  # noqa: FBT001  (drawn)
    _, body, _ = split(data, top=top)
    assert data.endswith(body)


@pytest.mark.parametrize(
    "value",
    [
        "(" * 50_000,
        '"' * 50_000,
        "<" * 50_000,
        "=?a?q?" * 10_000,
        "=?a?q?x?=21" * 6_000,
        "=?utf-8?b?YQ" * 5_000,
        "=?" * 30_000,
        "?=" * 30_000,
        ";a=" * 20_000,
        "; " * 30_000,
        " " * 60_000,
        'x; a="' + '" ' * 30_000,
        "a@" * 30_000,
        "a . " * 15_000,
        ":" * 60_000,
    ],
)
@pytest.mark.timeout(20)
def test_a_hostile_value_is_read_in_time(value: str) -> None:
    decoded(value)
    assert len(mailboxes(value)) <= 200
    assert len(parameters(value)) <= 64
    message_ids(value)
    sent_at(value)
    file_name(value)
