"""The verdict on a store after chaos: what must hold of it, each rule a function to its faults.

Everything is read from the journal when nothing is under way any more, and compared with what the
senders and the providers saw from outside.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec

from maitred.contracts.agents import AgentDoc, Presence
from maitred.contracts.assignments import Assignment, AssignmentState
from maitred.contracts.documents import PositionDoc
from maitred.contracts.entry import MessageEntry
from maitred.contracts.errors import StoreUnavailable
from maitred.contracts.ids import AgentId, ConversationId, MessageId
from maitred.contracts.outbound import DeliveryDoc, DeliveryState, Outbound
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.contracts.subjects import COMMANDS, DEAD, JOURNAL, Subjects
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.history import count_after, read_log
from maitred.gateway.bus.reads import get_last, get_many
from maitred.gateway.ledger import Ledger, balance

T = TypeVar("T", bound=msgspec.Struct)
CHANNELS: Final = ("email", "chat", "sms", "slack")
SHOWN_MAX: Final = 20
"""So many faults of one rule are told one by one."""
_ALL: Final = 10_000_000
_QUIET_SECONDS: Final = 0.1
_ABOUT_WHAT_HE_SAID: Final = frozenset({AssignmentState.REFUSED, AssignmentState.UNDELIVERED})
"""Told to whoever said it, whoever holds the conversation by now."""
_HELD: Final = frozenset({RoutingState.OFFERED, RoutingState.ASSIGNED, RoutingState.WRAPPING})


@dataclass(frozen=True, slots=True)
class Said:
    """A message as its sender knows it; without an acknowledgement it may be there or not."""

    sender: str
    channel: str
    id: MessageId
    acknowledged: bool


@dataclass(frozen=True, slots=True)
class Outside:
    """What was seen from outside: by the senders, by the chat's visitors, by the providers.

    `pushed` are the replies' ids by visitor, `posted` the texts that the providers were given.
    """

    said: Sequence[Said]
    pushed: Mapping[str, Sequence[str]]
    posted: Sequence[str]


@dataclass(frozen=True, slots=True)
class Inside:
    """What the store holds; log entries in the journal's order."""

    ledger: Ledger
    entries: Sequence[MessageEntry]
    told: Sequence[Assignment]
    routing: Mapping[ConversationId, RoutingDoc]
    agents: Mapping[AgentId, AgentDoc]
    replies: Sequence[Outbound]
    deliveries: Sequence[DeliveryDoc]
    dead: int


async def read_inside(connection: Connection, subjects: Subjects) -> Inside:
    """Read the store once nothing moves.

    Raises:
        StoreUnavailable: it does not answer.
    """
    routing = await read_documents(connection, subjects, "routing", RoutingDoc)
    agents = await read_documents(connection, subjects, "agent", AgentDoc)
    return Inside(
        ledger=await balance(connection, subjects),
        entries=await read_entries(connection, subjects, "message", MessageEntry),
        told=await read_entries(connection, subjects, "assign", Assignment),
        routing={each.conversation: each for each in routing},
        agents={each.id: each for each in agents},
        replies=await read_entries(connection, subjects, "outbound", Outbound),
        deliveries=await read_documents(connection, subjects, "delivery", DeliveryDoc),
        dead=await count_after(connection, DEAD, subjects.any("dead"), after=0),
    )


async def wait_quiet(
    connection: Connection, subjects: Subjects, timeout_s: float, *, looks: int = 2
) -> bool:
    """Wait until every stage has handled all of its inputs, so many looks in a row.

    Two see the effects that are inputs themselves; agents take longer to answer.
    """
    quiet = 0
    try:
        async with asyncio.timeout(timeout_s):
            while quiet < looks:
                try:
                    quiet = 0 if await _under_way(connection, subjects) else quiet + 1
                except StoreUnavailable:
                    quiet = 0
                await asyncio.sleep(_QUIET_SECONDS)
    except TimeoutError:
        return False
    return True


