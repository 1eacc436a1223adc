"""A mail brought to the door by an ordinary client, and the types of the door's fixtures."""

from __future__ import annotations

import smtplib
from collections.abc import Awaitable, Callable
from typing import Any

from maitred.connectors.email.connector import EmailConnector

Make = Callable[..., Awaitable[tuple[EmailConnector, Any]]]
Dial = Callable[[EmailConnector], Awaitable[Any]]

MAIL = (
    b"From: Ann Lee <ann@home.example>\r\nTo: help@shop.example\r\n"
    b"Subject: Broken\r\n\r\nIt broke.\r\n.one dot\r\n"
)


def deliver(
    port: int, recipients: list[str], mail: bytes = MAIL, sender: str = "a@b.example"
) -> object:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="peer.example", timeout=10) as client:
        return client.sendmail(sender, recipients, mail)
