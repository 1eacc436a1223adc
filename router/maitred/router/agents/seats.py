"""Seats: what every agent has at hand, in columns that are searched for who takes a conversation.

A row for each agent, in the order of ids. What changed is taken down when somebody next looks, so
that an event that frees and fills the same slot costs one update, and one that needs no agent none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maitred.contracts.agents import Agent, AgentDoc
from maitred.contracts.ids import ConversationId

OFFLINE: Final = 0
FULL: Final = 1
ROOM: Final = 2

LOADS_MAX: Final = 4_096
"""So many different loads, or twice as many as there are at a time, have numbers of their own
before these are dealt anew."""
_IDLE_MAX: Final = 2**48
"""A time, in milliseconds, that leaves room for the row beside it in 64 bits."""


@dataclass(slots=True)
class Seat:
    """An agent, and what takes him up; units are thousandths."""

    agent: Agent
    row: int
    profile: int
    flex: float
    capacity: int
    doc: AgentDoc
    units: int = 0
    channels: dict[str, int] = field(default_factory=dict)
    holdings: set[ConversationId] = field(default_factory=set)
    is_bounded: bool = False
    """Whether anything but his capacity may keep a conversation from him."""
    online: bool = False
    online_seen: bool = False
    """As the columns have it."""
    spared_seen: bool = False

    @property
    def load(self) -> float:
        """Return the part of his capacity in use."""
        return self.units / self.capacity if self.capacity else 1.0

    @property
    def free(self) -> int:
        """Return how many units he can take on.

        While he ramps up he takes what his allowance lets him, and one conversation at least.
        """
        free = self.capacity - self.units
        allowance = self.doc.allowance
        return min(free, allowance - self.units) if allowance and self.units else free

    def is_bound(self, channel: str) -> bool:
        """Return whether he has as many conversations of a channel as he may have."""
        most = self.agent.per_channel.get(channel)
        return most is not None and self.channels.get(channel, 0) >= most


Bools = NDArray[np.bool_]
States = NDArray[np.uint8]


class _States(NamedTuple):
    """Who is off line, full or has room, by row: the same bytes to write and to search."""

    units: int
    told: bytearray
    array: States


class Seats:
    """The columns; `units_of` tells what a conversation of a channel takes of a capacity."""

    def __init__(self, seats: Sequence[Seat], units_of: Callable[[str], int]) -> None:
        self._seats = seats
        self._units_of = units_of
        self._changed: set[int] = set()
        self._states: dict[str, _States] = {}
        count = len(seats)
        self._shift = count.bit_length()
        self._online = 0
        self._load_numbers: dict[float, int] = {0.0: 0}
        self._loads_most = LOADS_MAX
        self.load_values: list[float] = [0.0]
        """The loads that there are, by number; nothing is the first of them."""
        self.dealt = 0
        """How often the numbers of loads were dealt anew."""
        self._loads = np.zeros(count, np.int64)
        self._order = np.arange(count, dtype=np.int64)
        self._spared = np.zeros(count, np.bool_)
        self._spares = 0
        self.profiles = np.array([seat.profile for seat in seats], np.int64)
        self.flexes = np.array([seat.flex for seat in seats])

    def __len__(self) -> int:
        return len(self._seats)

    def changed(self, seat: Seat) -> None:
        """Take down that an agent's presence, load or room is another now."""
        self._changed.add(seat.row)

    def agent(self, row: int) -> Seat:
        """Return who sits in a row."""
        return self._seats[row]

    def states(self, channel: str) -> States:
        """Return, by row, who is off line, who is full for a channel and who has room."""
        self._look()
        found = self._states.get(channel)
        if found is None:
            told = bytearray(len(self._seats))
            states = _States(self._units_of(channel), told, np.frombuffer(told, np.uint8))
            found = self._states[channel] = states
            self._changed.update(range(len(self._seats)))
            self._look()
        return found.array

    def loads(self) -> NDArray[np.int64]:
        """Return, by row, the number of the load in `load_values`."""
        self._look()
        return self._loads

    def order(self) -> NDArray[np.int64]:
        """Return, by row, a number that orders agents: the longest idle first, then by id."""
        self._look()
        return self._order

    def spared(self) -> Bools | None:
        """Return, by row, who is given no angry customer; `None` if there is nobody."""
        self._look()
        return self._spared if self._spares else None

    def online(self) -> int:
        """Return who takes work, as bits by row."""
        self._look()
        return self._online

    def _look(self) -> None:
        if not self._changed:
            return
        for row in self._changed:
            self._take_down(self._seats[row])
        self._changed.clear()

    def _take_down(self, seat: Seat) -> None:
        row, online, spared = seat.row, seat.online, seat.doc.spared
        free, bounded = seat.free, seat.agent.per_channel
        for channel, states in self._states.items():
            full = states.units > free or (bounded and seat.is_bound(channel))
            states.told[row] = (FULL if full else ROOM) if online else OFFLINE
        self._loads[row] = self._number(seat.load)
        idle_since = min(max(seat.doc.idle_since, 0), _IDLE_MAX)
        self._order[row] = (idle_since << self._shift) | row
        if spared != seat.spared_seen:
            self._spares += 1 if spared else -1
            self._spared[row] = seat.spared_seen = spared
        if online != seat.online_seen:
            self._online ^= 1 << row
            seat.online_seen = online

    def _number(self, load: float) -> int:
        number = self._load_numbers.get(load)
        if number is None:
            if len(self.load_values) >= self._loads_most:
                self._deal()
            number = self._load_numbers[load] = len(self.load_values)
            self.load_values.append(load)
        return number

    def _deal(self) -> None:
        """Deal the numbers of loads anew, to those that there are."""
        used = sorted({0.0, *(self.load_values[number] for number in set(self._loads.tolist()))})
        renumbered = {load: number for number, load in enumerate(used)}
        self._loads[:] = [renumbered[self.load_values[number]] for number in self._loads.tolist()]
        self._load_numbers, self.load_values = renumbered, used
        self._loads_most = max(LOADS_MAX, 2 * len(used))
        self.dealt += 1
