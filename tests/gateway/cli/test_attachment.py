"""`maitred attachment` against a running house, whose customers send pictures and letters."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import aiohttp
import pytest

from demo.house import OUR_NUMBER, House
from demo.writers import send_mail
from maitred.contracts.entry import MessageEntry
from maitred.contracts.errors import ConfigurationError
from maitred.gateway.bus.connection import Connection
from maitred.gateway.cli import attachments
from tests.connectors.media_host import MediaHost
from tests.end_to_end.conftest import OpenHouse, bus  # noqa: F401  (a fixture)
from tests.end_to_end.posting import post_twilio, twilio_form
from tests.end_to_end.records import Records
from tests.gateway.cli.conftest import Cli, Done, command

PICTURE = bytes(range(256)) * 2_000
MEDIUM = "/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"


@pytest.fixture
async def twilio() -> AsyncIterator[MediaHost]:
    host = MediaHost()
    await host.start()
    yield host
    await host.stop()


@pytest.fixture
async def house(open_house: OpenHouse, twilio: MediaHost) -> House:
    """A house whose Twilio keeps files."""
    closed = await open_house(up=False)
    return await open_house(
        sms=f"""[channels.sms.accounts.main]
account_sid = "{closed.twilio.account_sid}"
auth_token = "file:twilio"
numbers = ["{OUR_NUMBER}"]
api_url = "{twilio.url}"
"""
    )


async def sent(
    house: House,
    session: aiohttp.ClientSession,
    bus: Connection,  # noqa: F811  (the fixture)
    *media: str,
) -> MessageEntry:
    """Send a message with media, and return it once it is in the journal."""
    fields = {f"MediaUrl{number}": url for number, url in enumerate(media)}
    types = {f"MediaContentType{number}": "image/jpeg" for number, _ in enumerate(media)}
    form = twilio_form(house, NumMedia=str(len(media)), Body="", **fields, **types)
    assert (await post_twilio(house, session, form)).status == 200
    (entry,) = await Records(bus, house).messages()
    return entry


async def ask(cli: Cli, house: House, *arguments: str) -> Done[str]:
    return await asyncio.to_thread(cli, "attachment", *arguments, "-c", str(house.config))


async def test_a_picture_is_fetched_once_written_and_not_overwritten(
    house: House,
    session: aiohttp.ClientSession,
    bus: Connection,  # noqa: F811  (the fixture)
    twilio: MediaHost,
    cli: Cli,
    tmp_path: Path,
) -> None:
    entry = await sent(house, session, bus, twilio.file(MEDIUM, PICTURE))
    for number in (1, 2):
        out = tmp_path / f"picture-{number}.jpg"
        done = await ask(cli, house, entry.message.id, "0", "--out", str(out))
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"Wrote 512,000 bytes to {out}: image.jpg (image/jpeg)\n"
        assert out.read_bytes() == PICTURE
        assert out.stat().st_mode & 0o777 == 0o600
    assert len(twilio.seen) == 1
    again = await ask(cli, house, entry.message.id, "0", "--out", str(tmp_path / "picture-1.jpg"))
    assert again.returncode == 2
    assert "exists already" in again.stderr


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda host: host.redirect(MEDIUM, "https://169.254.169.254/x"), "not public"),
        (lambda host: host.refuse(MEDIUM, 404), "Twilio answered 404"),
        (lambda host: host.refuse(MEDIUM, 500), "Twilio answered 500"),
        (lambda host: host.url + "/truncated", "broke off"),
        (lambda host: host.url.replace("127.0.0.1", "127.0.0.2"), "not an address"),
    ],
)
async def test_what_cannot_be_fetched_is_told_in_one_line_without_the_address(
    house: House,
    session: aiohttp.ClientSession,
    bus: Connection,  # noqa: F811  (the fixture)
    twilio: MediaHost,
    cli: Cli,
    tmp_path: Path,
    answer: object,
    says: str,
) -> None:
    assert callable(answer)
    address = answer(twilio)
    entry = await sent(house, session, bus, address)
    out = tmp_path / "picture.jpg"
    done = await ask(cli, house, entry.message.id, "0", "--out", str(out))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("maitred: ")
    assert says in line
    assert address not in line
    assert not out.exists()


async def test_a_letters_enclosure_goes_to_the_next_program(
    house: House,
    bus: Connection,  # noqa: F811  (the fixture)
    tmp_path: Path,
) -> None:
    mail = EmailMessage()
    mail["From"] = "kim@mail.example"
    mail["To"] = "support@demo.example"
    mail["Message-ID"] = "<1@mail.example>"
    mail.set_content("See the picture.")
    mail.add_attachment(PICTURE, maintype="image", subtype="png", filename="p.png")
    await send_mail(house, sender="kim@mail.example", mail=mail.as_bytes(policy=SMTP))
    (entry,) = await Records(bus, house).messages()
    process = await asyncio.create_subprocess_exec(
        *command("attachment", entry.message.id, "0", "-c", str(house.config)),
        stdout=asyncio.subprocess.PIPE,
    )
    data, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    assert hashlib.sha256(data).digest() == hashlib.sha256(PICTURE).digest()
    unknown = await ask_plainly("attachment", "msg_unknown", "0", "-c", str(house.config))
    assert unknown == (1, "maitred: no message is known as msg_unknown\n")


async def ask_plainly(*arguments: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *command(*arguments), stderr=asyncio.subprocess.PIPE
    )
    _, error = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, error.decode()


def test_a_file_is_not_for_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    with pytest.raises(ConfigurationError, match="--out"):
        attachments.attachment("msg_a", 0)
