"""Recording: by which settings decisions were made, written into the journal beside them.

The record is committed in one batch with the first decisions under it, so it cannot say of an input
what is not so, whoever lost the lease when. It is written again now and then, lest it go before the
decisions that were made under it.
"""

from __future__ import annotations

import base64
import zlib
from importlib.metadata import version
from typing import Final

import msgspec

from maitred.contracts.ids import digest
from maitred.contracts.limits import DAY_MS, KIB, MIB
from maitred.contracts.policies import PolicyInForce
from maitred.contracts.subjects import JOURNAL, TOKEN, Subjects
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.history import scan
from maitred.gateway.bus.reads import get_many
from maitred.gateway.journal.effects import Entry
from maitred.gateway.journal.lookup import decoded
from maitred.router.policies.index import deciding
from maitred.router.replaying.replay import Rules
from maitred.router.settings import RoutingSettings

AGAIN_MS: Final = 30 * DAY_MS
"""How old the last record may be before it is written again."""
PLAIN_BYTES_MAX: Final = 64 * KIB
PACKED_BYTES_MAX: Final = 640 * KIB
"""Ten thousand agents take about a third of it; what takes more is not kept."""
_UNPACKED_BYTES_MAX: Final = 64 * MIB


class Recorder:
    """Tells when the settings that decide must be written down, and what is written."""

    def __init__(self, connection: Connection, subjects: Subjects, rules: Rules) -> None:
        self._connection = connection
        self._subjects = subjects
        self._rules = rules
        self._settings = _kept(rules.settings)
        self._last_at: int | None = None

    async def recall(self) -> None:
        """Read what was recorded last.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        stored = await get_many(self._connection, JOURNAL, [self._subjects.any("policy")])
        latest = max(stored.values(), key=lambda each: each.seq, default=None)
        last = decoded(latest.data, PolicyInForce) if latest is not None else None
        is_so = last is not None and _alike(last, self._record(last.since, last.at))
        self._last_at = last.at if last is not None and is_so else None

    def entry(self, sequence: int, at: int) -> Entry | None:
        """Return what must be written with the decisions on an input, if anything must."""
        if self._last_at is not None and at - self._last_at < AGAIN_MS:
            return None
        self._last_at = at
        record = self._record(sequence, at)
        subject = self._subjects.policy(token_of(record.hash))
        return Entry(subject, record, f"policy:{token_of(record.hash)}:{sequence}")

    def _record(self, sequence: int, at: int) -> PolicyInForce:
        plain, packed = self._settings
        return PolicyInForce(
            name=self._rules.policy.name,
            hash=self._rules.policy.hash(),
            since=sequence,
            at=at,
            closed_ms=self._rules.closed_ms,
            release=version("maitred"),
            settings=plain,
            packed=packed,
        )


async def history(connection: Connection, subjects: Subjects) -> list[PolicyInForce]:
    """Return every record that is kept, the oldest first.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    found = [
        decoded(stored.data, PolicyInForce)
        async for stored in scan(connection, JOURNAL, subjects.any("policy"))
    ]
    return sorted((each for each in found if each is not None), key=lambda each: each.since)


def settings_of(record: PolicyInForce) -> RoutingSettings | None:
    """Return the settings that a record holds; None where they were too long to keep.

    Raises:
        msgspec.MsgspecError: this release has other settings.
        ValueError: they are packed otherwise.
    """
    if record.settings is not None:
        return msgspec.convert(record.settings, RoutingSettings)
    if not record.packed:
        return None
    try:
        packed = base64.b64decode(record.packed)
        plain = zlib.decompressobj().decompress(packed, _UNPACKED_BYTES_MAX)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    return msgspec.json.decode(plain, type=RoutingSettings)


def token_of(policy_hash: str) -> str:
    """Return a policy's hash as it stands in a subject; a plugin may make any."""
    return policy_hash if TOKEN.match(policy_hash) else digest("policy", policy_hash)


def _kept(settings: RoutingSettings) -> tuple[dict[str, object] | None, str]:
    """Return settings as a record holds them: plainly, or packed where they are long."""
    plain = msgspec.json.encode(deciding(settings))
    if len(plain) <= PLAIN_BYTES_MAX:
        return msgspec.json.decode(plain, type=dict[str, object]), ""
    packed = base64.b64encode(zlib.compress(plain)).decode()
    return None, packed if len(packed) <= PACKED_BYTES_MAX else ""


def _alike(one: PolicyInForce, other: PolicyInForce) -> bool:
    """Return whether two records say that decisions are made alike."""
    return (one.name, one.hash, one.closed_ms, one.release) == (
        other.name,
        other.hash,
        other.closed_ms,
        other.release,
    )
