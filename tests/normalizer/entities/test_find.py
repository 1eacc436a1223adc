"""All kinds together: each thing once, in the order of the text, whatever the text is."""

# ruff: noqa: RUF001  (letters of many scripts look alike, and each is meant)

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.limits import ENTITIES_MAX
from maitred.normalizer.entities import find
from maitred.normalizer.entities.sought import CHARACTERS_MAX
from maitred.normalizer.patterns import NumberPattern
from tests.normalizer.entities.conftest import AT

LETTER = """Dear team,
my order no. AB-7781 of 12 March 2026 ($1,234.50) did not arrive. UPS says 1Z999AA10123456784,
see https://ups.example/track. Call +44 20 7946 0958 or write to Ann@Example.com.
I paid from DE89 3704 0044 0532 0130 00 and then with 4111 1111 1111 1111.
"""


def test_a_letter_names_each_thing_once_in_its_order() -> None:
    found = find(LETTER + LETTER, "US", language="en", at=AT)
    assert [(each.kind.value, each.value, each.label) for each in found] == [
        ("order", "AB-7781", "order"),
        ("date", "2026-03-12", ""),
        ("amount", "1234.50 USD", ""),
        ("tracking", "1Z999AA10123456784", "ups"),
        ("link", "https://ups.example/track", ""),
        ("phone", "+442079460958", ""),
        ("email", "ann@example.com", ""),
    ]


def test_accounts_and_cards_are_told_nowhere() -> None:
    for secret in (
        "DE89370400440532013000",
        "DE89 3704 0044 0532 0130 00",
        "de89370400440532013000",
        "GB82 WEST 1234 5698 7654 32",
        "IBAN: DE12370400440532013000",
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111 12/26",
        "378282246310005",
        "3782 822463 10005",
        "order no. 5555555555554444",
    ):
        assert find(secret, "US", more_regions=("DE",)) == ()


def test_of_too_many_the_numbers_stay_and_the_links_go() -> None:
    links = " ".join(f"https://example.com/{n}" for n in range(200))
    found = find(f"{links} order no. 12345")
    assert len(found) == ENTITIES_MAX
    assert found[-1].value == "12345"


def test_only_the_start_of_a_text_is_searched() -> None:
    assert find("a " * (CHARACTERS_MAX // 2) + "ann@example.com") == ()


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "1-" * 50_000,
        "12 " * 50_000,
        "1.234." * 20_000,
        "a@b." * 25_000,
        "a@b.cc " * 15_000,
        "http://" * 15_000,
        "://" * 15_000,
        "https://a(" * 9_000,
        "www." * 20_000,
        "order " * 15_000,
        "order 1 " * 9_000,
        "A-1" * 30_000,
        "+1 415 555 2671 " * 6_000,
        "1 2345678901 " * 6_000,
        "$1" * 50_000,
        "$1 million " * 9_000,
        "1.1.2026 " * 9_000,
        "12 may " * 9_000,
        "1Z" * 9_000,
        "RR123456785 " * 9_000,
        "DE89 " * 9_000,
        "注文番号1 " * 9_000,
        "１２" * 9_000,
        "#1" * 30_000,
    ],
)
def test_no_text_is_slow(text: str) -> None:
    """Three seconds are far above what any takes, and far below what something quadratic would."""
    start = time.process_time()
    find(text, "US", at=AT)
    assert time.process_time() - start < 3


pieces = st.sampled_from(
    [
        *(
            "order no. ",
            "12345",
            "#",
            "ticket ",
            "https://",
            "example.com",
            "@",
            "ann",
            "/",
            "www.",
        ),
        *(
            "€",
            "$",
            "EUR ",
            "12",
            "1.234,56",
            " ",
            "-",
            ".",
            ",",
            "(",
            ")",
            "12. März",
            "2026",
            ":",
        ),
        *("+49", "030 ", "1Z999AA10123456784", "RR123456785DE", "DE89", "年", "月", "日", "kr"),
        *(
            "注文番号",
            "٣",
            "１",
            "\n",
            "3782 822463 10005",
            "tracking ",
            "million ",
            "May ",
            "k",
            "x",
        ),
    ]
)
PATTERNS = (NumberPattern(name="own", pattern=r"[A-Z]{2}-?\d{3,5}"),)


@given(
    st.lists(pieces | st.text(max_size=4), max_size=30).map("".join),
    st.sampled_from([None, "US", "DE", "CA", "JP"]),
    st.sampled_from(["", "en", "de", "sv"]),
)
def test_any_text_is_searched_the_same_twice(text: str, region: str | None, language: str) -> None:
    found = find(text, region, language=language, at=AT, patterns=PATTERNS)
    assert found == find(text, region, language=language, at=AT, patterns=PATTERNS)
    named = [(each.kind, each.value) for each in found]
    assert len(set(named)) == len(named) <= ENTITIES_MAX
    for each in found:
        assert each.value.isprintable()
        assert each.value == each.value.strip() != ""


@given(st.text(alphabet=st.characters(exclude_categories=["Nd"]), max_size=200))
def test_without_a_digit_there_are_links_and_addresses_only(text: str) -> None:
    assert {each.kind.value for each in find(text, "US", at=AT)} <= {"link", "email"}
