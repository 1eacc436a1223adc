"""Memory: what connectors keep is there after a restart, and nobody else can read or move it."""

from __future__ import annotations

import pytest

from maitred.contracts.errors import ConfigurationError
from maitred.contracts.ids import Tenant
from maitred.contracts.secret import Secret
from maitred.contracts.subjects import JOURNAL
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus.reads import get_last
from maitred.gateway.memory import ChannelMemory, Seal

SEAL = Seal(Tenant("t"), Secret("the secret of a house that has one"))


async def test_what_is_kept_is_there_for_the_next_process_until_it_is_taken_away(
    backbone: Backbone,
) -> None:
    one = ChannelMemory(backbone, "slack", SEAL)
    assert await one.get("T1") is None
    await one.put("T1", b"first")
    await one.put("T1", b"second")
    await one.put("T2", b"other")
    another = ChannelMemory(backbone, "slack", SEAL)
    assert await another.get("T1") == b"second"
    assert await another.names() == ["T1", "T2"]
    await another.delete("T1")
    assert await one.get("T1") is None
    assert await one.names() == ["T2"]
    assert await ChannelMemory(backbone, "email", SEAL).names() == []


async def test_what_is_stored_tells_nothing_and_cannot_be_put_elsewhere(backbone: Backbone) -> None:
    memory = ChannelMemory(backbone, "slack", SEAL)
    await memory.put("T1", b"xoxb-a-token")
    stored = await get_last(backbone.connection, JOURNAL, backbone.subjects.memory("slack", "T1"))
    assert stored is not None
    assert b"xoxb" not in stored.data
    with pytest.raises(ConfigurationError):
        SEAL.open(stored.data, backbone.subjects.memory("slack", "T2"))
    other = Seal(Tenant("t"), Secret("the secret of some other house"))
    with pytest.raises(ConfigurationError) as refused:
        await ChannelMemory(backbone, "slack", other).get("T1")
    assert "identity.secret" in str(refused.value)


@pytest.mark.parametrize("name", ["", "a.b", "*", "x" * 65])
async def test_a_name_that_cannot_stand_in_a_subject_is_refused(
    backbone: Backbone, name: str
) -> None:
    with pytest.raises(ConfigurationError):
        await ChannelMemory(backbone, "slack", SEAL).put(name, b"x")
