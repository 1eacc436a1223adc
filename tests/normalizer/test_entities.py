"""What a text names is found once, in normal form, and nothing is found in plain words."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.limits import ENTITIES_MAX
from maitred.normalizer.entities import find


def named(text: str, region: str | None = "US") -> list[tuple[str, str]]:
    return [(each.kind.value, each.value) for each in find(text, region)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("where is #12345?", "order", "12345"),
        ("my order 12345 is late", "order", "12345"),
        ("Order No. ab-7781 please", "order", "AB-7781"),
        ("Bestellnummer: Bestellung Nr. 99812", "order", "99812"),
        ("it is A-12345", "order", "A-12345"),
        ("write to Ada.L+x@Example.co.uk.", "email", "ada.l+x@example.co.uk"),
        ("call +44 20 7946 0958 now", "phone", "+442079460958"),
        ("call (415) 555-2671 now", "phone", "+14155552671"),
        ("see https://x.example/a_(b)?q=1).", "link", "https://x.example/a_(b)?q=1"),
        ("I paid $1,234.50", "amount", "1234.50 USD"),
        ("ich zahlte 1.234,50 €", "amount", "1234.50 EUR"),
        ("it cost 20 CHF", "amount", "20 CHF"),
        ("EUR 3,5 each", "amount", "3.50 EUR"),
        ("1'250 CHF", "amount", "1250 CHF"),
        ("since 2024-02-29.", "date", "2024-02-29"),
    ],
)
def test_an_entity_is_found(text: str, kind: str, value: str) -> None:
    assert named(text) == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    [
        "in order to be sure, in case of rain",
        "we met at 10:30 on the 3rd, room 12",
        "on 2024-02-30 or 2024-13-01",
        "user@localhost",
        "it is #1 for me",
        "version 1.2.3",
    ],
)
def test_plain_words_name_nothing(text: str) -> None:
    assert named(text) == []


def test_national_numbers_need_a_region() -> None:
    assert named("call 415 555 2671", None) == []


def test_each_is_listed_once_and_in_bounds() -> None:
    assert named("#12345 and #12345") == [("order", "12345")]
    assert len(find(" ".join(f"#{n}" for n in range(1_000, 2_000)))) == ENTITIES_MAX


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "1-" * 50_000,
        "1.234." * 20_000,
        "a@b." * 25_000,
        "a@b.cc " * 15_000,
        "http://" * 15_000,
        "order " * 15_000,
        "A-1" * 30_000,
        "+1 415 555 2671 " * 6_000,
        "$1" * 50_000,
    ],
)
def test_no_text_is_slow(text: str) -> None:
    start = time.process_time()
    find(text, "US")
    assert time.process_time() - start < 0.5


@given(st.text(alphabet="aA1#@.-+ €$:/hтp\n", max_size=300))
def test_any_text_is_searched_the_same_twice(text: str) -> None:
    found = find(text, "US")
    assert found == find(text, "US")
    assert len(set(found)) == len(found)
