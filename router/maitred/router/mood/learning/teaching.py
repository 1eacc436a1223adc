"""Teaching: from sources of labelled messages to a mood model; the same sources, the same bytes.

The sentiment of short messages is learnt on top of what else there is: the scores of twelve groups
of emotions, learnt from comments, stand beside the words of a message as further columns, and so
do the vectors of its words. All of it is linear, so in the end every further column is folded back
into the weights of words and runs, and reading costs the same as without.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maitred.contracts.message import MoodLabel
from maitred.router.mood.artefact import Artefact
from maitred.router.mood.cues import ENGLISH, lists_for
from maitred.router.mood.features import PLACES, Features, features_of
from maitred.router.mood.learning import emotions
from maitred.router.mood.learning.beside import DIMENSIONS, Beside, Watch, emotions_in
from maitred.router.mood.learning.calibrating import surety_of
from maitred.router.mood.learning.fitting import Trust, Weights, balanced, fitted
from maitred.router.mood.learning.packing import packed
from maitred.router.mood.learning.rows import Rows, rows_of, stacked
from maitred.router.mood.learning.vectors import vectors_of

Floats = NDArray[np.float64]

_KNOWN_MIN: Final = 3
_SENTIMENT_SHRINK: Final = 3.0
_MOOD_SHRINK: Final = 4.0
_STEPS: Final = 140
_MOOD_STEPS: Final = 40
_CALM_SHARE: Final = 0.05
_INVENTED_SHARE: Final = 0.08
"""How much service requests and invented lines weigh beside all short messages."""
_TRUST: Final = Trust(runs=0.6, cues=1.0)
_SEEN_MIN: Final = 2
"""What only one text has is left out."""
_FOLDS: Final = 2
_SURETY: Final = (0.0, 1.0)
_HUNDREDTHS: Final = 100

_NEGATIVE, _NEUTRAL, _POSITIVE = range(3)
SENTIMENT_OF_LABEL: Final[Mapping[MoodLabel, int]] = {
    MoodLabel.ANGRY: _NEGATIVE,
    MoodLabel.FRUSTRATED: _NEGATIVE,
    MoodLabel.CALM: _NEUTRAL,
    MoodLabel.DELIGHTED: _POSITIVE,
}
_AROUSAL: Final[Mapping[MoodLabel, float]] = {
    MoodLabel.ANGRY: 0.85,
    MoodLabel.FRUSTRATED: 0.5,
    MoodLabel.CALM: 0.2,
    MoodLabel.DELIGHTED: 0.6,
}
_SERVICE_AROUSAL: Final = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What a model is taught from; any of them may be empty, but not all sentiment."""

    sentiments: Sequence[tuple[str, int]]
    """Messages, negative (0), neutral (1) or positive (2)."""
    emotions: Sequence[tuple[str, frozenset[str]]] = ()
    """Comments and the emotions in them, by their names in GoEmotions."""
    requests: Sequence[str] = ()
    """Calm requests to a service."""
    moods: Sequence[tuple[str, MoodLabel]] = ()
    """Lines of customers, by mood."""
    general: Mapping[str, float]
    """A list of words of mood and their valence, -1 to 1."""
    named: str
    """What all this is, for people."""


