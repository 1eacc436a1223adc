"""Attempting: one reply on its way to its provider, until it is settled.

The intent is committed before the provider is called, where calling twice would be seen twice.
Where nobody knows the outcome the provider is asked, if its channel can look; else it is shown to
people or sent again, as the channel's policy says, and marked if it was sent again. A call under
way outlives the loop's rereading of the journal; what it says is not lost.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog
from msgspec.structs import replace

from maitred.connectors.abilities import FindsSent
from maitred.connectors.port import Connector
from maitred.contracts.errors import (
    Deferred,
    OutcomeUnknown,
    Permanent,
    Retryable,
    Throttled,
    Unreachable,
)
from maitred.contracts.limits import CODE_AGE_MS, DAY_MS, MINUTE_MS
from maitred.contracts.outbound import DeliveryState, Outbound, OutboundKind, Sent
from maitred.gateway import clock
from maitred.gateway.delivery.allowing import refusal
from maitred.gateway.delivery.consent import OPTED_OUT
from maitred.gateway.delivery.items import Reply
from maitred.gateway.delivery.pace import Pace, pause_ms
from maitred.gateway.delivery.record import DeliveryRecord
from maitred.gateway.metrics import Metrics
from maitred.gateway.tasks import Tasks

log = structlog.get_logger(__name__)
TRIES_MAX: Final = 6
BACKOFF_MS: Final = 500
BACKOFF_MS_MAX: Final = 30_000
SENDS_AT_ONCE_MAX: Final = 16
LOOK_WAIT_MS_MAX: Final = MINUTE_MS
"""Where a provider wants to be asked later than this, what became of a reply cannot be told."""
AWAY_MS_MAX: Final = DAY_MS
"""So long a reply waits for a provider that is not there; a code, as long as it is good."""
OUTCOME_UNKNOWN: Final = "outcome_unknown"
PROVIDER_AWAY: Final = "provider_away"
TARGET_NOT_SENT: Final = "target_not_sent"
_CALLS_STOP_MS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a reply in the end."""

    state: DeliveryState
    error: str = ""


Settle = Callable[[Reply, Result], None]


