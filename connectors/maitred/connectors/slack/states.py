"""States: what a browser carries through an installation, so that it ends where it began.

A state is our signed word with the time when it runs out: whoever only opens the page writes
nothing. Those that came back are remembered until then, so that each serves once (RFC 6749,
section 10.12).
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Callable
from typing import Final

import msgspec
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from maitred.connectors.port import Memory
from maitred.connectors.slack import web
from maitred.contracts.ids import digest, framed
from maitred.contracts.limits import MINUTE_MS

STATE_AGE_MS: Final = 10 * MINUTE_MS
USED_MAX: Final = 1_000
_STATE: Final = re.compile(r"([0-9]{1,15})\.([0-9a-f]{32})\.([0-9a-f]{64})")


class States(AsyncOAuthStateStore):
    """The states of one account; `key` signs them, `clock` gives UTC milliseconds."""

    def __init__(self, name: str, key: str, memory: Memory, clock: Callable[[], int]) -> None:
        self._account = name
        self._key = key.encode()
        self._memory = memory
        self._clock = clock
        self._name = f"states-{digest('slack', name, length=32)}"

    @property
    def logger(self) -> logging.Logger:
        """The library's log, which says nothing."""
        return web.silent()

    async def async_issue(self, *_args: object, **_more: object) -> str:
        """Return a new state."""
        until, nonce = str(self._clock() + STATE_AGE_MS), secrets.token_hex(16)
        return f"{until}.{nonce}.{self._signature(until, nonce)}"

    async def async_consume(self, state: str) -> bool:
        """Tell whether a state is ours, in time, and comes back for the first time.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        match = _STATE.fullmatch(state)
        if match is None:
            return False
        until, nonce, signature = match.groups()
        now = self._clock()
        if not hmac.compare_digest(signature, self._signature(until, nonce)) or int(until) <= now:
            return False
        data = await self._memory.get(self._name)
        used = msgspec.json.decode(data, type=dict[str, int]) if data else {}
        if nonce in used:
            return False
        used = {one: end for one, end in used.items() if end > now} | {nonce: int(until)}
        newest = sorted(used.items(), key=lambda each: each[1])[-USED_MAX:]
        await self._memory.put(self._name, msgspec.json.encode(dict(newest)))
        return True

    def _signature(self, until: str, nonce: str) -> str:
        told = framed(("slack state", self._account, until, nonce))
        return hmac.new(self._key, told, hashlib.sha256).hexdigest()
