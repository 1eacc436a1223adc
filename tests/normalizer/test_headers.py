"""Header fields, addresses and charsets in the states in which senders leave them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.normalizer.addresses import Mailbox, mailboxes
from maitred.normalizer.charset import codec, from_base64, text_of
from maitred.normalizer.headers import decoded, media_type, message_ids, parameters, split


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?B?R3LDvMOfZQ==?=", "Grüße"),
        ("=?utf-8?B?R3LDvMOfZQ?=", "Grüße"),
        ("=?ISO-8859-1?Q?Gr=FC=DFe_aus?= =?ISO-8859-1?Q?_K=F6ln?=", "Grüße aus Köln"),
        ("=?utf-8?B?R3LD?= =?utf-8?B?vMOf?=", "Grüß"),
        ("a =?utf-8?q?b?= c", "a b c"),
        ("=?iso-8859-1?Q?Frösche?=", "Frösche"),
        ("=?utf-7?Q?Fr+APY-sche?=", "Frösche"),
        ("=?utf-8*de?q?=C3=A4?=", "ä"),
        ("=?nowhere?q?=E4?=", "ä"),
        ("=?utf-8?x?broken?=", "=?utf-8?x?broken?="),
        ("1 =? 2", "1 =? 2"),
    ],
)
def test_encoded_words_are_read(value: str, text: str) -> None:
    assert decoded(value) == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Ada <a@b.example>", [Mailbox("a@b.example", "Ada")]),
        ('"Love, Ada" <a@b.example>', [Mailbox("a@b.example", "Love, Ada")]),
        ("a@b.example (Ada)", [Mailbox("a@b.example", "Ada")]),
        ("a@b.example, <c@d.example>", [Mailbox("a@b.example", ""), Mailbox("c@d.example", "")]),
        (
            "Team: a@b.example, c@d.example;",
            [Mailbox("a@b.example", ""), Mailbox("c@d.example", "")],
        ),
        ("Undisclosed recipients:;", []),
        ("=?utf-8?q?L=C3=B6we=2C_Ada?= <a@b.example>", [Mailbox("a@b.example", "Löwe, Ada")]),
        ('"x@y.example" <a@b.example>', [Mailbox("a@b.example", "x@y.example")]),
        ("<@relay.example:a@b.example>", [Mailbox("a@b.example", "")]),
        ("Ada <a@b.example", [Mailbox("a@b.example", "Ada")]),
        ("", []),
        ("((((", []),
    ],
)
def test_address_lists_are_read(value: str, expected: list[Mailbox]) -> None:
    assert list(mailboxes(value)) == expected


def test_parameters_follow_rfc_2231() -> None:
    value = "attachment; filename*0*=utf-8''a%C3%A4; filename*1=\"b;c\"; filename*2*=%20d; size=3"
    assert parameters(value) == {"filename": "aäb;cd"[:5] + " d", "size": "3"}
    assert parameters("x; name*=iso-8859-1'de'%E4") == {"name": "ä"}
    assert parameters('x; name="a\\"b"; name=second') == {"name": 'a"b'}
    assert parameters("x; =; ;; name = bare ; y") == {"name": "bare"}


def test_media_types_are_read_or_missing() -> None:
    assert media_type("Text/HTML; charset=x") == "text/html"
    assert media_type("text") == ""
    assert media_type("a b/c d") == ""


def test_message_ids_are_found_with_and_without_brackets() -> None:
    assert message_ids("<a@b> junk <c@d>\n <a@b>") == ("<a@b>", "<c@d>")
    assert message_ids("a@b") == ("<a@b>",)
    assert message_ids("Your mail of Tuesday") == ()
    assert message_ids("<a\x00@b> <c@d>") == ("<c@d>",)


def test_a_block_of_fields_is_split_from_the_body() -> None:
    fields, body, flags = split(b"From x\nA: 1\r\n  2\nB:3\n\nbody", top=True)
    assert (fields.first("a"), fields.first("b"), body, flags) == ("1 2", "3", b"body", ())


def test_a_line_that_is_no_field_is_passed_over_or_begins_the_body() -> None:
    fields, body, flags = split(b"A: 1\nnonsense\nB: 2\n\nbody")
    assert (fields.first("b"), body, flags) == ("2", b"body", ("header_broken",))
    fields, body, flags = split(b"A: 1\nfirst words\nsecond words")
    assert (fields.first("a"), body) == ("1", b"first words\nsecond words")


def test_an_endless_block_of_fields_is_cut() -> None:
    fields, body, flags = split(b"A: 1\n" + b"B: 2\n" * 100_000 + b"\nbody")
    assert (fields.first("a"), body, flags) == ("1", b"body", ("header_cut",))


def test_charsets_are_known_by_table_only() -> None:
    assert codec("UTF-8") == "utf_8"
    assert codec("iso-8859-1") == "cp1252"
    assert codec("ks_c_5601-1987") == "cp949"
    for name in ("zlib", "hex", "idna", "punycode", "unicode_escape", "undefined", "os", "\0", ""):
        assert codec(name) is None


def test_text_is_read_as_declared_or_guessed() -> None:
    assert text_of("ä".encode(), "utf-8") == ("ä", ())
    assert text_of("ä".encode(), "") == ("ä", ())
    assert text_of(b"\xe4", "utf-8") == ("ä", ("charset_guessed",))
    assert text_of("ä".encode(), "us-ascii") == ("ä", ())
    assert text_of("日本".encode("euc_jp"), "iso-2022-jp") == ("日本", ("charset_guessed",))
    assert text_of("文字".encode("gb18030"), "gb2312") == ("文字", ())


@given(st.binary(max_size=200), st.sampled_from(["utf-7", "utf-16", "iso-2022-jp", "hz", "x"]))
def test_any_bytes_become_text(data: bytes, charset: str) -> None:
    assert isinstance(text_of(data, charset)[0], str)
    assert isinstance(from_base64(data), bytes)


@given(st.text(max_size=300))
def test_any_header_value_is_read(value: str) -> None:
    decoded(value)
    mailboxes(value)
    parameters(value)
    message_ids(value)


def test_hostile_values_are_read_in_time() -> None:
    for value in ("(" * 50_000, '"' * 50_000, "<" * 50_000, "=?a?q?" * 10_000, ";a=" * 20_000):
        decoded(value)
        assert len(mailboxes(value)) <= 200
        assert len(parameters(value)) <= 64
        message_ids(value)
