"""112 published cases that nobody of this project wrote (`../shared/data/quotes`)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from maitred.normalizer.pieces import gather
from maitred.normalizer.quotes import split

CASES = Path(__file__).parents[3].parent / "shared" / "data" / "quotes" / "cases.jsonl"
EXACT_SHARE_MIN = 0.92

pytestmark = pytest.mark.skipif(not CASES.exists(), reason=f"no {CASES.name} beside the repository")


class Case(msgspec.Struct, frozen=True):
    """One mail, and the reply alone."""

    id: str
    input: str
    expected: str


def cases() -> list[Case]:
    return msgspec.json.Decoder(Case).decode_lines(CASES.read_bytes())


def folded(text: str) -> str:
    return " ".join(text.split())


def reply(mail: str) -> str:
    return gather(split(mail)).text


def test_most_replies_are_found_exactly() -> None:
    every = cases()
    different = [case.id for case in every if folded(reply(case.input)) != folded(case.expected)]

    assert len(every) > 100
    assert 1 - len(different) / len(every) >= EXACT_SHARE_MIN, different


def test_no_word_of_a_reply_is_lost() -> None:
    lost = {
        case.id: sorted(missing)
        for case in cases()
        if (missing := Counter(case.expected.split()) - Counter(reply(case.input).split()))
    }

    assert not lost
