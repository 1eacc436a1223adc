"""Templates: what is written into them, what they refuse, and what the check says of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.gateway.delivery.templates import Template, faults, rendered

HOUSE = {
    "delay": Template(
        texts={"en": "Dear {name}, {days} days.", "de": "Guten Tag {name}, {days} Tage."},
        variables=("name", "days"),
    ),
    "braces": Template(texts={"en": "{{name}} is {name}"}, variables=("name",)),
}
GIVEN = {"name": "Kim", "days": "3"}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Guten Tag Kim, 3 Tage."),
        ("en", "Dear Kim, 3 days."),
        ("fr", "Dear Kim, 3 days."),
        ("", "Dear Kim, 3 days."),
    ],
)
def test_a_text_comes_in_the_language_that_is_asked_for_or_the_first(
    language: str, text: str
) -> None:
    assert rendered(HOUSE, "delay", language, GIVEN) == (text, "")


@pytest.mark.parametrize(
    ("name", "given", "why"),
    [
        ("nothing", GIVEN, "unknown_template"),
        ("delay", {"name": "Kim"}, "missing_variable"),
        ("delay", {**GIVEN, "more": "x"}, "unknown_variable"),
    ],
)
def test_what_does_not_fit_is_refused_whole(name: str, given: dict[str, str], why: str) -> None:
    assert rendered(HOUSE, name, "en", given) == ("", why)


def test_a_brace_that_is_meant_as_one_is_written_twice() -> None:
    assert rendered(HOUSE, "braces", "en", {"name": "x"}) == ("{name} is x", "")


@given(st.text())
def test_what_a_variable_holds_is_never_read_as_a_template(value: str) -> None:
    text, _ = rendered(HOUSE, "delay", "en", {"name": value, "days": "{name}{{days}}"})
    assert text == f"Dear {value}, {{name}}{{{{days}}}} days."


def test_a_good_template_has_no_faults() -> None:
    assert list(faults(HOUSE)) == []


@pytest.mark.parametrize(
    ("template", "found"),
    [
        (Template(texts={}), ["templates.x.texts: write at least one, such as `en`"]),
        (
            Template(texts={"en": "Hello {nmae}"}, variables=("name",)),
            [
                "templates.x.texts.en: 'nmae' is none of `variables`; add it there, or take it out",
                "templates.x.texts.en: has no place for the variable 'name'",
            ],
        ),
        (
            Template(texts={"en": "50% } off"}),
            [
                (
                    "templates.x.texts.en: has a single '}'; "
                    "write it twice, or name a variable in braces"
                )
            ],
        ),
        (
            Template(texts={"english": "Hello"}),
            ["templates.x.texts: 'english' is no language; write two small letters such as `en`"],
        ),
        (
            Template(texts={"en": "{a.b!r}"}, variables=("a.b!r",)),
            [
                (
                    "templates.x.variables: 'a.b!r' must be small letters, digits and `_`, "
                    "and begin with a letter"
                )
            ],
        ),
        (Template(texts={"en": " "}), ["templates.x.texts.en: must have 1 to 50,000 characters"]),
    ],
)
def test_the_check_names_each_fault_and_what_to_write(template: Template, found: list[str]) -> None:
    assert list(faults({"x": template})) == found
