"""Who may read what, decided apart from who was merged with whom."""

from __future__ import annotations

import msgspec
import pytest

from maitred.contracts.identifiers import Level
from maitred.identity.gates import brief_may_show_journey, may_read_history
from tests.identity.world import World, email, said


@pytest.mark.parametrize("channel", ["email", "sms", "slack"])
@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("member", [True, False])
def test_the_owner_of_an_endpoint_reads_only_if_it_is_his_at_level_2(
    channel: str, level: Level, *, member: bool
) -> None:
    expected = member and level >= 2
    assert may_read_history(level, member, channel, None) is expected
    assert may_read_history(level, member, channel, Level.SIGNED) is expected


@pytest.mark.parametrize("channel", ["chat", "some_plugin"])
@pytest.mark.parametrize("session", [None, *Level])
def test_a_chat_needs_a_proof_of_its_own(channel: str, session: Level | None) -> None:
    expected = session is not None and session >= 3
    assert may_read_history(Level.SIGNED, True, channel, session) is expected
    assert may_read_history(Level.CLAIMED, False, channel, session) is expected


@pytest.mark.parametrize("level", list(Level))
def test_a_brief_shows_the_journey_only_while_the_last_writer_is_authenticated(
    level: Level,
) -> None:
    world = World()
    conversation = world.conversation(world.take(said("m", email("ann@example.com"))))
    last = msgspec.structs.replace(conversation, trust=level)
    assert brief_may_show_journey(last) is (level >= 2)
