"""Somebody in the chat who proves his phone and his mailbox there, and writes from them as well."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Final

import aiohttp

from demo.house import House
from demo.writers import Chat, send_sms
from tests.end_to_end.conftest import Smarthost
from tests.end_to_end.mailing import KIM, PHONE

CODE: Final = re.compile(r"\b[0-9]{6}\b")
VERIFYING: Final = """[channels.chat]
secret = "file:chat"
[channels.chat.accounts.shop]
title = "Demo shop"
verify_email_account = "support"
verify_sms_account = "main"
"""
"""A chat in which addresses and numbers can be proven."""


async def code_in_mail(smarthost: Smarthost, count: int) -> str:
    """Return the code of a mail that came from the gateway, counted from 1."""
    envelope = (await smarthost.wait(count))[count - 1]
    assert isinstance(envelope.content, bytes)
    mail = message_from_bytes(envelope.content, policy=default)
    assert isinstance(mail, EmailMessage)
    body = mail.get_body(("plain",))
    assert body is not None
    (code,) = CODE.findall(body.get_content())
    return str(code)


@dataclass
class Kim:
    """Somebody in the chat, with a phone and a mailbox."""

    house: House
    session: aiohttp.ClientSession
    smarthost: Smarthost
    chat: Chat
    texts: int = 0

    async def text(self, text: str, number: str = PHONE) -> None:
        """Write a text message."""
        self.texts += 1
        sid = f"SM{self.texts:032x}"
        status = await send_sms(self.house, self.session, number=number, text=text, sid=sid)
        assert status == 200

    async def prove_phone(self) -> None:
        """Bring back the code that came by text."""
        before = len(self.house.twilio.sent)
        await self.chat.ask(type="verify", id="v1", phone=PHONE)
        sent = (await self.house.twilio.wait_sent(before + 1))[-1]
        await self._bring("c1", CODE.findall(sent["Body"])[0])

    async def prove_mailbox(self) -> None:
        """Bring back the code that came by mail."""
        before = len(self.smarthost.mails)
        await self.chat.ask(type="verify", id="v2", email=KIM)
        await self._bring("c2", await code_in_mail(self.smarthost, before + 1))

    async def _bring(self, frame: str, code: str) -> None:
        answer = await self.chat.ask(type="code", id=frame, code=code)
        assert answer["type"] == "verified"
