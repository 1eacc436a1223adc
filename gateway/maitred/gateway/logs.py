"""Logs: structlog, one JSON object a line, without addresses, texts or secrets.

Whatever reaches a log line is looked at once more here, in `maitred.gateway.redaction`, so that a
library's own message cannot leak what ours never say.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, Final

import orjson
import structlog

from maitred.gateway.redaction import frames, named, redact

_QUIET: Final = {
    "aiohttp.access": logging.WARNING,
    "aiohttp.server": logging.CRITICAL,
    "mail.log": logging.ERROR,
    "nats": logging.CRITICAL,
    "slack_bolt": logging.ERROR,
    "slack_sdk": logging.ERROR,
    "twilio": logging.ERROR,
    "asyncio": logging.WARNING,
}
"""Libraries log peers, addresses and requests; what of it matters, we say ourselves."""


class _Line:
    """Writes lines to standard error.

    Our own logs need none of the standard library's ways, which cost three times as much a line.
    """

    def __init__(self, name: str = "") -> None:
        self.name = name

    def msg(self, line: str) -> None:
        """Write one line."""
        sys.stderr.write(line + "\n")

    debug = info = warning = error = critical = exception = log = msg


def configure(level: str, style: str) -> None:
    """Set up logging for the process: `json`, `text`, or `auto` (text on a terminal)."""
    text = style == "text" or (style == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        frames,
        redact,
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if text
        else structlog.processors.JSONRenderer(serializer=_dumps)
    )
    structlog.configure(
        processors=[*shared, renderer],
        logger_factory=_Line,
        wrapper_class=structlog.make_filtering_bound_logger(level.lower()),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_exceptions_named)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(least)


def _exceptions_named(record: logging.LogRecord) -> bool:
    """Put names in the place of exceptions among a record's values; a filter of a handler."""
    if isinstance(record.msg, BaseException):
        record.msg = named(record.msg)
    if isinstance(record.args, tuple):
        record.args = tuple(
            named(each) if isinstance(each, BaseException) else each for each in record.args
        )
    return True


def _dumps(value: Any, **_: Any) -> str:  # noqa: ANN401  (structlog's own signature)
    return orjson.dumps(value, default=repr).decode()
