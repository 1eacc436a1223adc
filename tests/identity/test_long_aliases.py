"""Nobody may make himself a customer who cannot be read."""

from __future__ import annotations

from maitred.contracts.identifiers import Level, Observed
from maitred.contracts.limits import MINUTE_MS
from maitred.identity.reading import read_customer
from tests.identity.world import START, TOOLS, World, account, email, phone, said, slack, visitor


def test_a_customer_under_whom_all_that_he_may_have_was_gathered_can_still_be_read() -> None:
    """Each time under an older name, so that the first one leads to the last over all of them."""
    world = World()
    visitors = [visitor(f"v{n}") for n in range(20)]
    mails = [email(f"eve{n}@elsewhere.example", Level.PROVEN) for n in range(6)]
    numbers = [
        Observed(identifier=phone(f"+1415555010{n}").identifier, level=Level.PROVEN)
        for n in range(4)
    ]
    users = [slack(f"U{n}") for n in range(3)]
    order = [account("eve"), *users, *numbers, *mails[1:], *visitors, mails[0]]
    alone = [world.take(said(f"s{n}", each, at=START + n)) for n, each in enumerate(order)]
    at = START + MINUTE_MS // 2
    for number, older in enumerate(reversed(order[:-1])):
        actor, other = (mails[0], older) if older in visitors else (visitors[0], older)
        world.take(said(f"m{number}", actor, other, at=at + number))
    names = {
        read_customer(world.everything(), TOOLS.subjects, each.customer)[0]
        for each in alone
        if each.customer is not None
    }
    assert len(names) == 1
