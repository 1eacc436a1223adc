"""Adapting: a site's own labelled history on top of a model that knows the language already.

Only differences to that model are learnt, and they are held small: a few hundred lines correct
what this site's customers mean by its words, and forget nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maitred.contracts.message import MoodLabel
from maitred.router.mood.artefact import Artefact
from maitred.router.mood.features import PLACES
from maitred.router.mood.learning.calibrating import surety_of
from maitred.router.mood.learning.fitting import Weights, balanced, fitted
from maitred.router.mood.learning.packing import packed, unpacked
from maitred.router.mood.learning.rows import Rows, rows_of
from maitred.router.mood.linear import LinearMoodModel
from maitred.router.mood.port import MoodInput
from maitred.router.mood.scoring import Score, score
from maitred.router.mood.sentiment import SENTIMENTS, Sentiment

Floats = NDArray[np.float64]
Watch = Callable[[str], None]

EXAMPLES_MIN: Final = 30
FOLDS: Final = 5
EVALUATIONS: Final = FOLDS + 1
"""How often `watch` is called."""
_SHRINK: Final = 1.5
_STEPS: Final = 60
_CALIBRATE_FROM: Final = 200
_KNOWN_MIN: Final = 2
_OUTPUTS: Final = len(SENTIMENTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A message of a site's history, and what its people say of it."""

    text: str
    sentiment: Sentiment
    mood: MoodLabel | None = None
    """Where they told frustrated from angry."""


@dataclass(frozen=True, slots=True)
class Adapted:
    """A model with a site's history in it, and what that gained on lines that it had not seen."""

    artefact: Artefact
    before: Score
    after: Score


def adapted(base: Artefact, examples: Sequence[Example], *, language: str, watch: Watch) -> Adapted:
    """Return a model that knows a site's history as well; the same lines, the same bytes.

    `examples` are at least `EXAMPLES_MIN` of at least two sentiments; `language` (ISO 639-1) is
    theirs, empty for many. Each line is read once by a model that was not taught it.
    """
    model = LinearMoodModel(base)
    read = [model.features(MoodInput(text=each.text, language=language)) for each in examples]
    rows = rows_of(read)
    scores = np.array([model.scores(each, language) for each in read])
    classes = np.array([SENTIMENTS.index(each.sentiment) for each in examples])
    known = scores[:, :_OUTPUTS]
    folds = _folds(classes)
    held_out = np.zeros_like(known)
    for fold in range(FOLDS):
        watch(f"part {fold + 1} of {FOLDS}")
        kept, tested = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        change = _sentiment(rows.taken(kept), classes[kept], known[kept])
        held_out[tested] = known[tested] + change.scores(rows.taken(tested))
    watch("all of it")
    heads = unpacked(base)
    change = _sentiment(rows, classes, known)
    anger = _anger(rows, examples, scores[:, _OUTPUTS : _OUTPUTS + 1])
    singles = np.concatenate([each.places[: each.words] for each in read])
    more = np.bincount(singles, minlength=PLACES) >= _KNOWN_MIN
    bits = np.unpackbits(np.frombuffer(base.known, dtype=np.uint8)).astype(bool)
    enough = len(examples) >= _CALIBRATE_FROM
    found = packed(
        [_sum(heads, change, anger)],
        general=base.general,
        known=bits | more,
        surety=surety_of(held_out, classes) if enough else base.surety,
        made_from=f"{base.made_from}; {len(examples):,} lines of one's own",
        languages=tuple(dict.fromkeys((*base.languages, *filter(None, [language])))),
    )
    return Adapted(found, _score(classes, known), _score(classes, held_out))


def _sentiment(rows: Rows, classes: NDArray[np.int64], known: Floats) -> Weights:
    return fitted(
        rows,
        np.eye(_OUTPUTS)[classes],
        balanced(classes, _OUTPUTS),
        shrink=_SHRINK / len(rows),
        steps=_STEPS,
        base=known,
    )


def _anger(rows: Rows, examples: Sequence[Example], known: Floats) -> Weights | None:
    """Return what tells this site's angry customers from its frustrated ones, if lines say it."""
    told = {MoodLabel.ANGRY, MoodLabel.FRUSTRATED}
    chosen = np.array([at for at, each in enumerate(examples) if each.mood in told], dtype=np.int64)
    angry = np.array([examples[at].mood is MoodLabel.ANGRY for at in chosen], dtype=np.int64)
    if len(set(angry.tolist())) < len(told):
        return None
    return fitted(
        rows.taken(chosen),
        angry[:, None].astype(np.float64),
        balanced(angry, 2),
        shrink=_SHRINK / len(chosen),
        steps=_STEPS,
        base=known[chosen],
    )


def _sum(heads: Weights, change: Weights, anger: Weights | None) -> Weights:
    words, runs, cues, bias = (
        each.copy() for each in (heads.words, heads.runs, heads.cues, heads.bias)
    )
    for part, columns in ((change, slice(0, _OUTPUTS)), (anger, slice(_OUTPUTS, _OUTPUTS + 1))):
        if part is not None:
            words[:, columns] += part.words
            runs[:, columns] += part.runs
            cues[:, columns] += part.cues
            bias[columns] += part.bias
    return Weights(words, runs, cues, bias, heads.more)


def _folds(classes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the part of each line: every part gets its share of each sentiment, in order."""
    found = np.zeros(len(classes), dtype=np.int64)
    for each in np.unique(classes):
        members = np.flatnonzero(classes == each)
        found[members] = np.arange(len(members)) % FOLDS
    return found


def _score(classes: NDArray[np.int64], scores: Floats) -> Score:
    true = [SENTIMENTS[at] for at in classes.tolist()]
    return score(true, [SENTIMENTS[at] for at in scores.argmax(axis=1).tolist()])
