"""Mail addresses are told in small letters, without the marks of the sentence."""

from __future__ import annotations

import pytest

from tests.normalizer.entities.conftest import Named


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ann@example.com", "ann@example.com"),
        ("write to Ada.L+x@Example.co.uk.", "ada.l+x@example.co.uk"),
        ("ann@example.com, please", "ann@example.com"),
        ("(ann@example.com)", "ann@example.com"),
        ("<ann@example.com>", "ann@example.com"),
        ("'ann@example.com'", "ann@example.com"),
        ('"ann@example.com"', "ann@example.com"),
        ("mailto:ann@example.com", "ann@example.com"),
        ("<mailto:ann@example.com|ann@example.com>", "ann@example.com"),
        ("E-Mail:ann@example.com", "ann@example.com"),
        ("o'brien@example.com", "o'brien@example.com"),
        ("-ann@example.com", "ann@example.com"),
        ("ann_b-c@sub.example.com!", "ann_b-c@sub.example.com"),
        ("jürgen@müller.example", "jürgen@müller.example"),
        ("почта@пример.рф", "почта@пример.рф"),
        ("用户@例子.中国", "用户@例子.中国"),
        ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
        ("ann@example.xn--p1ai", "ann@example.xn--p1ai"),
        ("ann@example.com?", "ann@example.com"),
        ("12345@qq.example", "12345@qq.example"),
        ("my address is ann@example.museum ok", "ann@example.museum"),
        ("ann@example.com\nBerlin", "ann@example.com"),
    ],
)
def test_an_address_is_told(named: Named, text: str, address: str) -> None:
    assert named("email", text) == [address]


@pytest.mark.parametrize(
    "text",
    [
        "user@localhost",
        "@ann",
        "thanks @ann.smith for this",
        "ann@",
        "ann@.com",
        "ann@example",
        "meet @ 10.30",
        "ann at example dot com",
        "logo@2x.png",
        "image001.png@01D5A2B3.C4D5E6F0",
        "git@example.com:ann/repo.git",
        "a@b",
        "2 @ 4.50 each",
    ],
)
def test_what_only_has_an_at_is_no_address(named: Named, text: str) -> None:
    assert named("email", text) == []
