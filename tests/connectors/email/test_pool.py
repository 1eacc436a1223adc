"""Connections to the smarthost: few, used again, and never trusted blindly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from maitred.connectors.email import pool as pool_of
from maitred.connectors.email import submission
from maitred.connectors.email.letter import Letter
from maitred.connectors.email.outgoing import Smarthost
from maitred.connectors.email.pool import Pool
from maitred.contracts.errors import (
    MaitredError,
    OutcomeUnknown,
    Permanent,
    Retryable,
    Throttled,
    Unreachable,
)
from maitred.contracts.ids import OutboundId
from tests.connectors.email.scripted import HANG_UP, SILENCE, Scripted

Make = Callable[..., Awaitable[tuple[Pool, Scripted]]]


def letter(content: bytes = b"Subject: x\r\n\r\nhi\r\n", *, international: bool = False) -> Letter:
    return Letter(
        outbound=OutboundId("out_1"),
        sender="help@shop.example",
        recipient="ann@home.example",
        message_id="<out_1@shop.example>",
        content=content,
        international=international,
    )


@pytest.fixture
async def pooled(recording: Callable[..., Any]) -> AsyncIterator[Make]:
    """Return a factory: answers in, a pool and the smarthost that gives them out."""
    made: list[tuple[Pool, Scripted]] = []

    async def make(
        answers: dict[bytes, bytes] | None = None, **settings: Any
    ) -> tuple[Pool, Scripted]:
        server = Scripted(answers or {})
        await server.start()
        smarthost = Smarthost("127.0.0.1", server.port, **settings)
        made.append((Pool(smarthost, recording().context.spawn), server))
        return made[-1]

    yield make
    for pool, server in made:
        await pool.close()
        await server.stop()


async def test_one_connection_carries_many_mails(pooled: Make) -> None:
    pool, server = await pooled()
    for _ in range(5):
        await pool.hand_over(letter())
    (heard,) = server.heard
    assert heard == [b"EHLO", *[b"MAIL", b"RCPT", b"DATA", b"RSET"] * 4, b"MAIL", b"RCPT", b"DATA"]
    assert len(server.mails) == 5


async def test_no_more_connections_are_open_than_allowed(pooled: Make) -> None:
    pool, server = await pooled(connections_max=3)
    await asyncio.gather(*(pool.hand_over(letter()) for _ in range(30)))
    assert len(server.mails) == 30
    assert server.at_once_max == 3
    assert len(server.heard) == 3


async def test_a_connection_that_was_cut_while_idle_is_replaced_unseen(pooled: Make) -> None:
    pool, server = await pooled()
    await pool.hand_over(letter())
    server.cut()
    await pool.hand_over(letter())
    assert len(server.mails) == 2
    assert len(server.heard) == 2


@pytest.mark.parametrize("answer", [b"421 4.4.2 Idle too long\r\n", b"502 No\r\n", HANG_UP])
async def test_one_that_does_not_begin_anew_is_replaced(pooled: Make, answer: bytes) -> None:
    pool, server = await pooled({b"RSET": answer})
    for _ in range(3):
        await pool.hand_over(letter())
    assert len(server.mails) == 3
    assert len(server.heard) == 3


async def test_one_that_answers_nothing_any_more_is_replaced_before_a_mail_is_risked(
    pooled: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submission, "_ALIVE_TIMEOUT_S", 0.05)
    pool, server = await pooled({b"RSET": SILENCE})
    for _ in range(2):
        await pool.hand_over(letter())
    assert [each[-1] for each in server.heard] == [b"RSET", b"DATA"]


async def test_a_dead_connection_tells_of_all_that_were_idle_for_longer(pooled: Make) -> None:
    pool, server = await pooled(connections_max=3)
    await asyncio.gather(*(pool.hand_over(letter()) for _ in range(3)))
    server.answers = {b"RSET": HANG_UP}
    await pool.hand_over(letter())
    assert len(server.mails) == 4
    assert sum(b"RSET" in each for each in server.heard) == 1


async def test_a_server_that_ends_a_used_connection_at_the_next_mail_gets_it_on_another(
    pooled: Make,
) -> None:
    pool, server = await pooled()
    await pool.hand_over(letter())
    server.answers = {b"MAIL": b"421 4.7.0 Too many mails\r\n"}
    with pytest.raises(Throttled):
        await pool.hand_over(letter())
    assert [each[-1] for each in server.heard] == [b"MAIL", b"MAIL"]
    server.answers = {b"MAIL": HANG_UP}
    with pytest.raises(Retryable):
        await pool.hand_over(letter())
    server.answers = {}
    await pool.hand_over(letter())
    assert len(server.mails) == 2


async def test_what_nobody_needs_is_closed_with_a_goodbye(pooled: Make) -> None:
    pool, server = await pooled(idle_s=0.02)
    await pool.hand_over(letter())
    await asyncio.wait_for(server.quiet.wait(), 5)
    assert server.heard[0][-1] == b"QUIT"
    await pool.hand_over(letter())
    assert len(server.mails) == 2


async def test_a_connection_is_given_up_after_so_many_mails(
    pooled: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_of, "MAILS_PER_CONNECTION_MAX", 2)
    pool, server = await pooled()
    for _ in range(3):
        await pool.hand_over(letter())
    await asyncio.wait_for(server.quiet.wait(), 5)
    assert server.heard[0][-1] == b"QUIT"
    assert len(server.heard) == 2


async def test_a_refused_mail_leaves_the_connection_good(pooled: Make) -> None:
    pool, server = await pooled({b"RCPT": b"550 5.1.1 Nobody\r\n"})
    with pytest.raises(Permanent):
        await pool.hand_over(letter())
    server.answers = {}
    await pool.hand_over(letter())
    assert len(server.heard) == 1


async def test_a_send_that_is_broken_off_leaves_no_connection_behind(pooled: Make) -> None:
    pool, server = await pooled({b".": SILENCE})
    sending = asyncio.get_running_loop().create_task(pool.hand_over(letter()))
    await asyncio.wait_for(server.came.wait(), 5)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await asyncio.wait_for(server.quiet.wait(), 5)
    server.answers = {}
    await pool.hand_over(letter())
    assert len(server.heard) == 2


@pytest.mark.parametrize(
    ("verb", "answer", "kind"),
    [
        (b"", b"554 No service\r\n", Unreachable),
        (b"", b"421 Too busy\r\n", Unreachable),
        (b"", HANG_UP, Unreachable),
        (b"", b"nonsense\r\n", Unreachable),
        (b"EHLO", b"550 Who?\r\n", Unreachable),
        (b"MAIL", HANG_UP, Retryable),
        (b"RCPT", HANG_UP, Retryable),
        (b"RCPT", b"nonsense\r\n", Retryable),
        (b"DATA", HANG_UP, Retryable),
        (b"DATA", b"451 4.3.0 Later\r\n", Retryable),
        (b"DATA", b"554 5.5.1 No valid recipients\r\n", Permanent),
        (b"DATA", b"250 What?\r\n", Retryable),
        (b".", HANG_UP, OutcomeUnknown),
        (b".", b"nonsense\r\n", OutcomeUnknown),
        (b".", b"354 Go on\r\n", OutcomeUnknown),
        (b".", b"450 4.7.1 Greylisted\r\n", Throttled),
        (b".", b"552-5.3.4 Too\r\n552 5.3.4 big\r\n", Permanent),
    ],
)
async def test_only_silence_behind_the_last_dot_leaves_anything_open(
    pooled: Make, verb: bytes, answer: bytes, kind: type[MaitredError]
) -> None:
    pool, server = await pooled({verb: answer})
    with pytest.raises(kind) as caught:
        await pool.hand_over(letter())
    assert isinstance(caught.value, kind)
    assert isinstance(caught.value, Throttled) == (kind is Throttled)
    assert isinstance(caught.value, Unreachable) == (kind is Unreachable)
    assert "ann" not in str(caught.value)
    assert len(server.mails) == (verb == b".")


@pytest.mark.parametrize("verb", [b"MAIL", b"DATA", b"."])
async def test_a_smarthost_that_answers_nothing_is_not_waited_for_for_ever(
    pooled: Make, monkeypatch: pytest.MonkeyPatch, verb: bytes
) -> None:
    monkeypatch.setattr(submission, "SMARTHOST_TIMEOUT_S", 0.05)
    monkeypatch.setattr(submission, "TAKEN_TIMEOUT_S", 0.05)
    pool, _ = await pooled({verb: SILENCE})
    with pytest.raises(OutcomeUnknown if verb == b"." else Retryable):
        await pool.hand_over(letter())


async def test_any_success_is_one(pooled: Make) -> None:
    pool, server = await pooled({b".": b"252 Queued\r\n"})
    await pool.hand_over(letter())
    assert len(server.mails) == 1


async def test_dots_are_stuffed_and_end_nothing(pooled: Make) -> None:
    pool, server = await pooled()
    await pool.hand_over(letter(b".first\r\n.\r\n..\r\nRCPT TO:<x@y.example>\r\n"))
    assert server.mails == [b"..first\r\n..\r\n...\r\nRCPT TO:<x@y.example>\r\n.\r\n"]


async def test_a_smarthost_without_smtputf8_is_not_given_what_needs_it(pooled: Make) -> None:
    pool, server = await pooled()
    with pytest.raises(Permanent) as caught:
        await pool.hand_over(letter(international=True))
    assert caught.value.code == "no_smtputf8"
    assert server.heard == [[b"EHLO"]]


async def test_after_the_end_nothing_is_kept_open(pooled: Make) -> None:
    pool, server = await pooled()
    await pool.hand_over(letter())
    await pool.close()
    await asyncio.wait_for(server.quiet.wait(), 5)
    server.quiet.clear()
    await pool.hand_over(letter())
    await asyncio.wait_for(server.quiet.wait(), 5)
    assert [each[-1] for each in server.heard] == [b"QUIT", b"QUIT"]
