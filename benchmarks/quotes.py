"""How often new words are told from quoted ones as people did it (`../shared/data/quotes`)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

import orjson

from maitred.normalizer.email.body import pieces_of_text
from maitred.normalizer.pieces import gather

CASES: Final = Path(__file__).parents[2] / "shared" / "data" / "quotes" / "cases.jsonl"


def accuracy() -> dict[str, str]:
    """Return `exact/all`, white space folded, and in how many text was lost; empty without cases.

    Lost is a word that stands in none of `text`, `quoted` and `signature`.
    """
    if not CASES.exists():
        return {}
    cases = [orjson.loads(line) for line in CASES.read_bytes().splitlines() if line.strip()]
    exact = lost = 0
    for case in cases:
        body = gather(pieces_of_text(case["input"]))
        exact += body.text.split() == case["expected"].split()
        kept = Counter(f"{body.text} {body.quoted} {body.signature}".split())
        lost += bool(Counter(case["input"].split()) - kept)
    return {"exact": f"{exact}/{len(cases)}", "with words lost": f"{lost}/{len(cases)}"}
