"""The ledger: accepted = journalled + suppressed + dead + in flight, and the gap is 0.

The four are counted apart: what was accepted is INBOUND's last sequence, what became of it stands
in the positions' own counters, committed with the effects that they count, and what is in flight
is counted by the server behind each position.
"""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from maitred.contracts.documents import PositionDoc
from maitred.contracts.errors import StoreUnavailable
from maitred.contracts.subjects import INBOUND, JOURNAL, Subjects
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.history import count_after
from maitred.gateway.bus.reads import get_last, get_many
from maitred.gateway.bus.streams import last_sequence, partitions_of
from maitred.gateway.intake import STAGE

_TRIES: Final = 200


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """The balance of all accepted messages, as of one moment."""

    accepted: int
    journalled: int
    suppressed: int
    dead: int
    in_flight: int

    @property
    def gap(self) -> int:
        """Return how many accepted messages are nowhere: must be 0."""
        return self.accepted - self.journalled - self.suppressed - self.dead - self.in_flight


async def balance(connection: Connection, subjects: Subjects, *, tries: int = _TRIES) -> Ledger:
    """Count; repeated until nothing moved while counting, so that the moment is one.

    Raises:
        StoreUnavailable: the store does not answer, or never stood still for a count.
    """
    for _ in range(tries):
        before = await _marks(connection, subjects)
        in_flight = 0
        for partition in range(await partitions_of(connection) or 0):
            position = before[1].get(partition)
            in_flight += await count_after(
                connection,
                INBOUND,
                subjects.inbound_partition(partition),
                after=position.sequence if position else 0,
            )
        after = await _marks(connection, subjects)
        if before == after:
            positions = after[1].values()
            return Ledger(
                accepted=after[0],
                journalled=sum(each.applied for each in positions),
                suppressed=sum(each.suppressed for each in positions),
                dead=sum(each.dead for each in positions),
                in_flight=in_flight,
            )
        await asyncio.sleep(0)
    raise StoreUnavailable("the ledger moved at every count; ask again when it is quieter")


async def _marks(connection: Connection, subjects: Subjects) -> tuple[int, dict[int, PositionDoc]]:
    positions = {}
    known = await get_many(connection, JOURNAL, [f"{subjects.root}.position.{STAGE}.*"])
    for subject in known:
        stored = await get_last(connection, JOURNAL, subject, leader=True)
        if stored is not None:
            position = msgspec.json.decode(stored.data, type=PositionDoc)
            positions[position.partition] = position
    return await last_sequence(connection, INBOUND), positions
