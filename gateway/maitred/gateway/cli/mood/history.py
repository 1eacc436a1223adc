"""A site's labelled history: `label<TAB>text`, a line each, packed by gzip or not."""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from maitred.contracts.errors import ConfigurationError
from maitred.contracts.message import MoodLabel
from maitred.router.mood.learning.adapting import EXAMPLES_MIN, Example
from maitred.router.mood.sentiment import Sentiment

FILE_BYTES_MAX: Final = 1 << 30
"""Of the text when unpacked."""
_FAULTS_MAX: Final = 10
_SHOWN_MAX: Final = 30
_LABELS: Final[Mapping[str, tuple[Sentiment, MoodLabel | None]]] = MappingProxyType(
    {
        "negative": (Sentiment.NEGATIVE, None),
        "neutral": (Sentiment.NEUTRAL, None),
        "positive": (Sentiment.POSITIVE, None),
        "angry": (Sentiment.NEGATIVE, MoodLabel.ANGRY),
        "frustrated": (Sentiment.NEGATIVE, MoodLabel.FRUSTRATED),
        "calm": (Sentiment.NEUTRAL, MoodLabel.CALM),
        "delighted": (Sentiment.POSITIVE, MoodLabel.DELIGHTED),
    }
)
_WRITE: Final = "write negative, neutral or positive, or delighted, calm, frustrated or angry"


def examples_in(file: Path) -> list[Example]:
    """Return the labelled messages of a file; empty lines are left out.

    Raises:
        ConfigurationError: with the first faults, each with its line and what to write instead.
    """
    found: list[Example] = []
    faults: list[str] = []
    for number, line in enumerate(_unpacked(file).split(b"\n"), start=1):
        if not line.strip():
            continue
        label, tab, text = line.removesuffix(b"\r").partition(b"\t")
        name = label.decode("utf-8", "replace").strip().lower()
        where = f"{file}:{number}"
        if not tab:
            faults.append(f"{where}: there is no tab; write a label, a tab and the text")
        elif name not in _LABELS:
            faults.append(f"{where}: {name[:_SHOWN_MAX]!r} is no label; {_WRITE}")
        else:
            sentiment, mood = _LABELS[name]
            words = text.decode("utf-8", "replace")
            found.append(Example(text=words, sentiment=sentiment, mood=mood))
        if len(faults) == _FAULTS_MAX:
            break
    if faults:
        raise ConfigurationError(*faults)
    return found


def enough(examples: list[Example], file: Path) -> None:
    """Check that a model can be taught from a history.

    Raises:
        ConfigurationError: it is too short, or knows one sentiment alone.
    """
    counts = Counter(each.sentiment for each in examples)
    if len(examples) < EXAMPLES_MIN:
        raise ConfigurationError(
            f"{file}: {len(examples)} labelled lines are too few; give at least {EXAMPLES_MIN}"
        )
    if sum(count > 1 for count in counts.values()) < 2:  # noqa: PLR2004  (a choice needs two)
        (only, _), *_ = counts.most_common(1)
        raise ConfigurationError(
            f"{file}: all lines are {only}; give lines of at least two sentiments"
        )


def _unpacked(file: Path) -> bytes:
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as opened:
            raw = opened.read(FILE_BYTES_MAX + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise ConfigurationError(
            f"{file}: it is not packed by gzip; pack it again, or leave .gz out of its name"
        ) from None
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror or type(error).__name__}") from None
    if len(raw) > FILE_BYTES_MAX:
        raise ConfigurationError(f"{file}: more than 1 GiB; give a part of it")
    return raw
