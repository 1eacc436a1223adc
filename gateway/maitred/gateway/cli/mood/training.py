"""`maitred mood train` and `maitred mood eval`: a model from one's own history, and its worth."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from maitred.contracts.errors import ConfigurationError
from maitred.gateway import moods
from maitred.gateway.bus.endpoint import write_private
from maitred.gateway.cli.filing import check_target
from maitred.gateway.cli.mood.history import enough, examples_in
from maitred.gateway.cli.mood.reading import (
    BATCH,
    LanguageOption,
    ModelOption,
    model_named,
)
from maitred.gateway.cli.printing import console
from maitred.gateway.cli.session import JsonOption, print_json
from maitred.router.mood.artefact import to_bytes
from maitred.router.mood.learning.adapting import EVALUATIONS, adapted
from maitred.router.mood.linear import LinearMoodModel, built_in
from maitred.router.mood.port import MoodInput
from maitred.router.mood.scoring import Score, score
from maitred.router.mood.sentiment import SENTIMENTS, sentiment_of

_MODE: Final = 0o644
FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="Lines of label, tab, text; .gz is unpacked.")
]


def train(
    file: FileArgument,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="MODEL", help="Where to write the model; FILE.mood without it."
        ),
    ] = None,
    language: LanguageOption = "",
    base: Annotated[
        Path | None,
        typer.Option("--base", metavar="MODEL", help="A trained file to go on from."),
    ] = None,
) -> None:
    """Teach a model your own labelled history.

    It starts from the built-in model and changes only what your lines speak for. Labels are
    negative, neutral, positive, or delighted, calm, frustrated, angry. What it gains is
    measured on lines that it was not taught.

    Example: maitred mood train history.tsv --out ours.mood
    """
    target = out or Path(f"{file.name.removesuffix('.gz').removesuffix('.tsv')}.mood")
    examples = examples_in(file)
    enough(examples, file)
    target.parent.mkdir(parents=True, exist_ok=True)
    check_target("--out", target)
    start = moods.artefact_in(base, path="--base") if base else built_in()
    with _progress() as progress:
        task = progress.add_task("teaching", total=EVALUATIONS)

        def watch(what: str) -> None:
            progress.update(task, description=f"teaching: {what}", advance=1)

        found = adapted(start, examples, language=language, watch=watch)
    write_private(target, to_bytes(found.artefact))
    target.chmod(_MODE)
    typer.echo(
        f"{len(examples):,} lines; macro recall on lines not taught: "
        f"{found.before.macro_recall:.3f} before, {found.after.macro_recall:.3f} after."
    )
    typer.echo(f'Wrote {target}. To use it: file = "{target}" under [mood] in maitred.toml.')


def evaluate(
    file: FileArgument,
    model: ModelOption = LinearMoodModel.name,
    language: LanguageOption = "",
    as_json: JsonOption = False,
) -> None:
    """Measure how well a model reads your labelled history.

    Example: maitred mood eval history.tsv --model ours.mood
    """
    examples = examples_in(file)
    if not examples:
        raise ConfigurationError(
            f"{file}: has no labelled lines; write a label, a tab and the text"
        )
    reader = model_named(model)
    texts = [MoodInput(text=each.text, language=language) for each in examples]
    reader.read(texts[:1])
    began = time.perf_counter()
    read = [
        affect
        for at in range(0, len(texts), BATCH)
        for affect in reader.read(texts[at : at + BATCH])
    ]
    took = (time.perf_counter() - began) * 1_000 / max(len(texts), 1)
    found = score(
        [each.sentiment for each in examples],
        [sentiment_of(affect) for affect in read],
        [affect.confidence for affect in read],
    )
    if as_json:
        print_json(_figures(found, took))
        return
    show(found, took)


def show(found: Score, took: float) -> None:
    """Print a score for people."""
    out = console()
    out.print(
        f"{found.messages:,} messages, macro recall {found.macro_recall:.3f}, "
        f"accuracy {found.accuracy:.3f}, calibration error {found.calibration_error:.3f}, "
        f"{took:.3f} ms a message"
    )
    table = Table("", box=None, pad_edge=False)
    for head in ("recall", "precision", *(f"read {each}" for each in SENTIMENTS)):
        table.add_column(head, justify="right")
    for each, row in zip(SENTIMENTS, found.confusion, strict=True):
        values = (f"{found.recall(each):.3f}", f"{found.precision(each):.3f}")
        table.add_row(str(each), *values, *(f"{count:,}" for count in row))
    out.print(table)


def _figures(found: Score, took: float) -> dict[str, Any]:
    return {
        "messages": found.messages,
        "macro_recall": round(found.macro_recall, 4),
        "accuracy": round(found.accuracy, 4),
        "calibration_error": round(found.calibration_error, 4),
        "ms_a_message": round(took, 4),
        "recall": {str(each): round(found.recall(each), 4) for each in SENTIMENTS},
        "precision": {str(each): round(found.precision(each), 4) for each in SENTIMENTS},
        "confusion": {
            str(each): dict(zip(map(str, SENTIMENTS), row, strict=True))
            for each, row in zip(SENTIMENTS, found.confusion, strict=True)
        },
    }


def _progress() -> Progress:
    """Return a bar for a person who waits; nothing where nobody looks."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
