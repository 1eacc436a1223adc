"""How well, how fast and how small the mood model is: `python -m benchmarks.mood [--unseen FILE…]`.

On the last fifth of the short messages, which no model of that table was taught; on each source
by a model that was taught without it; and the built-in model on any further labelled file. All in
one run, beside VADER and plain n-grams.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import rich
from rich.table import Table

from benchmarks import mood_sources
from benchmarks.mood_baselines import Reader, ngrams, vader
from maitred.router.mood.artefact import Artefact, to_bytes
from maitred.router.mood.learning.teaching import Sources, taught
from maitred.router.mood.linear import LinearMoodModel, built_in
from maitred.router.mood.port import MoodInput
from maitred.router.mood.scoring import Score, score
from maitred.router.mood.sentiment import SENTIMENTS, sentiment_of

Labelled = Sequence[tuple[str, int]]

_HELD_OUT: Final = 5
_TIMED: Final = 3_000
_ROUNDS: Final = 3
_MICRO: Final = 1_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--unseen",
        nargs="+",
        type=Path,
        default=[],
        metavar="FILE.tsv[.gz]",
        help="further files of `label<TAB>text` that no model was taught from",
    )
    parser.add_argument(
        "--quick", action="store_true", help="leave out what teaches the model anew"
    )
    options = parser.parse_args(arguments)
    _size_and_speed()
    if not mood_sources.present():
        print(f"{mood_sources.FOLDER} is not there: no accuracy without labelled messages")
        return 0
    if vader() is None:
        print(f"No VADER: {mood_sources.INSTALL_VADER}")
        return 1
    short = mood_sources.short_messages()
    if not options.quick:
        _held_out(short)
        _without_a_source(short)
    if options.unseen:
        plain = _plain(short)
        for file in options.unseen:
            _accuracy(f"{file.name}: never trained on", mood_sources.labelled(file), plain)
    return 0


def _held_out(short: Labelled) -> None:
    cut = len(short) - len(short) // _HELD_OUT
    sources = dataclasses.replace(mood_sources.everything(), sentiments=short[:cut])
    readers = {**_plain(short[:cut]), "Maitred": LinearMoodModel(_taught(sources, sure=True))}
    _accuracy("short messages, the last fifth held out", short[cut:], readers)


def _without_a_source(short: Labelled) -> None:
    comments = mood_sources.comments("dev").sentiments()
    sources = dataclasses.replace(mood_sources.everything(), emotions=())
    readers = {**_plain(short), "Maitred": LinearMoodModel(_taught(sources))}
    _accuracy("GoEmotions, taught without it", comments, readers)
    taught_by = mood_sources.comments("train").sentiments()
    sources = dataclasses.replace(mood_sources.everything(), sentiments=taught_by)
    readers = {**_plain(taught_by), "Maitred": LinearMoodModel(_taught(sources))}
    _accuracy("short messages, taught without them", short, readers)


def _plain(taught_by: Labelled) -> dict[str, Reader | LinearMoodModel]:
    _say("plain n-grams")
    return {
        "words 1-2": ngrams(taught_by, characters=False),
        "words 1-2 + characters 2-4": ngrams(taught_by, characters=True),
    }


def _taught(sources: Sources, *, sure: bool = False) -> Artefact:
    return taught(sources, seed=mood_sources.SEED, watch=_say, calibrate=sure)


def _accuracy(title: str, on: Labelled, readers: dict[str, Reader | LinearMoodModel]) -> None:
    table = Table(
        "", "macro recall", *(f"{each} recall" for each in SENTIMENTS), "accuracy", "ECE",
        title=f"{title} ({len(on):,})", box=None, title_justify="left",
    )  # fmt: skip
    everyone = {"VADER": vader(), **readers}
    if "Maitred" not in readers:
        everyone["Maitred, built in"] = LinearMoodModel()
    for name, reader in everyone.items():
        if reader is None:
            continue
        found = _score(reader, on)
        recalls = (f"{found.recall(each):.3f}" for each in SENTIMENTS)
        sure = f"{found.calibration_error:.3f}" if isinstance(reader, LinearMoodModel) else ""
        table.add_row(name, f"{found.macro_recall:.3f}", *recalls, f"{found.accuracy:.3f}", sure)
    rich.print(table)


def _score(reader: Reader | LinearMoodModel, on: Labelled) -> Score:
    true = [SENTIMENTS[each] for _, each in on]
    texts = [text for text, _ in on]
    if not isinstance(reader, LinearMoodModel):
        return score(true, reader(texts))
    read = reader.read([MoodInput(text=text, language="en") for text in texts])
    return score(true, [sentiment_of(each) for each in read], [each.confidence for each in read])


def _size_and_speed() -> None:
    tracemalloc.start()
    model = LinearMoodModel()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    size = len(to_bytes(built_in()))
    print(f"artefact {size / 1e6:.2f} MB, in memory {held / 1e6:.2f} MB")
    if not mood_sources.present():
        return
    texts = [MoodInput(text=text, language="en") for text, _ in mood_sources.short_messages()]
    texts = texts[:_TIMED]
    for batch in (1, 64):
        parts = [texts[at : at + batch] for at in range(0, len(texts), batch)]
        times = []
        for _ in range(_ROUNDS):
            began = time.perf_counter()
            for part in parts:
                model.read(part)
            times.append((time.perf_counter() - began) / len(texts) * _MICRO)
        print(f"{min(times):.3f} ms a message in batches of {batch}")


def _say(what: str) -> None:
    print(f"  ... {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
