"""Pace: how fast the accounts of a channel are sent through, and whether at all for now.

One place for all channels. A provider that asks for a pause gets it from everything that goes
through the account; one that fails time after time is left alone for a while and then asked with
a single reply (a circuit breaker: Nygard, "Release It!", 2nd edition, section 5.2). So is one that
is not there at all, at once, and for twice as long each time.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from maitred.contracts.limits import MINUTE_MS
from maitred.gateway import clock

log = structlog.get_logger(__name__)
AWAY_MS: Final = 500
AWAY_MS_MAX: Final = MINUTE_MS
"""How long a provider that is not there is left alone: at first, and at most."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many replies a second an account may send (0: any), and when its circuit opens.

    After `failures_max` failures in a row (0: never) it rests for `rest_ms` milliseconds.
    """

    per_second: float = 0.0
    failures_max: int = 0
    rest_ms: int = 0


@dataclass(frozen=True, slots=True)
class Manner:
    """How a channel is sent through.

    `resend` says whether a reply is sent again of which nobody knows whether it left; None leaves
    it to what the channel can do.
    """

    resend: bool | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass(slots=True)
class _Account:
    """Where one account stands; times are of the monotonic clock, in milliseconds."""

    turns: asyncio.Lock = field(default_factory=asyncio.Lock)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    next_at: float = 0.0
    paused_until: float = 0.0
    failures: int = 0
    rests_until: float | None = None
    """Set while the circuit is open: when it may be tried."""
    tried: bool = False
    """Whether somebody tries it now."""

    @property
    def ready_at(self) -> float:
        return max(self.next_at, self.paused_until, self.rests_until or 0.0)


class Pace:
    """The pace of one channel's accounts, as this process sees them.

    `channel` is its name, for the log; `opened` is told of an account whose circuit opens (True)
    or closes (False).
    """

    def __init__(
        self,
        channel: str,
        limits: Limits,
        opened: Callable[[str, bool], None],
        *,
        now: Callable[[], float] = clock.monotonic_ms,
    ) -> None:
        self._log = log.bind(channel=channel)
        self._limits = limits
        self._opened = opened
        self._now = now
        self._accounts: defaultdict[str, _Account] = defaultdict(_Account)

    async def turn(self, account: str) -> None:
        """Return when a reply may go through an account; who came first goes first."""
        known = self._accounts[account]
        async with known.turns:
            while (wait_ms := known.ready_at - self._now()) > 0:
                known.changed.clear()
                try:
                    async with asyncio.timeout(wait_ms / 1000):
                        await known.changed.wait()
                except TimeoutError:
                    continue
            now = self._now()
            if self._limits.per_second:
                known.next_at = now + 1000 / self._limits.per_second
            if known.rests_until is not None:
                # One reply tries it; the next one only if that says nothing for as long again.
                known.rests_until = now + max(self._limits.rest_ms, AWAY_MS)
                known.tried = True

    def is_away(self, account: str) -> bool:
        """Whether an account rests, and for how long nobody knows."""
        return self._accounts[account].rests_until is not None

    def succeeded(self, account: str) -> None:
        """The provider answered: it works, whatever it said of this one reply."""
        known = self._accounts[account]
        known.failures = 0
        if known.rests_until is not None:
            known.rests_until = None
            known.tried = False
            known.changed.set()
            self._opened(account, False)
            self._log.info("circuit_closed", account=account)

    def failed(self, account: str) -> None:
        """The provider did not answer, or could not."""
        known = self._accounts[account]
        known.failures += 1
        most = self._limits.failures_max
        if known.rests_until is None and (not most or known.failures < most):
            return
        self._rest(account, known, self._limits.rest_ms)

    def unreachable(self, account: str, after_ms: int = 0) -> None:
        """The provider is not there: it is left alone, for `after_ms` milliseconds at least.

        Of several that find it away at once the first one counts.
        """
        known = self._accounts[account]
        if known.rests_until is not None and not known.tried:
            return
        known.failures += 1
        self._rest(account, known, max(after_ms, pause_ms(known.failures)))

    def _rest(self, account: str, known: _Account, for_ms: int) -> None:
        if known.rests_until is None:
            self._opened(account, True)
            self._log.warning("circuit_opened", account=account, failures=known.failures)
        known.rests_until = self._now() + for_ms
        known.tried = False

    def throttled(self, account: str, after_ms: int) -> None:
        """The provider asks for a pause of the whole account."""
        known = self._accounts[account]
        known.paused_until = max(known.paused_until, self._now() + after_ms)


def pause_ms(failures: int) -> int:
    """Return how long to leave a provider alone that failed so many times in a row."""
    # The exponent is bounded, because failures are not.
    return min(AWAY_MS << min(failures - 1, 20), AWAY_MS_MAX)
