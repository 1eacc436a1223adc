"""What a system posts: who wrote it, how sure that is, and what becomes of a report."""

from __future__ import annotations

from typing import Any

import pytest

from maitred.connectors.testing import Verdict
from maitred.connectors.webhook.connector import Trust
from maitred.contracts.identifiers import Identifier, IdentifierKind, Level
from maitred.contracts.inbound import Verification
from maitred.contracts.outbound import DeliveryState
from tests.connectors.webhook.conftest import SENDER, Open, System

KNOWN = {**SENDER, "email": "Kim@Example.com", "phone": "+1 415 555 0123", "account": "C-9"}
MESSAGE = {"type": "message", "sender": KNOWN, "text": "Where is it?"}


async def test_the_system_s_own_id_is_proven_and_what_it_says_of_him_is_a_claim(
    system: System,
) -> None:
    assert (await system.post(MESSAGE)).verdict is Verdict.TAKEN
    ((inbound, _),) = system.recorded.accepted
    assert inbound.provider_id == "m-1"
    assert inbound.sender.identifier == Identifier(kind=IdentifierKind.CRM, value="crm:user-77")
    assert inbound.sender.level is Level.AUTHENTICATED
    assert inbound.evidence.verification is Verification.SIGNATURE
    assert inbound.evidence.name == "Kim"
    assert [(each.identifier.value, each.level) for each in inbound.evidence.observed] == [
        ("C-9", Level.CLAIMED),
        ("kim@example.com", Level.CLAIMED),
        ("+14155550123", Level.CLAIMED),
    ]


@pytest.mark.parametrize(
    ("trust", "level"),
    [
        (Trust.ASSERTED, Level.ASSERTED),
        (Trust.AUTHENTICATED, Level.AUTHENTICATED),
        (Trust.SIGNED, Level.SIGNED),
    ],
)
async def test_a_system_that_is_trusted_is_believed_so_far(
    open_system: Open, trust: Trust, level: Level
) -> None:
    system = await open_system(trust=trust)
    await system.post(MESSAGE)
    ((inbound, _),) = system.recorded.accepted
    assert {each.level for each in inbound.evidence.observed} == {level}
    assert inbound.sender.level is Level.AUTHENTICATED


async def test_the_id_makes_the_message_whatever_it_says(system: System) -> None:
    await system.post(MESSAGE)
    await system.post({**MESSAGE, "text": "Something else"})
    await system.post(MESSAGE, name="m-2")
    assert [inbound.provider_id for inbound, _ in system.recorded.accepted] == ["m-1", "m-2"]


async def test_a_report_is_of_the_reply_that_it_names(system: System) -> None:
    now = system.recorded.now
    status: dict[str, Any] = {"type": "status", "reply": "out_1", "state": "failed"}
    await system.post({**status, "error": "no_such_user", "at": now - 5_000})
    await system.post({"type": "status", "reply": "out_2", "state": "read", "at": now + 9_000})
    first, second = system.recorded.reports
    assert (first.outbound, first.state, first.error) == (
        "out_1",
        DeliveryState.FAILED,
        "no_such_user",
    )
    assert (first.channel, first.account, first.at) == ("webhook", "crm", now - 5_000)
    assert (second.outbound, second.state, second.at) == ("out_2", DeliveryState.READ, now)
    assert system.recorded.accepted == []


async def test_what_is_no_json_by_its_type_is_refused(system: System) -> None:
    answer = await system.post(MESSAGE, headers={"Content-Type": "text/plain"})
    assert answer.words.startswith("415")
    assert system.recorded.refusals == [("crm", "content_type")]
