"""Links are told as a reader would copy them, and without anybody's password."""


# ruff: noqa: RUF001  (letters of many scripts look alike, and each is meant)

from __future__ import annotations

import pytest

from tests.normalizer.entities.conftest import Named


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("see https://shop.example.com/a/b?q=1#top now", "https://shop.example.com/a/b?q=1#top"),
        ("http://example.com", "http://example.com"),
        ("https://example.com/x.", "https://example.com/x"),
        ("https://example.com/x, and", "https://example.com/x"),
        ("https://example.com/x!?", "https://example.com/x"),
        ("(https://example.com/x)", "https://example.com/x"),
        ("(see https://x.example/a_(b)?q=1).", "https://x.example/a_(b)?q=1"),
        (
            "https://en.example.org/wiki/Chair_(furniture)",
            "https://en.example.org/wiki/Chair_(furniture)",
        ),
        ("[a page](https://example.com/x)", "https://example.com/x"),
        ("[https://example.com/y](https://example.com/x)", "https://example.com/y"),
        ("<https://example.com/x>", "https://example.com/x"),
        ("<https://example.com/x|our page>", "https://example.com/x"),
        ("*https://example.com/x*", "https://example.com/x"),
        ("_https://example.com/x_", "https://example.com/x"),
        ("`https://example.com/x`", "https://example.com/x"),
        ('"https://example.com/x"', "https://example.com/x"),
        ("„https://example.com/x“", "https://example.com/x"),
        ("«https://example.com/x»", "https://example.com/x"),
        ("HTTPS://EXAMPLE.COM/Path", "https://example.com/Path"),
        ("www.example.com/x", "http://www.example.com/x"),
        ("go to WWW.Example.com.", "http://www.example.com"),
        ("https://user:pass@example.com/x", "https://example.com/x"),
        ("https://ann@example.com/x", "https://example.com/x"),
        ("https://bücher.example/käse", "https://bücher.example/käse"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
        ("https://пример.example/путь", "https://пример.example/путь"),
        ("https://उदाहरण.example/", "https://उदाहरण.example/"),
        ("请看https://example.com/a。谢谢", "https://example.com/a"),
        ("（https://example.com/a）です", "https://example.com/a"),
        ("リンク「https://example.com/a」", "https://example.com/a"),
        ("https://example.com:8443/x", "https://example.com:8443/x"),
        ("http://localhost:8080/x", "http://localhost:8080/x"),
        ("http://192.168.1.10/admin", "http://192.168.1.10/admin"),
        ("http://[2001:db8::1]/x", "http://[2001:db8::1]/x"),
        ("https://example.com/?ids[]=1&ids[]=2", "https://example.com/?ids[]=1&ids[]=2"),
        ("https://example.com/a…", "https://example.com/a"),
        ("https://example.com/it's", "https://example.com/it's"),
        ("https://example.com/orders/12345 is late", "https://example.com/orders/12345"),
    ],
)
def test_a_link_is_told(named: Named, text: str, link: str) -> None:
    assert named("link", text, "US")[:1] == [link]


@pytest.mark.parametrize(
    "text",
    [
        "http://",
        "https:// example.com",
        "http://...",
        "://example.com",
        "www.",
        "www. example",
        "awww.example.com that is sweet",
        "ftp://user:secret@files.example.com/x",
        "postgres://user:secret@db.example.com/x",
        "and/or, either/or",
        "example.com",
        "mailto:ann@example.com",
        "https://" + "h" * 600,
    ],
)
def test_what_nobody_can_open_is_no_link(named: Named, text: str) -> None:
    assert named("link", text, "US") == []


def test_a_password_in_a_link_is_told_nowhere(named: Named) -> None:
    for text in (
        "https://ann:s3cret@example.com/x",
        "ftp://ann:s3cret@example.com/x",
        "postgres://ann:s3cret@db.example.com:5432/x",
    ):
        for kind in ("link", "email", "order", "phone"):
            assert not any("s3cret" in value for value in named(kind, text, "US"))


def test_a_link_that_is_too_long_loses_its_query(named: Named) -> None:
    assert named("link", f"https://example.com/track?x={'y' * 900}") == [
        "https://example.com/track"
    ]


def test_digits_in_a_link_are_nothing_else(named: Named) -> None:
    text = "https://example.com/order-12345/4155552671/2026-03-12/49,90€"
    assert [kind for kind in ("order", "phone", "date", "amount") if named(kind, text, "US")] == []
