"""Packing: from weights to the whole numbers of an artefact, and back to go on from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maitred.router.mood.artefact import Artefact, table
from maitred.router.mood.cues import ENGLISH
from maitred.router.mood.features import PLACES
from maitred.router.mood.learning.fitting import Weights

Floats = NDArray[np.float64]

_BYTE_MAX: Final = 127
_CUE_MAX: Final = 1 << 20
_CUT: Final = 99.98
"""Per cent of the weights below which none is cut; a few large ones would make the rest coarse."""
_SIGNIFICANT: Final = 9


def packed(
    parts: Sequence[Weights],
    *,
    general: Mapping[str, int],
    known: NDArray[np.bool_],
    surety: tuple[float, float],
    made_from: str,
    languages: tuple[str, ...] = (ENGLISH,),
) -> Artefact:
    """Return the weights of all heads, in their order, as an artefact."""
    words, word_scales = _whole(_beside([part.words for part in parts]), _BYTE_MAX, _CUT)
    runs, run_scales = _whole(_beside([part.runs for part in parts]), _BYTE_MAX, _CUT)
    cues, cue_scales = _whole(_beside([part.cues for part in parts]), _CUE_MAX, 100.0)
    bias = np.concatenate([part.bias for part in parts])
    return Artefact(
        made_from=made_from,
        languages=languages,
        general=dict(general),
        weights=words.astype(np.int8).tobytes() + runs.astype(np.int8).tobytes(),
        known=np.packbits(known).tobytes(),
        cues=tuple(tuple(map(int, row)) for row in cues.tolist()),
        word_scales=word_scales,
        run_scales=run_scales,
        cue_scales=cue_scales,
        bias=tuple(_short(each) for each in bias.tolist()),
        surety=surety,
    )


def unpacked(artefact: Artefact) -> Weights:
    """Return the weights of an artefact, a column for each head."""
    weights = table(artefact.weights)
    return Weights(
        words=weights[:PLACES] * np.array(artefact.word_scales),
        runs=weights[PLACES:] * np.array(artefact.run_scales),
        cues=np.array(artefact.cues, dtype=np.float64) * np.array(artefact.cue_scales),
        bias=np.array(artefact.bias),
        more=np.zeros((0, len(artefact.bias))),
    )


def _beside(parts: Sequence[Floats]) -> Floats:
    return np.concatenate(parts, axis=1)


def _whole(weights: Floats, most: int, cut: float) -> tuple[Floats, tuple[float, ...]]:
    """Return weights as whole numbers up to `most`, and the scale of each column."""
    sizes = np.abs(weights)
    scales = []
    for column in range(weights.shape[1]):
        used = sizes[:, column][sizes[:, column] > 0]
        limit = float(np.percentile(used, cut)) if len(used) else 1.0
        scales.append(_short(limit / most))
    whole = np.clip(np.rint(weights / np.array(scales)), -most, most)
    return whole, tuple(scales)


def _short(number: float) -> float:
    """Return a number to nine significant digits, so that it reads the same everywhere."""
    return float(f"{number:.{_SIGNIFICANT}g}")
