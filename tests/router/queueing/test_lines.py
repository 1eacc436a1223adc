"""A line against a plain list of who waits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.ids import ConversationId
from maitred.router.queueing import lines
from maitred.router.queueing.lines import Entry, Line

ENTRIES = st.tuples(st.integers(0, 5), st.sampled_from("abcdef").map(ConversationId))


@pytest.mark.parametrize("stale_min", [0, 2, lines.STALE_MIN])
@given(st.lists(ENTRIES | st.none(), max_size=60))
def test_whoever_comes_and_goes_the_first_is_the_least_and_a_twin_is_known(
    stale_min: int, changes: list[Entry | None]
) -> None:
    """`None` lets the first go; an entry comes, or goes if it waits."""
    line, waiting = Line(), set[Entry]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "STALE_MIN", stale_min)
        for change in changes:
            entry = min(waiting, default=None) if change is None else change
            if entry in waiting:
                waiting.discard(entry)
                line.leave(entry)
            elif entry is not None:
                waiting.add(entry)
                line.add((entry[0], entry[1]))
            first = min(waiting, default=None)
            assert line.first == first
            assert line.members == len(waiting)
            equals = [each for each in waiting if first and each[0] == first[0]]
            assert line.has_twin() == (len(equals) > 1)


def entry(age: int) -> Entry:
    return (age, ConversationId(f"cnv_{age:04}"))


@pytest.mark.parametrize("count", [1, 100, 1_000])
def test_what_left_is_not_kept(count: int) -> None:
    by_turns, from_the_end = Line(), Line()
    for age in range(count):
        by_turns.add(entry(age))
        from_the_end.add(entry(age))
    for age in range(5 * count):
        by_turns.leave(entry(age))
        by_turns.add(entry(age + count))
        assert len(by_turns) <= 2 * count + 2 * lines.STALE_MIN
    for age in range(count - 1, 0, -1):
        from_the_end.leave(entry(age))
        assert len(from_the_end) <= 2 * age + lines.STALE_MIN
    assert by_turns.first == entry(5 * count)
    assert from_the_end.first == entry(0)


def test_who_come_late_are_sorted_in_once_they_are_many() -> None:
    line = Line()
    for age in range(100, 0, -1):
        line.add(entry(age))
    left = []
    while line.first is not None:
        left.append(line.first)
        line.leave(line.first)
    assert left == [entry(age) for age in range(1, 101)]
