"""The header scanner, on what strangers write into headers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.connectors.email.headers import (
    HEADER_FIELDS_MAX,
    NO_VERDICT,
    authors,
    header_values,
    verdict,
)

SERVER = "mx.shop.example"


def results(text: str) -> bytes:
    return f"Authentication-Results: {text}\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("ann@home.example", [("ann@home.example", "")]),
        ("Ann Lee <ann@home.example>", [("ann@home.example", "Ann Lee")]),
        ('"Lee, Ann" <ann@home.example>', [("ann@home.example", "Lee, Ann")]),
        ('"A \\"x\\" <b@c>" <ann@home.example>', [("ann@home.example", 'A "x" <b@c>')]),
        ("ann@home.example (Ann (the <b@c>) Lee)", [("ann@home.example", "")]),
        ("=?utf-8?q?J=C3=BCrgen?= <j@h.example>", [("j@h.example", "Jürgen")]),
        ("=?no-such?q?x?= <j@h.example>", [("j@h.example", "=?no-such?q?x?=")]),
        ("Jürgen <j@h.example>", [("j@h.example", "Jürgen")]),
        ("a@b.example, c@d.example", [("a@b.example", ""), ("c@d.example", "")]),
        ("alice@example.org]<bob@example.com>", [("bob@example.com", "alice@example.org]")]),
        # Doubtful ones are none at all (CVE-2023-27043 and its kin).
        ("alice@example.org <bob@example.com> <c@d.example>", []),
        ("<a@b.example> c@d.example", []),
        ("a@b.example>", []),
        ("team: a@b.example;", []),
        ("a@b@c.example", []),
        ("", []),
    ],
)
def test_a_from_field_is_read_strictly(field: str, expected: list[tuple[str, str]]) -> None:
    found = authors(f"From: {field}\r\n\r\n".encode())
    assert [(author.address, author.name) for author in found] == expected


def test_a_name_is_bounded_and_one_line() -> None:
    (author,) = authors(b"From: =?utf-8?q?a=0D=0Ab?= " + b"x" * 900 + b" <a@b.example>\r\n\r\n")
    assert author.name.startswith("a b ")
    assert len(author.name) <= 200


def test_folded_fields_are_joined_and_the_body_is_never_read() -> None:
    mail = b"X: 1\r\nFROM: Ann\r\n <a@b.example>\r\n\r\nFrom: evil@x.example\r\n"
    assert header_values(mail, "From") == ["Ann <a@b.example>"]


def test_the_header_ends_at_the_first_line_that_is_no_field() -> None:
    assert header_values(b"X: 1\r\nno field here\r\nFrom: a@b.example\r\n\r\n", "From") == []


def test_a_field_beyond_the_bound_reads_as_empty() -> None:
    long = b"From: a@b.example,\r\n" + b" x@y.example,\r\n" * 1000 + b"\r\n"
    assert header_values(long, "From") == [""]
    assert authors(long) == []


@pytest.mark.parametrize("more", [b"X: y\r\n" * HEADER_FIELDS_MAX, b"X: y\r\n z" * 40_000])
def test_a_header_beyond_the_bounds_names_nobody(more: bytes) -> None:
    """The author whom a relay has judged may stand behind them."""
    mail = b"From: boss@home.example\r\n" + more + b"\r\nFrom: a@home.example\r\n\r\n"
    assert authors(mail) == []
    assert verdict(
        results(f"{SERVER}; dmarc=pass").replace(b"\r\n\r\n", b"\r\n") + mail, SERVER
    ) == (NO_VERDICT)


@pytest.mark.parametrize(
    ("text", "dmarc", "domain"),
    [
        (f"{SERVER}; dmarc=pass header.from=home.example", "pass", "home.example"),
        (
            (
                f"{SERVER} 1; spf=fail (x; dmarc=pass header.from=evil.example) smtp.mailfrom=a@b;"
                "\r\n dkim=fail; dkim=pass header.d=home.example;\r\n"
                " dmarc=pass (p=NONE dis=NONE) header.from=Home.Example"
            ),
            "pass",
            "home.example",
        ),
        (f"{SERVER}; dmarc=fail header.from=home.example", "fail", "home.example"),
        (f"{SERVER}; dmarc = pass header.from = home.example", "pass", "home.example"),
        (f"{SERVER}; dmarc=pass", "pass", ""),
        (f"{SERVER}; dmarc=pass header.from=a.example header.from=b.example", "pass", ""),
        (f"{SERVER}; dmarc=pass header.from=a.b; dmarc=pass header.from=c.d", None, ""),
        (f'{SERVER}; spf=pass smtp.mailfrom="x; dmarc=pass header.from=e.example"', None, ""),
        (f"{SERVER}; dmarc=passed header.from=home.example", None, ""),
        (f"{SERVER}.evil.example; dmarc=pass header.from=home.example", None, ""),
        (f"{SERVER}; none", None, ""),
        ("", None, ""),
    ],
)
def test_a_relays_verdict_is_read_as_rfc_8601_says(
    text: str, dmarc: str | None, domain: str
) -> None:
    found = verdict(results(text), SERVER)
    assert found.facts.get("dmarc") == dmarc
    assert found.from_domain == domain


def test_one_good_signature_is_enough() -> None:
    found = verdict(results(f"{SERVER}; dkim=pass; dkim=fail; spf=softfail"), SERVER)
    assert found.facts == {"dkim": "pass", "spf": "softfail"}


@given(st.binary(max_size=400))
def test_no_bytes_make_the_scanner_fail(noise: bytes) -> None:
    authors(b"From: " + noise)
    authors(noise)
    verdict(b"Authentication-Results: mx.shop.example; " + noise, SERVER)


@given(st.text(alphabet='<>@",.:;()[]\\ abü=?q-', max_size=40))
def test_no_from_field_yields_an_address_with_a_separator_in_it(field: str) -> None:
    for author in authors(f"From: {field}\r\n\r\n".encode()):
        assert author.address.count("@") == 1
        assert not set(author.address) & set('<>", ;:()[]\\')
