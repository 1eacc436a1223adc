"""Care: a person who had several angry customers in a row is spared the next one for a while.

He goes on with other customers meanwhile, and the first of those ends it. An angry customer waits
for it no longer than `cool_down_seconds`, whoever is on line, so it holds for who is alone as
well. Machines have no need of it.
"""

from __future__ import annotations

from msgspec.structs import replace

from maitred.contracts.agents import AgentKind
from maitred.contracts.ids import AgentId
from maitred.contracts.limits import SECOND_MS
from maitred.contracts.message import MoodLabel
from maitred.router.deciding.placing import Placing


def took(placing: Placing, agent: AgentId, mood: MoodLabel) -> None:
    """Count a customer whom an agent accepted."""
    house, settings = placing.house, placing.settings
    if not settings.angry_in_a_row or house.roster.agent(agent).kind != AgentKind.HUMAN:
        return
    doc = house.roster.doc(agent)
    if mood != MoodLabel.ANGRY:
        if doc.spared_until:
            house.freed.add(agent)
        house.put_agent(replace(doc, angry_in_a_row=0, spared_until=0))
        return
    count = min(doc.angry_in_a_row + 1, settings.angry_in_a_row)
    until = doc.spared_until
    # What he accepts while he is spared was offered before: it must not make others wait longer.
    if count == settings.angry_in_a_row and not until and settings.cool_down_seconds:
        until = placing.now + round(settings.cool_down_seconds * SECOND_MS)
    house.put_agent(replace(doc, angry_in_a_row=count, spared_until=until))


def rested(placing: Placing, agent: AgentId) -> bool:
    """Spare an agent no longer if his time is over; return whether it is."""
    doc = placing.house.roster.doc(agent)
    if not 0 < doc.spared_until <= placing.now:
        return False
    placing.house.put_agent(replace(doc, angry_in_a_row=0, spared_until=0))
    return True
