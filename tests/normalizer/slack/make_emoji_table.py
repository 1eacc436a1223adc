"""Makes `emoji_table.py` anew of iamcal's emoji-data, whose short names Slack uses.

The data is the file `emoji.json` of the npm package `emoji-datasource`:

    python -m tests.normalizer.slack.make_emoji_table emoji.json > TABLE
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson

COLUMNS_MAX: Final = 100
HEAD: Final = '''"""The standard emoji by Slack's short names.

Made by tests/normalizer/slack/make_emoji_table.py, not by hand, of emoji-data 16.0.0
(github.com/iamcal/emoji-data), Copyright (c) 2013 Cal Henderson, MIT License. Each word is
`character=name`, further names behind commas. What follows from a rule (`flag-xx` of a country,
skin tones) is left out.
"""

# ruff: noqa: RUF001  (an emoji that looks like a letter or a sign is meant as it stands)

from __future__ import annotations

from typing import Final

TABLE: Final = """\\
'''


def table(entries: list[dict[str, Any]]) -> str:
    """Return the module that holds the table."""
    words = [
        f"{shown(entry['unified'])}={','.join(sorted(entry['short_names']))}"
        for entry in sorted(entries, key=lambda entry: entry["sort_order"])
        if entry["short_names"] != [country(entry["unified"])]
    ]
    return HEAD + "\n".join(lines(words)) + '\n"""\n'


def lines(words: list[str]) -> Iterator[str]:
    """Yield the words in lines that are at most 100 columns wide."""
    line = ""
    for word in words:
        longer = f"{line} {word}".strip()
        if width(longer) > COLUMNS_MAX:
            yield line
            longer = word
        line = longer
    yield line


def width(text: str) -> int:
    """Return how many columns a text takes at most; an emoji takes two."""
    return sum(1 if character.isascii() else 2 for character in text)


def shown(unified: str) -> str:
    """Return the characters of `1F44B-1F3FB`."""
    return "".join(chr(int(point, 16)) for point in unified.split("-"))


def country(unified: str) -> str:
    """Return the name `flag-xx` of two regional indicators, empty for anything else."""
    offsets = [int(point, 16) - 0x1F1E6 for point in unified.split("-")]
    if len(offsets) != 2 or not all(0 <= offset < 26 for offset in offsets):
        return ""
    return "flag-" + "".join(chr(ord("a") + offset) for offset in offsets)


if __name__ == "__main__":
    sys.stdout.write(table(orjson.loads(Path(sys.argv[1]).read_bytes())))
