"""The log: what became of each conversation, an object a line, by arrival and then id.

{"id", "agent", "start", "end"}    served; seconds from the scenario's beginning
{"id", "left"}                     left when his patience ended, unserved
{"id", "waiting"}                  waits for ever, since then: nobody could serve him
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from maitred.router.simulation.run import Outcome
from maitred.router.simulation.scenario import SECOND_US, us


def entry(outcome: Outcome) -> dict[str, str | float]:
    """Return what the log has of one conversation."""
    name = outcome.arrival.id
    if outcome.left is not None:
        return {"id": name, "left": outcome.left / SECOND_US}
    if outcome.agent is None or outcome.start is None or outcome.end is None:
        return {"id": name, "waiting": us(outcome.arrival.at) / SECOND_US}
    return {
        "id": name,
        "agent": outcome.agent,
        "start": outcome.start / SECOND_US,
        "end": outcome.end / SECOND_US,
    }


def lines(outcomes: Iterable[Outcome]) -> bytes:
    """Return the whole log as JSON lines."""
    return b"".join(msgspec.json.encode(entry(each)) + b"\n" for each in outcomes)
