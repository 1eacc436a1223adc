"""Stage: one case's house, connector and door, and what every case expects of them."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from maitred.connectors.port import Connector
from maitred.connectors.testing.door import Answer, Door, Knock, Verdict
from maitred.connectors.testing.recording import RecordingContext

HUSHED: Final = frozenset(
    {
        *("aiohttp.access", "aiohttp.server", "asyncio", "mail.log", "nats"),
        *("slack_bolt", "slack_sdk", "twilio"),
    }
)
"""Loggers that the gateway itself lets say next to nothing, whatever is configured."""
_REASON: Final = re.compile(r"[a-z0-9_]{1,64}")


class Unmet(AssertionError):
    """A connector does not do what every connector must."""


def expect(met: object, what: str) -> None:
    """Raise unless it is met.

    Raises:
        Unmet: with what was expected.
    """
    if not met:
        raise Unmet(what)


@dataclass
class Stage:
    """What a case acts on; `seen` is all that a stranger or an operator got to read."""

    door: Door
    house: RecordingContext
    connector: Connector
    seen: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    async def knock(self, knock: Knock) -> Answer:
        """Knock, and remember the words of both sides."""
        self.texts.append(knock.text)
        answer = await self.door.knock(knock)
        self.seen.append(answer.words)
        return answer

    async def taken(self, knock: Knock) -> None:
        """Knock, and expect that it is taken."""
        await self.answered(knock, Verdict.TAKEN)

    async def answered(self, knock: Knock, verdict: Verdict) -> None:
        """Knock, and expect one verdict."""
        answer = await self.knock(knock)
        expect(
            answer.verdict is verdict,
            f"the answer to {knock.id} is {answer.verdict.value}, not {verdict.value}:"
            f" {answer.words!r}",
        )

    async def refused(self, knock: Knock) -> None:
        """Knock, and expect that it is refused for good, counted, and not stored."""
        stored, counted = len(self.house.accepted), len(self.house.refusals)
        await self.answered(knock, Verdict.REFUSED)
        expect(len(self.house.accepted) == stored, "what was refused is stored all the same")
        expect(len(self.house.refusals) > counted, "a refusal is not counted (Context.refused)")

    def stored(self, *texts: str) -> None:
        """Expect that just these texts are stored, in this order, each once."""
        found = [self.door.read(inbound, body) for inbound, body in self.house.accepted]
        expect(found == list(texts), f"stored is {found!r}, not {list(texts)!r}")

    def remember(self, error: BaseException) -> None:
        """Remember what an error would bring to a log."""
        self.seen.append("".join(traceback.format_exception(error, limit=0)))

    def check_secrecy(self, logged: Iterable[str]) -> None:
        """Expect that nobody got to read a secret, an address or what a customer wrote."""
        shown = "\n".join([*self.seen, *logged])
        for kind, words in (("secret or address", self.door.private), ("text", self.texts)):
            for index, each in enumerate(words):
                expect(each not in shown, f"{kind} {index} of the door is seen outside: {shown}")
        for account, reason in self.house.refusals:
            expect(
                _REASON.fullmatch(reason), f"a reason to refuse is no short word ({len(reason)})"
            )
            expect(len(account) <= len("unknown") + 64, "an account in a refusal is a stranger's")


class Logged(AbstractContextManager["Logged"]):
    """Takes down what is logged at INFO and above, hushed libraries left out."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._handler = logging.Handler(logging.INFO)
        self._handler.emit = self._take  # type: ignore[method-assign]  # a handler is its emit
        self._level = logging.WARNING

    def __enter__(self) -> Self:
        """Listen to every logger."""
        root = logging.getLogger()
        self._level = root.level
        root.setLevel(logging.INFO)
        root.addHandler(self._handler)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        frames: TracebackType | None,
    ) -> None:
        """Listen no more."""
        root = logging.getLogger()
        root.removeHandler(self._handler)
        root.setLevel(self._level)

    def _take(self, record: logging.LogRecord) -> None:
        parts = record.name.split(".")
        if HUSHED.isdisjoint(".".join(parts[: end + 1]) for end in range(len(parts))):
            self.lines.append(logging.Formatter().format(record))
