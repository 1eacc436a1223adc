"""Files of a message are fetched from Slack with the app's token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from maitred.connectors.abilities import FetchesMedia
from maitred.contracts.errors import Permanent
from maitred.contracts.message import Attachment
from tests.connectors.media_host import MediaHost
from tests.connectors.slack.door import Door, OpenDoor

PAGE = b"\n<!DOCTYPE html><html><body>Sign in to Slack</body></html>"


@pytest.fixture
async def files() -> AsyncIterator[MediaHost]:
    host = MediaHost()
    await host.start()
    yield host
    await host.stop()


def picture(remote: str, content_type: str = "image/png") -> Attachment:
    return Attachment(name="a.png", content_type=content_type, size=-1, remote=remote)


async def test_a_file_is_fetched_with_the_apps_token(open_door: OpenDoor, files: MediaHost) -> None:
    door = await open_door(api_url=files.url)
    assert isinstance(door.connector, FetchesMedia)
    address = files.file("/files-pri/T0OWN-F1/a.png", b"\x89PNG")
    assert await door.connector.fetch("main", picture(address)) == b"\x89PNG"
    assert files.seen[0].headers["Authorization"] == f"Bearer {door.api.token}"


async def test_a_sign_in_page_is_no_file(open_door: OpenDoor, files: MediaHost) -> None:
    door = await open_door(api_url=files.url)
    address = files.file("/files-pri/T0OWN-F1/a.png", PAGE)
    with pytest.raises(Permanent) as refused:
        await door.connector.fetch("main", picture(address))
    assert refused.value.code == "forbidden"
    assert await door.connector.fetch("main", picture(address, "text/html")) == PAGE


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"ok": True, "file": {"id": "F1", "url_private_download": "{url}/files-pri/T7-F1/a"}}, ""),
        ({"ok": True, "file": {"id": "F1"}}, "file_not_found"),
        ({"ok": True, "file": "F1"}, "file_not_found"),
        ({"ok": False, "error": "file_not_found"}, "file_not_found"),
    ],
)
async def test_a_file_of_a_shared_channel_is_asked_for_by_its_id(
    open_door: OpenDoor, files: MediaHost, answer: dict[str, Any], code: str
) -> None:
    door = await open_door(api_url=files.url + "/api/")
    files.file("/files-pri/T7-F1/a", b"\x89PNG")
    told = orjson.dumps(answer).replace(b"{url}", files.url.encode())
    files.file("/api/files.info?file=F1", told, **{"Content-Type": "application/json"})
    named = picture("https://slack.com/api/files.info?file=F1")
    if not code:
        assert await door.connector.fetch("main", named) == b"\x89PNG"
        return
    with pytest.raises(Permanent) as refused:
        await door.connector.fetch("main", named)
    assert refused.value.code == code


async def test_an_account_that_is_not_configured_fetches_nothing(door: Door) -> None:
    with pytest.raises(Permanent) as refused:
        await door.connector.fetch("other", picture("https://files.slack.com/x"))
    assert refused.value.code == "unknown_account"


@pytest.mark.parametrize(
    "remote", ["", "http://files.slack.com/x", "https://127.0.0.1/x", "https://[::1]/"]
)
async def test_an_address_that_may_not_be_asked_is_refused(door: Door, remote: str) -> None:
    with pytest.raises(Permanent):
        await door.connector.fetch("main", picture(remote))
