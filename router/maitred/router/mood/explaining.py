"""Explaining: which of a customer's words moved the decision."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from maitred.router.mood.features import RUNS, Features
from maitred.router.mood.tokens import NUMBER, PAGE, PERSON

Floats = NDArray[np.float64]

BECAUSE_MAX: Final = 8
_SHARE_MIN: Final = 0.25
"""A word that moved it less than this part of what the strongest one did is not named."""
_CUE: Final = 0.35
_LEAST: Final = 0.05
_SPACE: Final = ord(" ")
_SILENT: Final = frozenset({NUMBER, PAGE, PERSON, ".", ",", ";", ":", "\n"})


def because(read: Features, words: Floats, runs: Floats | None, *, good: bool) -> tuple[str, ...]:
    """Return the words that spoke for the decision, the strongest first.

    A word has its own weight and half that of its pairs; an entry of the word lists has its
    strength. Where these say nothing, the runs of bytes that begin in a word are asked.

    Args:
        read: the message.
        words: what each of its places of words and pairs added to the decision.
        runs: what each of its places of runs added; None where they are not asked.
        good: whether it was decided that the message is positive; else it is negative.
    """
    forms, written = read.tokens.forms, read.tokens.written
    strength = _by_token(read, words, runs)
    last = list(range(len(forms)))
    for at, length, score in read.cues.found:
        strength[at] = strength[at : at + length].sum() + _CUE * (score if good else -score)
        strength[at + 1 : at + length] = 0.0
        last[at] = at + length - 1
    floor = max(_LEAST, _SHARE_MIN * float(strength.max(initial=0.0)))
    named: dict[str, None] = {}
    for at in np.argsort(-strength, kind="stable").tolist():
        if strength[at] < floor or len(named) == BECAUSE_MAX:
            break
        if forms[at] not in _SILENT:
            words_there = " ".join(written[at : last[at] + 1])
            named[words_there.lower().replace("\u2019", "'")] = None
    return tuple(named)


def _by_token(read: Features, words: Floats, runs: Floats | None) -> Floats:
    count = read.words
    pairs = words[count:] / 2
    found = words[:count] + pairs[:-1] + pairs[1:]
    if runs is not None:
        # The runs of one length begin at each byte in turn; a token owns those that begin in it.
        letters = np.frombuffer(read.text, dtype=np.uint8)
        owner = np.minimum(np.cumsum(letters == _SPACE) - 1, count - 1)
        owners = np.concatenate([owner[: len(owner) - length + 1] for length in RUNS])
        found += np.bincount(owners, weights=runs, minlength=count)
    return np.asarray(found)