async def _under_way(connection: Connection, subjects: Subjects) -> int:
    inputs = [("admit", COMMANDS, "command")]
    inputs += [("dispatch", JOURNAL, kind) for kind in ("message", "admitted", "due", "change")]
    inputs += [(f"delivery-{each}", JOURNAL, f"outbound.{each}") for each in (*CHANNELS, "webhook")]
    waiting = (await balance(connection, subjects)).in_flight
    for stage, stream, kind in inputs:
        stored = await get_last(connection, JOURNAL, subjects.position(stage, 0), leader=True)
        after = msgspec.json.decode(stored.data, type=PositionDoc).sequence if stored else 0
        waiting += await count_after(connection, stream, subjects.any(kind), after=after)
    return waiting


def faults(inside: Inside, outside: Outside, capacity: Mapping[str, float]) -> list[str]:
    """Return everything that must not be, in plain words; `capacity` is each agent's own."""
    rules = (
        each_message_once(inside.entries, outside.said),
        order_is_kept(inside.entries, outside.said),
        one_holder_at_a_time(inside.told, inside.routing),
        nobody_is_over_capacity(inside.told, capacity),
        nobody_is_forgotten(inside, capacity),
        books_balance(inside),
        each_reply_once(inside, outside),
    )
    found: list[str] = []
    for rule in rules:
        found += rule[:SHOWN_MAX]
        if len(rule) > SHOWN_MAX:
            found.append(f"… and {len(rule) - SHOWN_MAX} more like this")
    return found


def each_message_once(entries: Sequence[MessageEntry], said: Iterable[Said]) -> list[str]:
    """An acknowledged message is in exactly one entry; nothing is there that nobody said."""
    count = Counter(each.message.id for each in entries)
    known = {each.id: each for each in said}
    found = [f"{name} is in {times} entries" for name, times in count.items() if times > 1]
    found += [
        f"{each.id} of {each.sender} was acknowledged and is in no entry"
        for each in known.values()
        if each.acknowledged and each.id not in count
    ]
    found += [f"{name} is in the journal and nobody said it" for name in count if name not in known]
    return found


def order_is_kept(entries: Sequence[MessageEntry], said: Iterable[Said]) -> list[str]:
    """What a sender said after an acknowledgement stands behind what was acknowledged."""
    place = {each.message.id: index for index, each in enumerate(entries)}
    last: dict[str, int] = {}
    found = []
    for each in said:
        if not each.acknowledged or each.id not in place:
            continue
        if place[each.id] < last.get(each.sender, -1):
            found.append(f"{each.id} of {each.sender} stands before what was said earlier")
        last[each.sender] = place[each.id]
    return found


def one_holder_at_a_time(
    told: Iterable[Assignment], routing: Mapping[ConversationId, RoutingDoc]
) -> list[str]:
    """Played again in order, no conversation is with two; the documents say where it ended."""
    holder: dict[ConversationId, tuple[AgentId, int]] = {}
    epoch: dict[ConversationId, int] = {}
    found = []
    for each in told:
        name = each.conversation
        if name is None or each.state in _ABOUT_WHAT_HE_SAID:
            continue
        mine = (each.agent, each.epoch)
        if each.state is AssignmentState.OFFERED:
            if name in holder:
                found.append(f"{name} was offered to {each.agent} while {holder[name]} had it")
            if each.epoch <= epoch.get(name, 0):
                found.append(f"{name} was offered twice in epoch {each.epoch}")
            holder[name], epoch[name] = mine, each.epoch
        elif holder.get(name) != mine and each.state is not AssignmentState.CLOSED:
            found.append(f"{each.agent} was told {each.state.value} of {name}, not his")
        elif each.state is AssignmentState.REVOKED or (
            each.state is AssignmentState.CLOSED and each.reason != "wrap_up"
        ):
            holder.pop(name, None)
    for name, doc in routing.items():
        now = (doc.agent, doc.epoch) if doc.state in _HELD else None
        if holder.get(name) != now:
            found.append(f"{name} is {doc.state.value} and {holder.get(name)} was told so")
    return found


