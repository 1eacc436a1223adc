"""The store does not answer: every door says so in its own words, soon, and nothing is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import smtplib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from demo.chaos import server_pid
from demo.writers import Chat, letter, send_mail
from tests.end_to_end.lab import ADDRESS, PHONE, SLACK_USER, Lab, open_lab
from tests.end_to_end.posting import post_slack, post_twilio, slack_event, twilio_form
from tests.end_to_end.records import Records

SOON_SECONDS = 3.5
"""A door holds its sender for two seconds; the rest is for a busy machine."""


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    async with open_lab(tmp_path / "house") as opened:
        yield opened


@contextmanager
def away(lab: Lab) -> Iterator[None]:
    """Stop the house's nats-server, which keeps its connections and answers nothing."""
    pid = server_pid(lab.house)
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_each_door_refuses_soon_and_takes_the_retry_when_the_store_is_back(lab: Lab) -> None:
    house, session = lab.house, lab.session
    form = twilio_form(house, From=PHONE, Body="By SMS")
    event = slack_event(house, event_id="Ev1", user=SLACK_USER, text="By Slack")
    mail = letter(sender=ADDRESS, text="By mail", message_id="1@m")
    visitor = Chat(house, session)
    await visitor.open()
    # The ack shows that the door has read what this visitor missed, which needs the store too.
    assert (await visitor.say("Before", message_id="m0"))["type"] == "ack"

    with away(lab):
        async with asyncio.timeout(SOON_SECONDS):
            sms, slack, email, chat = await asyncio.gather(
                post_twilio(house, session, form),
                post_slack(house, session, event),
                send_mail(house, sender=ADDRESS, mail=mail),
                visitor.say("By chat", message_id="m1"),
                return_exceptions=True,
            )
    assert not isinstance(sms, BaseException)
    assert (sms.status, sms.headers["Retry-After"]) == (503, "2")
    assert not isinstance(slack, BaseException)
    assert (slack.status, slack.headers["Retry-After"]) == (503, "2")
    assert isinstance(email, smtplib.SMTPDataError)
    assert email.smtp_code == 451
    assert chat == {"type": "error", "code": "try_again", "id": "m1", "retry_after_ms": 2000}
    refused = {(channel, reason) for channel, _, reason in await lab.refusals()}
    assert refused == {
        (channel, "store_unavailable") for channel in ("sms", "slack", "email", "chat")
    }

    async with asyncio.timeout(10):
        while (await post_twilio(house, session, form)).status != 200:
            pass
        while (await post_slack(house, session, event)).status != 200:
            pass
        await send_mail(house, sender=ADDRESS, mail=mail)
        assert (await visitor.say("By chat", message_id="m1"))["type"] == "ack"
    await visitor.close()
    entries = await Records(lab.bus, house).messages()
    texts = sorted(each.message.text.strip() for each in entries)
    assert texts == ["Before", "By SMS", "By Slack", "By chat", "By mail"]
    assert lab.personal() == []
