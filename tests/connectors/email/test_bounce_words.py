"""Bounces in free words: the reply moves that they return, if they say that it has failed."""

from __future__ import annotations

import re
from base64 import encodebytes
from pathlib import Path
from quopri import encodestring

import msgspec
import pytest

from maitred.connectors.email.bounce_words import failure_in
from maitred.connectors.email.bounces import fate_of
from maitred.connectors.email.headers import header_values
from maitred.connectors.email.marks import FIELD, Marked, Marks, addresses_in
from maitred.contracts.identifiers import Keys
from maitred.contracts.ids import OutboundId, Tenant
from maitred.contracts.outbound import DeliveryState
from tests.connectors.email.delivery import Make
from tests.connectors.email.relay import Smarthost
from tests.connectors.email.reports import header_of
from tests.connectors.email.test_bounces import bring, sent

SHARED = Path(__file__).parents[4] / "shared" / "data" / "bounces"
MARKS = Marks(Keys(Tenant("house"), b"a secret of some length"), ("help",))
REPLY = Marked(OutboundId("out_1"), "help", "ann@home.example")
RETURNED = (
    "Received: from shop.example by mx.example\n"
    f"From: help@shop.example\nTo: ann@home.example\n{FIELD}: {MARKS.of(REPLY)}\n"
    "Message-ID: <out_1@shop.example>\n\nWe will mend it.\n"
)
QMAIL = """Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ann@home.example>:
{reason}

--- Below this line is a copy of the message.

"""
EXIM = """This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ann@home.example
    {reason}

------ This is a copy of the message, including all the headers. ------

"""


def bounce(text: str, more: str = "Content-Type: text/plain\n") -> bytes:
    head = (
        f"From: MAILER-DAEMON@mx.example\nTo: help@shop.example\nSubject: failure notice\n{more}\n"
    )
    return (head + text).replace("\r\n", "\n").replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("said", "reason", "status"),
    [
        (QMAIL, "Sorry, no mailbox here by that name. (#5.1.1)", "5.1.1"),
        (QMAIL, "Sorry, I couldn't find any host by that name. (#4.1.2)", "4.1.2"),
        (EXIM, "Unrouteable address", ""),
        (EXIM, "SMTP error after RCPT TO: host mx [192.0.2.1]: 550 5.2.1 disabled", "5.2.1"),
        (EXIM, "host mx.example [192.0.2.1]: 550 user unknown", ""),
        (EXIM, "retry timeout exceeded: 5.0.0, last 550 5.4.4 no route", "5.4.4"),
    ],
)
def test_a_failure_in_free_words_is_known_by_the_mark_of_what_it_returns(
    said: str, reason: str, status: str
) -> None:
    found = fate_of(bounce(said.format(reason=reason) + RETURNED), MARKS)
    assert found is not None
    assert (found.reply, found.state, found.status) == (REPLY, DeliveryState.FAILED, status)


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
@pytest.mark.parametrize("returned", ["text/plain", "message/rfc822"])
def test_it_is_known_however_it_is_packed(encoding: str, returned: str) -> None:
    words = EXIM.format(reason="550 5.1.1 unknown").encode()
    of_part = f"Content-Type: {returned}\nContent-Transfer-Encoding: {encoding}\n"
    pack = encodebytes if encoding == "base64" else encodestring
    whole = bounce(pack(words + RETURNED.encode()).decode(), of_part)
    parts = bounce(
        f"--b\nContent-Type: text/plain\n\n{words.decode()}\n"
        f"--b\n{of_part}\n{pack(RETURNED.encode()).decode()}\n--b--\n",
        "Content-Type: multipart/mixed; boundary=b\n",
    )
    for each in (whole, parts):
        found = fate_of(each, MARKS)
        assert found is not None
        assert (found.reply, found.status) == (REPLY, "5.1.1")


@pytest.mark.parametrize(
    "returned",
    [
        f"> To: ann@home.example\n> {FIELD}: {MARKS.of(REPLY)}\n",
        f"    {FIELD}: {MARKS.of(REPLY)}\n",
        f"Envelope: {MARKS.of(REPLY)}\n",
    ],
)
def test_a_mark_in_words_goes_with_the_address_that_the_words_name(returned: str) -> None:
    words = EXIM.format(reason="550 5.1.1 unknown")
    found = fate_of(bounce(words + returned), MARKS)
    assert found is not None
    assert (found.reply, found.status) == (REPLY, "5.1.1")
    assert fate_of(bounce(words.replace("ann@", "kim@") + returned), MARKS) is None


