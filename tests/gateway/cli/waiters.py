"""A house in which two wait: one for somebody who is full, one for a skill that nobody has."""

from __future__ import annotations

import msgspec

from demo.house import House
from demo.verdict import wait_quiet
from demo.writers import letter, send_mail
from maitred.contracts.conversation import Conversation
from maitred.contracts.subjects import JOURNAL
from maitred.gateway.bus.reads import get_many
from tests.end_to_end.conftest import OpenHouse, TakeSeat
from tests.gateway.cli.test_live import connected

ROUTING = """
[routing]
relax = [0.5]
ramp_seconds = 0

[[routing.rules]]
name = "billing"
when = { text = "invoice" }
skills = { billing = 0.5 }

[[routing.rules]]
name = "tax"
when = { text = "tax" }
skills = { tax = 0.9 }

[[routing.agents]]
id = "ann"
name = "Ann"
skills = { billing = 0.9 }
capacity = 1

[[routing.agents]]
id = "bo"
name = "Bo"
skills = { billing = 0.4 }
capacity = 1
"""
SUBJECTS = ("First invoice", "Second invoice", "A tax question")


async def house_with_waiters(open_house: OpenHouse, take_seat: TakeSeat) -> tuple[House, list[str]]:
    """Return a house, and the conversations: Ann has the first, the second and third wait."""
    house = await open_house(routing=ROUTING)
    ann = await take_seat(house)
    connection = await connected(house)
    for number, subject in enumerate(SUBJECTS):
        sender = f"kim{number}@mail.example"
        mail = letter(
            sender=sender, name="Kim", text=f"{subject}!", message_id=f"{number}@mail.example",
            subject=subject,
        )  # fmt: skip
        await send_mail(house, sender=sender, mail=mail)
        assert await wait_quiet(connection, house.subjects, 15)
        if not number:
            offer = await ann.wait("offered")
            await ann.about("accept", offer)
            await ann.wait("assigned")
    stored = await get_many(connection, JOURNAL, [house.subjects.any("conversation")])
    said = [msgspec.json.decode(each.data, type=Conversation) for each in stored.values()]
    ids = {each.subject: each.id for each in said}
    # Whoever comes later can change nothing of what was decided before.
    await take_seat(house, "bo")
    assert await wait_quiet(connection, house.subjects, 15)
    await connection.close()
    return house, [ids[subject] for subject in SUBJECTS]
