"""Tables of phrases, written as running text."""

from __future__ import annotations


def listed(table: str) -> tuple[str, ...]:
    """Return the phrases of a table, which stand between semicolons on any number of lines.

    They are folded as text is before it is compared (`ß` is `ss`, the final sigma any other).
    """
    phrases = (" ".join(each.split()).casefold() for each in table.split(";"))
    return tuple(dict.fromkeys(each for each in phrases if each))