@pytest.mark.parametrize(
    "words",
    [
        "I am on holiday until Monday. In urgent cases call extension 550-12.\n\n",
        "Your message has been delayed (5.0.0). You do not need to resend it.\n\n",
        "Delivery failed so far: 451 4.7.1 greylisted. The server will continue trying.\n\n",
        "Thank you for your mail to 500 Main Street.\n\n",
        "Away until May.\n-- \nAnn Lee\n500 Main Street\n\n",
        "",
    ],
)
def test_what_says_no_failure_moves_nothing(words: str) -> None:
    mail = bounce(words + RETURNED).replace(b"failure notice", b"Re: Lamp")
    assert fate_of(mail, MARKS) is None


async def test_a_bounce_in_words_moves_the_reply_and_a_dead_address_is_dead(
    email: Make, smarthost: Smarthost
) -> None:
    connector, context, relay = await sent(email, smarthost)
    words = QMAIL.format(reason="Sorry, no mailbox here by that name. (#5.1.1)")
    await bring(connector, bounce(words + header_of(relay.content())))
    (said,) = context.reports
    assert (said.outbound, said.state, said.error) == (
        "out_1",
        DeliveryState.FAILED,
        "bounce_5.1.1",
    )
    assert len(context.memory.kept) == 1
    assert len(context.accepted) == 1


@pytest.mark.parametrize(
    "piece", ["5.1.1 ", "550 a", "delivery " + "x" * 79, "could not be ", "\n"]
)
def test_words_of_any_length_are_read_in_their_time(piece: str) -> None:
    failure_in(piece * (16_384 // len(piece)))


class Expected(msgspec.Struct):
    dsn: str
    reason: str

    @property
    def is_failure(self) -> bool:
        """Whether a mail has failed for good: `expired` stands for warnings of delays too."""
        return bool(self.dsn) and self.reason not in {"delivered", "expired"}

    @property
    def is_stated(self) -> bool:
        """Whether the code comes from the mail: that library makes up `5.0.9xx` itself."""
        _, subject, detail = self.dsn.split(".")
        return not (subject == "0" and len(detail) == 3)


class Mail(msgspec.Struct):
    file: str
    expected: list[Expected] | None


def as_ours(raw: bytes) -> bytes | None:
    """Put our mark into the mail that a real bounce returns; None if it returns no header."""
    mail = re.sub(rb"\AFrom [^\n]*\n", b"", re.sub(rb"\r?\n", b"\n", raw)).replace(b"\n", b"\r\n")
    head, _, body = mail.partition(b"\r\n\r\n")
    ids = list(re.finditer(rb"(?im)^Message-ID:", body))
    if not ids:
        return None
    at = ids[-1].start()
    header = body[body.rfind(b"\r\n\r\n", 0, at) + 4 :]
    to = addresses_in(" ".join(header_values(header, "To"))) or addresses_in(body.decode("latin-1"))
    mark = MARKS.of(Marked(REPLY.outbound, "help", (to or ["x@home.example"])[0])).encode()
    return head + b"\r\n\r\n" + body[:at] + b"X-Maitred-Mark: " + mark + b"\r\n" + body[at:]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared bounces are not beside the repository")
def test_of_real_bounces_nearly_all_failures_move_and_nothing_else_does() -> None:
    mails = msgspec.json.decode((SHARED / "expected.json").read_bytes(), type=list[Mail])
    failures = moved = stated = right = 0
    wrong = []
    for mail in mails:
        ours = as_ours((SHARED / "mail" / mail.file).read_bytes())
        if ours is None or not mail.expected:
            continue
        found = fate_of(ours, MARKS)
        has_failed = found is not None and found.state is DeliveryState.FAILED
        if not any(each.dsn for each in mail.expected) and has_failed:
            wrong.append(mail.file)
        if not any(each.is_failure for each in mail.expected):
            continue
        failures += 1
        moved += has_failed
        codes = {each.dsn for each in mail.expected if each.is_stated}
        if codes and found is not None:
            stated += 1
            right += found.status in codes
    assert wrong == []
    assert moved >= 0.98 * failures, (moved, failures)
    assert right >= 0.97 * stated, (right, stated)
