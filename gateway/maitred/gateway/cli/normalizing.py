"""`maitred normalize`: what the normalizer makes of files, one line of JSON each."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer
from rich.console import Console
from rich.progress import track

from maitred.contracts.errors import BadPayload, ConfigurationError, MaitredError
from maitred.gateway import clock, logs, plugins, workbench
from maitred.gateway.decoding import Undecodable, context_of
from maitred.gateway.settings.load import read
from maitred.gateway.settings.shapes import NormalizerSettings
from maitred.normalizer import language
from maitred.normalizer.port import DecodeContext, Decoder

TEXT: Final = "text"
_BAR_FROM_FILES: Final = 20
_WARM_UP: Final = "A sentence with which the language model is loaded."
_STDIN: Final = Path("-")


def normalize(
    channel: Annotated[
        str,
        typer.Argument(
            metavar="CHANNEL", help="email, sms, slack, chat, another installed one, or `text`."
        ),
    ],
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE]...", help="Raw messages, a file each; - reads standard input."
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="Take languages, region and patterns from here."),
    ] = None,
    recipient: Annotated[
        list[str] | None,
        typer.Option(
            "--recipient", metavar="ADDRESS", help="An envelope recipient; may be given again."
        ),
    ] = None,
) -> None:
    """Show what the normalizer makes of raw messages, as JSON.

    There is a line for each file. `text` reads {"id", "text"} or {"id", "html"} a line
    from standard input, and tells the new words from quotes and signature. What cannot be
    read is shown as quarantined.

    Example: maitred normalize email letter.eml | jq .message.text
    """
    logs.configure("error", "text")
    if channel == TEXT:
        _split_lines(files or [_STDIN])
        return
    if channel not in plugins.names(plugins.DECODERS):
        known = ", ".join([*plugins.names(plugins.DECODERS), TEXT])
        raise ConfigurationError(f"CHANNEL: nothing reads {channel!r}; there are {known}")
    if not files:
        raise ConfigurationError(f"FILE: name at least one, or - for standard input ({channel})")
    decoder: Decoder = plugins.load(plugins.DECODERS, channel, path="CHANNEL")
    context = _context(config)
    language.identify(_WARM_UP, context.languages)
    missing = 0
    for file in _watched(files):
        try:
            raw = _bytes(file)
        except OSError as error:
            missing += 1
            typer.echo(f"maitred: {file}: {error.strerror or type(error).__name__}", err=True)
            continue
        _print(_line(file, decoder, channel, raw, context, recipient or []))
    if missing:
        raise MaitredError(f"{missing} of {len(files)} files could not be opened")


def _line(
    file: Path,
    decoder: Decoder,
    channel: str,
    raw: bytes,
    context: DecodeContext,
    recipients: list[str],
) -> dict[str, Any]:
    began = time.perf_counter()
    found = workbench.normalize(
        decoder, channel, raw, context=context, recipients=recipients, at=clock.now_ms()
    )
    took = round((time.perf_counter() - began) * 1_000, 3)
    if isinstance(found, Undecodable):
        return {
            "file": str(file),
            "ms": took,
            "quarantine": {"code": found.code, "reason": found.reason},
        }
    return {"file": str(file), "ms": took, "message": found}


def _split_lines(files: list[Path]) -> None:
    for file in files:
        for line in _bytes(file).splitlines():
            if not line.strip():
                continue
            case: Any = None
            try:
                case = orjson.loads(line)
                if not isinstance(case, dict):
                    raise BadPayload("a case is a JSON object", code="not_an_object")
                _print(workbench.split(case))
            except orjson.JSONDecodeError:
                _print(_refused(None, "not_json", "the line is not JSON"))
            except BadPayload as error:
                name = case.get("id") if isinstance(case, dict) else None
                _print(_refused(name, error.code, str(error)))


def _refused(name: object, code: str, reason: str) -> dict[str, Any]:
    return {"id": name, "quarantine": {"code": code, "reason": reason}}


def _context(config: Path | None) -> DecodeContext:
    settings = read(config).settings.normalizer if config else NormalizerSettings()
    return context_of(settings, workbench.keys())


def _watched(files: list[Path]) -> Iterable[Path]:
    """Show a bar where a person waits for many files whose lines go elsewhere."""
    if len(files) < _BAR_FROM_FILES or sys.stdout.isatty() or not sys.stderr.isatty():
        return files
    return _bar(files)


def _bar(files: list[Path]) -> Iterator[Path]:
    yield from track(files, description="normalizing", console=Console(stderr=True))


def _bytes(file: Path) -> bytes:
    return sys.stdin.buffer.read() if file == _STDIN else file.read_bytes()


def _print(line: dict[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()
