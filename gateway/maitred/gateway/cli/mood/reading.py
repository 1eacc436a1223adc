"""`maitred mood`: a JSON line with the mood for each line of standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, Protocol, cast

import orjson
import typer

from maitred.contracts.message import Affect
from maitred.gateway import moods
from maitred.router.mood.linear import LinearMoodModel
from maitred.router.mood.port import MoodInput, MoodModel
from maitred.router.mood.sentiment import sentiment_of

BATCH: Final = 256
_CHUNK_BYTES: Final = 1 << 16
_LINE_BYTES_MAX: Final = 1 << 20
"""Of a longer line the middle is left out; a model reads both ends of a text alone."""

ModelOption = Annotated[
    str,
    typer.Option("--model", metavar="NAME|FILE", help="An installed model, or a trained file."),
]
LanguageOption = Annotated[
    str,
    typer.Option("--language", metavar="CODE", help="The lines' language, such as de; else any."),
]


class Source(Protocol):
    """What lines are read from: `read1` returns what is there, at the latest when it ends."""

    def read1(self, size: int, /) -> bytes:
        """Return up to `size` bytes, as soon as there are any; none at the end."""
        ...


def mood(
    context: typer.Context, language: LanguageOption = "", model: ModelOption = LinearMoodModel.name
) -> None:
    """Read the mood of lines of text; train and measure models.

    Each line of standard input becomes a line of JSON: valence, arousal, label, sentiment,
    confidence, and the words that drove it. An empty line gets one too.

    Example: maitred mood < lines.txt
    """
    if context.invoked_subcommand is not None:
        return
    reader = model_named(model)
    out = sys.stdout.buffer
    for lines in batches(cast("Source", sys.stdin.buffer)):
        for at in range(0, len(lines), BATCH):
            part = lines[at : at + BATCH]
            texts = [line.decode("utf-8", "replace") for line in part]
            read = reader.read([MoodInput(text=text, language=language) for text in texts])
            out.write(b"".join(_line(affect) for affect in read))
        out.flush()


def model_named(name: str) -> MoodModel:
    """Return an installed model, or the one in a file.

    Raises:
        ConfigurationError: there is neither.
    """
    if "/" in name or Path(name).is_file():
        return LinearMoodModel(moods.artefact_in(Path(name), path="--model"))
    return moods.named(name, path="--model")


def batches(source: Source) -> Iterator[list[bytes]]:
    """Yield lines without their ends, as many at a time as are there already."""
    rest = b""
    while chunk := source.read1(_CHUNK_BYTES):
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > _LINE_BYTES_MAX:
            half = _LINE_BYTES_MAX // 2
            rest = rest[:half] + rest[-half:]
        if lines:
            yield [line.removesuffix(b"\r") for line in lines]
    if rest:
        yield [rest.removesuffix(b"\r")]


def _line(affect: Affect) -> bytes:
    found = {
        "valence": affect.valence,
        "arousal": affect.arousal,
        "label": str(affect.label),
        "sentiment": str(sentiment_of(affect)),
        "confidence": affect.confidence,
        "because": affect.because,
    }
    return orjson.dumps(found, option=orjson.OPT_APPEND_NEWLINE)
