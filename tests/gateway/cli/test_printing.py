"""Lines that must not be cut go on below."""

from __future__ import annotations

from maitred.gateway.cli.printing import wrapped

MOVED = f"moved   1 identifier: cus_{'a' * 32} → cus_{'b' * 32}"


def test_what_an_operator_copies_is_wrapped_and_never_cut() -> None:
    assert wrapped(MOVED, 50, 8).splitlines() == [
        "moved   1 identifier:",
        f"        cus_{'a' * 32} →",
        f"        cus_{'b' * 32}",
    ]
    assert wrapped(MOVED, 20, 8).split() == MOVED.split()


def test_a_line_that_fits_keeps_its_spaces() -> None:
    assert wrapped(MOVED, len(MOVED), 8) == MOVED
    assert wrapped("", 80, 8) == ""
