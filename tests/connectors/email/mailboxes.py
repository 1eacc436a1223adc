"""What tests of mailboxes share: mails, and waiting for what a reader does by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from maitred.connectors.email.connector import EmailConnector

Reading = Callable[..., Awaitable[tuple[EmailConnector, Any]]]


def mail(number: int, more: bytes = b"") -> bytes:
    return (
        b"Return-Path: <ann@home.example>\r\nDelivered-To: help+x@shop.example\r\n"
        + more
        + b"From: Ann <ann@home.example>\r\nTo: care@shop.example, x@else.example\r\n"
        b"Subject: %d\r\n\r\n(hi)\r\n" % number
    )


def subjects(context: Any) -> list[int]:
    return [int(body.partition(b"Subject: ")[2].split()[0]) for _, body in context.accepted]


async def until(met: Callable[[], object]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(5):
        while not met():  # noqa: ASYNC110  (no event tells it)
            await asyncio.sleep(0.002)  # polling: what a reader does by itself it tells nobody
