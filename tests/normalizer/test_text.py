"""Text is clean, bounded and always encodable."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from maitred.normalizer.text import clean, cut, line, scrub


def test_line_ends_are_one() -> None:
    assert clean("a\r\nb\rc\u2028d\x85e") == ("a\nb\nc\nd\ne", ())


def test_text_is_composed() -> None:
    assert clean("Cafe\u0301") == ("Caf\u00e9", ())


def test_controls_and_bidi_overrides_are_removed_and_noted() -> None:
    assert clean("a\x00b\x1bc") == ("abc", ("control_removed",))
    assert clean("evil\u202etxt.exe") == ("eviltxt.exe", ("bidi_removed",))
    assert clean("right\u200fto left") == ("right\u200fto left", ())


def test_lone_surrogates_are_replaced() -> None:
    assert clean("a\ud800b") == ("a\ufffdb", ())


def test_markup_is_not_composed_into_its_tags() -> None:
    assert scrub("<b>\u0338x")[0] == "<b>\u0338x"


def test_cutting_never_splits_a_character() -> None:
    assert cut("äöü", 3) == ("ä", True)
    assert cut("äöü", 6) == ("äöü", False)


def test_a_line_is_one_line() -> None:
    assert line("  a\r\n b\tc  ", 100) == "a b c"
    assert line("abcdef", 3) == "abc"


@given(st.text(alphabet=st.characters(exclude_categories=[]), max_size=200), st.integers(0, 50))
def test_any_text_becomes_encodable_and_bounded(text: str, bytes_max: int) -> None:
    result, _ = clean(text)
    assert clean(result)[0] == result
    short, is_cut = cut(result, bytes_max)
    assert len(short.encode()) <= bytes_max
    assert result.startswith(short)
    assert is_cut == (short != result)