def nobody_is_over_capacity(told: Iterable[Assignment], capacity: Mapping[str, float]) -> list[str]:
    """Played again in order, no agent has more than his room, open offers counted."""
    holding: dict[AgentId, set[ConversationId]] = {}
    found = []
    for each in told:
        if each.conversation is None or each.state is AssignmentState.REFUSED:
            continue
        held = holding.setdefault(each.agent, set())
        if each.state is AssignmentState.OFFERED:
            held.add(each.conversation)
            if len(held) > capacity[each.agent]:
                found.append(f"{each.agent} had {len(held)} conversations at {each.at}")
        elif each.state is AssignmentState.REVOKED or (
            each.state is AssignmentState.CLOSED and each.reason != "wrap_up"
        ):
            held.discard(each.conversation)
    return found


def nobody_is_forgotten(inside: Inside, capacity: Mapping[str, float]) -> list[str]:
    """Every conversation is routed, and waits only while no agent has room."""
    wanted = {each.conversation for each in inside.entries if each.work is not None}
    found = [f"{name} has no routing" for name in wanted if name not in inside.routing]
    load = Counter(each.agent for each in inside.routing.values() if each.state in _HELD)
    free = [
        name
        for name, doc in inside.agents.items()
        if doc.presence is Presence.ONLINE and load[name] + 1 <= capacity[name]
    ]
    waiting = [each for each in inside.routing.values() if each.state is RoutingState.WAITING]
    if free and waiting:
        found.append(f"{len(waiting)} conversations wait while {', '.join(free)} has room")
    return found


def books_balance(inside: Inside) -> list[str]:
    """The ledger has no gap and nothing under way, agrees with the log, and nothing is dead."""
    ledger = inside.ledger
    found = []
    if ledger.gap or ledger.in_flight or ledger.dead or inside.dead:
        found.append(f"{ledger}, gap {ledger.gap}, dead letters {inside.dead}")
    if ledger.journalled != len(inside.entries):
        found.append(f"{ledger.journalled} journalled by count, {len(inside.entries)} in the log")
    return found


def each_reply_once(inside: Inside, outside: Outside) -> list[str]:
    """A reply stands once in the log, has one delivery, and reached the customer once if sent."""
    count = Counter(each.id for each in inside.replies)
    found = [
        f"{name} stands {times} times in the log" for name, times in count.items() if times > 1
    ]
    deliveries = {each.id: each for each in inside.deliveries}
    if len(deliveries) != len(inside.deliveries) or deliveries.keys() != count.keys():
        found.append(f"{len(count)} replies and {len(inside.deliveries)} deliveries")
    posted = Counter(outside.posted)
    found += [f"{text!r} left {times} times" for text, times in posted.items() if times > 1]
    for each in inside.replies:
        state = deliveries[each.id].state if each.id in deliveries else None
        if state not in {DeliveryState.SENT, DeliveryState.UNKNOWN}:
            found.append(f"{each.id} over {each.to.channel} is {state and state.value}")
        if each.to.channel == "chat":
            seen = list(outside.pushed.get(each.to.endpoint.value, ())).count(each.id)
            if seen != 1:
                found.append(f"{each.id} was pushed {seen} times")
        elif state is DeliveryState.SENT and not posted[each.text]:
            found.append(f"{each.id} over {each.to.channel} counts as sent and never left")
    return found


async def read_entries(
    connection: Connection, subjects: Subjects, kind: str, shape: type[T]
) -> list[T]:
    """Return all log entries of a kind, in the journal's order.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    found = await read_log(connection, JOURNAL, subjects.any(kind), after=0, limit=_ALL)
    return [msgspec.json.decode(each.data, type=shape) for each in found]


async def read_documents(
    connection: Connection, subjects: Subjects, kind: str, shape: type[T]
) -> list[T]:
    """Return all documents of a kind.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    found = await get_many(connection, JOURNAL, [subjects.any(kind)])
    return [msgspec.json.decode(each.data, type=shape) for each in found.values()]