def taught(sources: Sources, *, seed: int, watch: Watch, calibrate: bool = True) -> Artefact:
    """Return a model taught from scratch; `watch` is told what comes next.

    Without `calibrate` its confidence is a guess, which saves a third of the time.
    """
    general = {word: round(value * _HUNDREDTHS) for word, value in sources.general.items()}
    lists = lists_for({word: value / _HUNDREDTHS for word, value in general.items()})[ENGLISH]

    def read(texts: Sequence[str]) -> list[Features]:
        return [features_of(text, lists) for text in texts]

    watch("reading")
    parts = [
        read([text for text, _ in sources.sentiments]),
        read([text for text, _ in sources.emotions]),
        read(sources.requests),
        read([text for text, _ in sources.moods]),
    ]
    short, comments, requests, moods = (rows_of(part) for part in parts)
    singles = [each.places[: each.words] for part in parts for each in part]
    watch("words that keep the same company")
    vectors = vectors_of(singles, DIMENSIONS, seed)
    felt = [names for _, names in sources.emotions]
    beside = Beside(vectors, emotions_in(comments, felt, watch))
    labels = [label for _, label in sources.moods]
    short_and_more = _Mixed(
        rows=stacked([short, requests, moods]),
        classes=np.array(
            [
                *(sentiment for _, sentiment in sources.sentiments),
                *[_NEUTRAL] * len(requests),
                *(SENTIMENT_OF_LABEL[label] for label in labels),
            ],
            dtype=np.int64,
        ),
        sizes=(len(short), len(requests), len(moods)),
    )
    columns = beside.columns(short_and_more.rows)
    watch("sentiment")
    sentiment = _sentiment(short_and_more, columns, steps=_STEPS)
    surety = _surety(short_and_more, columns, watch) if calibrate else _SURETY
    watch("anger and arousal")
    both = stacked([comments, requests, moods])
    anger, arousal = _moods(both, beside.columns(both), felt, len(requests), labels)
    return packed(
        [beside.folded(each) for each in (sentiment, anger, arousal)],
        general=general,
        known=np.bincount(np.concatenate(singles), minlength=PLACES) >= _KNOWN_MIN,
        surety=surety,
        made_from=sources.named,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mixed:
    """Texts of three sources, one after the other, and their sentiment."""

    rows: Rows
    classes: NDArray[np.int64]
    sizes: tuple[int, int, int]
    """How many are short messages, calm requests, and lines by mood."""

    def without(self, fold: int) -> tuple[_Mixed, NDArray[np.int64], NDArray[np.int64]]:
        """Return all but one part of the short messages, which these are, and the part."""
        short, *others = self.sizes
        out = np.arange(short) * _FOLDS // short == fold
        tested = np.flatnonzero(out)
        kept = np.concatenate([np.flatnonzero(~out), np.arange(short, len(self.rows))])
        sizes = (short - len(tested), others[0], others[1])
        rest = _Mixed(rows=self.rows.taken(kept), classes=self.classes[kept], sizes=sizes)
        return rest, kept, tested


def _surety(texts: _Mixed, columns: Floats, watch: Watch) -> tuple[float, float]:
    """Return how a lead becomes a chance, from parts that were not taught."""
    scores = np.zeros((texts.sizes[0], 3))
    for fold in range(_FOLDS):
        watch(f"confidence, part {fold + 1} of {_FOLDS}")
        rest, kept, tested = texts.without(fold)
        trial = _sentiment(rest, columns[kept], steps=_STEPS // 2)
        scores[tested] = trial.scores(texts.rows.taken(tested), columns[tested])
    return surety_of(scores, texts.classes[: len(scores)])


def _sentiment(texts: _Mixed, columns: Floats, *, steps: int) -> Weights:
    short, requests, moods = texts.sizes
    importance = np.ones(len(texts.rows))
    importance[:short] = balanced(texts.classes[:short], 3)
    importance[short : short + requests] = _CALM_SHARE * short / max(requests, 1)
    by_mood = balanced(texts.classes[short + requests :], 3)
    importance[short + requests :] = by_mood * _INVENTED_SHARE * short / max(moods, 1)
    return fitted(
        texts.rows,
        np.eye(3)[texts.classes],
        importance,
        shrink=_SENTIMENT_SHRINK / len(texts.rows),
        steps=steps,
        more=columns,
        least=_SEEN_MIN,
        trust=_TRUST,
    )


def _moods(
    rows: Rows,
    columns: Floats,
    felt: Sequence[frozenset[str]],
    requests: int,
    labels: Sequence[MoodLabel],
) -> tuple[Weights, Weights]:
    """Return what tells anger from other unhappiness, and how roused a text is."""
    start = len(felt) + requests
    share = 0.1 * len(felt) / max(len(labels), 1) if felt else 1.0
    angry = [emotions.anger(names) for names in felt]
    angry += [None] * requests
    angry += [
        float(label is MoodLabel.ANGRY) if SENTIMENT_OF_LABEL[label] == _NEGATIVE else None
        for label in labels
    ]
    chosen = np.array([at for at, each in enumerate(angry) if each is not None], dtype=np.int64)
    targets = np.array([each for each in angry if each is not None])
    importance = balanced((targets > 0.5).astype(np.int64), 2)  # noqa: PLR2004  (half and half)
    importance[chosen >= start] *= share
    anger = fitted(
        rows.taken(chosen),
        targets[:, None],
        importance,
        shrink=_MOOD_SHRINK / max(len(chosen), 1),
        steps=_MOOD_STEPS,
        more=columns[chosen],
    )
    roused = np.array(
        [
            *(emotions.arousal(names) for names in felt),
            *[_SERVICE_AROUSAL] * requests,
            *(_AROUSAL[label] for label in labels),
        ]
    )
    importance = np.ones(len(rows))
    importance[start:] = share
    arousal = fitted(
        rows,
        roused[:, None],
        importance,
        shrink=_MOOD_SHRINK / len(rows),
        steps=_MOOD_STEPS,
        more=columns,
    )
    return anger, arousal