class Attempts:
    """Sends the replies of one channel, each until it is settled.

    `may_resend` says what to do where nobody knows the outcome.
    """

    def __init__(
        self,
        connector: Connector,
        *,
        may_resend: bool,
        pace: Pace,
        record: DeliveryRecord,
        metrics: Metrics,
        settle: Settle,
    ) -> None:
        self._connector = connector
        self._may_resend = may_resend
        self._pace = pace
        self._record = record
        self._metrics = metrics
        self._settle = settle
        self._log = log.bind(channel=connector.channel)
        self._calls = Tasks(self._call_failed)
        self._at_once = asyncio.Semaphore(SENDS_AT_ONCE_MAX)

    async def stop(self) -> None:
        """End the calls under way."""
        await self._calls.stop(_CALLS_STOP_MS)

    async def hold_still(self) -> None:
        """Let the calls under way end, and begin none."""
        for _ in range(SENDS_AT_ONCE_MAX):
            await self._at_once.acquire()

    @property
    def _is_seen_twice(self) -> bool:
        """Whether the customer may see twice what is sent twice."""
        return not self._connector.capabilities.resend_is_safe

    async def send(self, reply: Reply) -> None:
        """Return once a reply is settled."""
        account = reply.outbound.to.account
        wait_ms: int | None = 0
        while wait_ms is not None:
            if reply.in_doubt and not await self._is_to_be_sent(reply):
                return
            if reply.answer is None:
                await self._wait_for_turn(reply, account)
                if why := await self._refusal(reply):
                    self._settle(reply, Result(DeliveryState.FAILED, why))
                    return
            async with self._at_once:
                wait_ms = await self._attempt(reply, account, reply.doc.attempts)
            await asyncio.sleep((wait_ms or 0) / 1000)

    async def _wait_for_turn(self, reply: Reply, account: str) -> None:
        """Return when a reply may go, or was held up long enough by a provider that is away."""
        if self._pace.is_away(account):
            await self._note_away(reply)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience_s(reply)):
                await self._pace.turn(account)

    def _patience_s(self, reply: Reply) -> float | None:
        """Return for how long a reply still waits; None if its provider has never been away."""
        if not (since := reply.doc.away_since):
            return None
        is_code = reply.outbound.kind is OutboundKind.CODE
        until = since + (CODE_AGE_MS if is_code else AWAY_MS_MAX)
        return max(0.0, (until - clock.now_ms()) / 1000)

    async def _note_away(self, reply: Reply) -> None:
        """Note, once, that a reply waits for its provider, for whoever asks what became of it."""
        if reply.doc.error != PROVIDER_AWAY:
            since = reply.doc.away_since or clock.now_ms()
            reply.doc = replace(reply.doc, away_since=since)
            await self._note(reply, DeliveryState.WAITING, error=PROVIDER_AWAY)

    async def _is_to_be_sent(self, reply: Reply) -> bool:
        """Return whether a reply in doubt is to be handed over once more; else it is settled."""
        try:
            reply.sent = await self._found(reply)
        except OutcomeUnknown:
            if not self._may_resend or reply.doc.attempts >= TRIES_MAX:
                self._log.warning(OUTCOME_UNKNOWN, outbound=reply.doc.id)
                self._settle(reply, Result(DeliveryState.UNKNOWN, OUTCOME_UNKNOWN))
                return False
            reply.doc = replace(reply.doc, again=self._is_seen_twice)
        if reply.sent is not None:
            self._settle(reply, Result(DeliveryState.SENT))
            return False
        reply.in_doubt = False
        reply.doc = replace(reply.doc, attempts=reply.doc.attempts + 1)
        return True

    async def _found(self, reply: Reply) -> Sent | None:
        """Return what a reply in doubt was sent as; None if it certainly was not sent.

        Raises:
            OutcomeUnknown: it cannot be told.
        """
        if not isinstance(self._connector, FindsSent):
            raise OutcomeUnknown("its channel cannot look")
        look = 1
        while True:
            wait_ms = _backoff_ms(look)
            try:
                return await self._connector.find(reply.outbound, reply.doc.at)
            except Unreachable:
                if clock.now_ms() - reply.doc.at >= AWAY_MS_MAX:
                    break
                reply.found_away += 1
                await asyncio.sleep(pause_ms(reply.found_away) / 1000)
                continue
            except Throttled as error:
                wait_ms = max(wait_ms, error.after_ms)
            except Retryable:
                pass
            except (OutcomeUnknown, Permanent):
                break
            except Exception as error:  # noqa: BLE001  (a plugin's fault leaves one reply in doubt)
                self._log.exception("connector_failed", kind=type(error).__name__)
                break
            if wait_ms > LOOK_WAIT_MS_MAX or look == TRIES_MAX:
                break
            look += 1
            await asyncio.sleep(wait_ms / 1000)
        raise OutcomeUnknown("its provider does not tell")

    async def _refusal(self, reply: Reply) -> str:
        """Return why a reply must not go out now, whatever was known when it was said."""
        outbound = reply.outbound
        if await self._record.has_stopped(outbound.to.key):
            return OPTED_OUT
        if outbound.kind is OutboundKind.EDIT:
            sent_as = await self._record.sent_as(outbound.target)
            if sent_as is None:
                return TARGET_NOT_SENT
            # By now the provider's name for what is to be changed is known.
            reply.outbound = replace(outbound, target_provider_id=sent_as)
        able = self._connector.capabilities
        return refusal(able, outbound.kind, outbound.text, outbound.files)

    async def _attempt(self, reply: Reply, account: str, attempt: int) -> int | None:
        """Send once and settle the reply, or return how long to wait before the next attempt."""
        if reply.answer is None and self._is_seen_twice:
            await self._note(reply, DeliveryState.SENDING)
        try:
            reply.sent = await asyncio.shield(reply.answer or self._call(reply))
        except Permanent as error:
            self._pace.succeeded(account)
            self._settle(reply, Result(DeliveryState.FAILED, error.code))
            return None
        except OutcomeUnknown:
            self._pace.failed(account)
            reply.answer, reply.in_doubt = None, True
            return _backoff_ms(attempt) if self._may_resend else 0
        except Unreachable as error:
            if not self._pace.is_away(account):
                self._log.warning(PROVIDER_AWAY, account=account, why=str(error))
            self._pace.unreachable(account, error.after_ms)
            return await self._wait_for_provider(reply)
        except Retryable as error:
            return await self._put_off(reply, self._wait_ms(error, account, attempt))
        except Exception as error:  # noqa: BLE001  (a plugin's fault fails one reply)
            self._log.exception("connector_failed", kind=type(error).__name__)
            self._settle(reply, Result(DeliveryState.FAILED, "connector_failed"))
            return None
        else:
            self._pace.succeeded(account)
            self._settle(reply, Result(DeliveryState.SENT))
            return None

    def _wait_ms(self, error: Retryable, account: str, attempt: int) -> int:
        """Tell the pace of a failure, and return how long a reply is to wait for its next try."""
        after_ms = 0
        if isinstance(error, Throttled):
            after_ms = error.after_ms
            self._pace.throttled(account, after_ms)
        elif isinstance(error, Deferred):
            after_ms = error.after_ms * 2 ** (attempt - 1)
            self._pace.succeeded(account)  # it answers, and that is what the circuit is about
        else:
            self._pace.failed(account)
        return max(after_ms, _backoff_ms(attempt))

    async def _put_off(self, reply: Reply, wait_ms: int) -> int | None:
        """Use up one try; return how long to wait for the next one, if there is one left."""
        reply.answer = None
        if reply.doc.attempts >= TRIES_MAX:
            self._settle(reply, Result(DeliveryState.FAILED, "tries_used_up"))
            return None
        reply.doc = replace(reply.doc, attempts=reply.doc.attempts + 1, away_since=0)
        await self._note(reply, DeliveryState.WAITING, error="retryable")
        return wait_ms

    async def _wait_for_provider(self, reply: Reply) -> int | None:
        """Use up no try; return how long to wait, unless it has waited for long enough.

        It waits by itself, too, because what looks like a provider that is away may be about it.
        """
        reply.answer = None
        reply.found_away += 1
        await self._note_away(reply)
        if self._patience_s(reply) != 0:
            return pause_ms(reply.found_away)
        self._settle(reply, Result(DeliveryState.FAILED, PROVIDER_AWAY))
        return None

    def _call(self, reply: Reply) -> asyncio.Future[Sent]:
        """Call the provider in a task that outlives the lane; only `stop` ends it."""
        reply.answer = asyncio.get_running_loop().create_future()
        name = f"{self._connector.channel} call"
        self._calls.start(name, self._answer(reply.outbound, reply.answer))
        return reply.answer

    async def _answer(self, outbound: Outbound, answer: asyncio.Future[Sent]) -> None:
        try:
            sent = await self._connector.send(outbound)
        except Exception as error:  # noqa: BLE001  (handed on to the lane)
            answer.set_exception(error)
        except BaseException:
            answer.cancel()
            raise
        else:
            answer.set_result(sent)

    def _call_failed(self, _name: str, error: BaseException) -> None:
        self._log.warning("call_not_ended", kind=type(error).__name__)

    async def _note(self, reply: Reply, state: DeliveryState, *, error: str = "") -> None:
        """Commit where a reply stands now, before anything further is done with it."""
        reply.doc = replace(reply.doc, state=state, at=clock.now_ms(), error=error)
        await self._record.note(reply)
        if state is DeliveryState.WAITING:
            self._metrics.delivery(self._connector.channel, state.value)


def _backoff_ms(attempt: int) -> int:
    return int(min(BACKOFF_MS * 2 ** (attempt - 1), BACKOFF_MS_MAX))
