"""Media of a message are fetched from Twilio with the account's credentials."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from maitred.connectors.abilities import FetchesMedia
from maitred.contracts.errors import Permanent
from maitred.contracts.message import Attachment
from tests.connectors.media_host import MediaHost
from tests.connectors.sms.door import Door, OpenDoor


@pytest.fixture
async def twilio() -> AsyncIterator[MediaHost]:
    host = MediaHost()
    await host.start()
    yield host
    await host.stop()


def medium(remote: str) -> Attachment:
    return Attachment(name="image.jpg", content_type="image/jpeg", size=-1, remote=remote)


async def test_a_medium_is_fetched_with_the_accounts_credentials(
    open_door: OpenDoor, twilio: MediaHost
) -> None:
    door = await open_door(api_url=twilio.url)
    await door.connector.stop()
    assert isinstance(door.connector, FetchesMedia)
    address = twilio.file("/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1", b"\xff\xd8")
    assert await door.connector.fetch("main", medium(address)) == b"\xff\xd8"
    wanted = aiohttp.encode_basic_auth(door.api.account_sid, door.token)
    assert twilio.seen[0].headers["Authorization"] == wanted


async def test_an_account_that_is_not_configured_fetches_nothing(door: Door) -> None:
    with pytest.raises(Permanent) as refused:
        await door.connector.fetch("other", medium("https://api.twilio.com/x"))
    assert refused.value.code == "unknown_account"


@pytest.mark.parametrize("remote", ["", "http://api.twilio.com/x", "https://u:p@api.twilio.com/"])
async def test_an_address_that_is_none_of_twilios_is_refused(door: Door, remote: str) -> None:
    with pytest.raises(Permanent) as refused:
        await door.connector.fetch("main", medium(remote))
    assert refused.value.code == "bad_address"
