"""Replies by mail: building one, and handing it to the smarthost."""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from typing import Final

from maitred.connectors.email.headers import PLAIN_ADDRESS
from maitred.contracts.errors import MaitredError, OutcomeUnknown, Permanent, Retryable, Throttled
from maitred.contracts.limits import MINUTE_MS, SUBJECT_CHARACTERS_MAX, THREAD_REFERENCES_MAX
from maitred.contracts.outbound import Outbound, OutboundKind
from maitred.contracts.reply_token import TokenKeys, sign, sign_proof, with_token
from maitred.contracts.secret import Secret

SMARTHOST_TIMEOUT_S: Final = 30.0
"""For each answer of the smarthost; it stands next to us, so minutes would be too patient."""

_MESSAGE_ID: Final = re.compile(r"<[!-;=?-~]{1,498}>")
_FINAL_MIN: Final = 500
_CLOSING: Final = 421


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom a reply comes from, and the address that carries its token, if any does."""

    address: str
    name: str
    answers_to: str = ""


@dataclass(frozen=True, slots=True)
class Smarthost:
    """The mail server that takes our replies; without `user` there is no login."""

    host: str
    port: int
    starttls: bool
    user: str
    password: Secret | None


@dataclass(frozen=True, slots=True)
class Letter:
    """A built mail and its envelope."""

    sender: str
    recipient: str
    message_id: str
    content: bytes
    international: bool
    """An address in it is not ASCII, so the smarthost must know SMTPUTF8 (RFC 6531)."""


class _IdsHeader(UnstructuredHeader, BaseHeader):
    """A list of message ids, folded between ids only.

    The library's own folding turns an id longer than a line into an encoded word, which no
    mail reader takes for an id any more.
    """

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {f'{policy.linesep} '.join(self.split())}{policy.linesep}"


def compose(
    outbound: Outbound, sender: Sender, *, now: int, tokens: TokenKeys | None = None
) -> Letter:
    """Build the mail of a reply; `now` is UTC milliseconds.

    The message id is derived from the reply's own, so that a repeated send carries the same one.
    With `tokens`, and an address that may carry one, an answer is asked to a signed address. A
    code belongs to no conversation that an answer could go on with, and says that a machine
    sent it, so that none answers (RFC 3834, section 5).

    Raises:
        Permanent: the address cannot stand in a mail, or no answer to it could prove what it
            asks to be proven (`no_plus_address`).
    """
    recipient = outbound.to.endpoint.value
    international = not f"{recipient}{sender.address}{sender.answers_to}".isascii()
    headers = HeaderRegistry()
    headers.map_to_type("in-reply-to", _IdsHeader)
    headers.map_to_type("references", _IdsHeader)
    policy = SMTP.clone(header_factory=headers, cte_type="7bit", utf8=international)
    message_id = f"<{outbound.id}@{sender.address.rpartition('@')[2]}>"
    mail = EmailMessage(policy=policy)
    mail["From"] = _mailbox(sender.address, sender.name)
    mail["To"] = _mailbox(recipient)
    is_code = outbound.kind is OutboundKind.CODE
    if is_code:
        mail["Auto-Submitted"] = "auto-generated"
    elif tokens is not None and sender.answers_to:
        signed = sign_proof if outbound.asks_proof else sign
        token = signed(tokens, outbound.to.account, outbound.conversation, outbound.to.key, now)
        mail["Reply-To"] = _mailbox(with_token(sender.answers_to, token), sender.name)
    elif outbound.asks_proof:
        raise Permanent("the account has no plus-addresses", code="no_plus_address")
    mail["Subject"] = _words(outbound.subject) if is_code else _subject(outbound.subject)
    mail["Date"] = datetime.fromtimestamp(now / 1000, UTC)
    mail["Message-ID"] = message_id
    answered = _ids(outbound.to.extra.get("in_reply_to", ""))[-1:]
    if answered:
        mail["In-Reply-To"] = answered[0]
    references = _ids(outbound.to.extra.get("references", ""))
    references += [one for one in answered if one not in references]
    if references:
        # The first names the thread, the last ones place the mail in it (RFC 5322 3.6.4).
        mail["References"] = " ".join([references[0], *references[1:][-THREAD_REFERENCES_MAX:]])
    mail.set_content(outbound.text)
    return Letter(
        sender=sender.address,
        recipient=recipient,
        message_id=message_id,
        content=mail.as_bytes(),
        international=international,
    )


def _mailbox(address: str, name: str = "") -> Address:
    # Given whole, the library refuses every local part that is not ASCII.
    local, _, domain = address.rpartition("@")
    if not PLAIN_ADDRESS.match(address) or not address.isprintable():
        raise Permanent("the address cannot stand in a mail", code="bad_address")
    return Address(display_name=name, username=local, domain=domain)


def _words(text: str) -> str:
    clean = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(clean.split())[:SUBJECT_CHARACTERS_MAX]


def _subject(text: str) -> str:
    words = _words(text)
    if words[:3].lower() == "re:":
        return words
    return f"Re: {words}".rstrip()


def _ids(text: str) -> list[str]:
    return list(dict.fromkeys(_MESSAGE_ID.findall(text)))


def hand_over(letter: Letter, smarthost: Smarthost) -> None:
    """Hand a mail to the smarthost; blocks, so it runs in a thread.

    Raises:
        Throttled, Retryable: certainly not sent.
        OutcomeUnknown: the smarthost fell silent after it had the mail.
        Permanent: refused for good.
    """
    try:
        connection = smtplib.SMTP(smarthost.host, smarthost.port, timeout=SMARTHOST_TIMEOUT_S)
        try:
            _prepare(connection, smarthost)
            _transact(connection, letter)
            # What is answered to a goodbye changes nothing about the mail that was taken.
            with contextlib.suppress(smtplib.SMTPException, OSError):
                connection.quit()
        finally:
            connection.close()
    except smtplib.SMTPResponseException as error:
        raise _error_of_answer(error.smtp_code, error.smtp_error) from None
    except (smtplib.SMTPException, OSError) as error:
        raise Retryable(f"smarthost: {type(error).__name__}") from None


def _prepare(connection: smtplib.SMTP, smarthost: Smarthost) -> None:
    connection.ehlo_or_helo_if_needed()
    try:
        if smarthost.starttls:
            connection.starttls(context=ssl.create_default_context())
            connection.ehlo()
        if smarthost.user and smarthost.password is not None:
            connection.login(smarthost.user, smarthost.password.reveal())
    except smtplib.SMTPResponseException as error:
        # About our access, not about this reply: it waits until the operator has mended it.
        raise Retryable(f"smarthost refused our access with {error.smtp_code}") from None


def _transact(connection: smtplib.SMTP, letter: Letter) -> None:
    options = []
    if letter.international:
        if not connection.has_extn("smtputf8"):
            raise Permanent("the smarthost does not know SMTPUTF8", code="no_smtputf8")
        options = ["SMTPUTF8", "BODY=8BITMIME"]
        connection.command_encoding = "utf-8"
    _expect(connection.mail(letter.sender, options))
    _expect(connection.rcpt(letter.recipient))
    try:
        answer = connection.data(letter.content)
    except (smtplib.SMTPServerDisconnected, OSError):
        raise OutcomeUnknown("the smarthost fell silent after the mail") from None
    _expect(answer)


def _expect(answer: tuple[int, bytes]) -> None:
    code, text = answer
    if not 200 <= code < 300:  # noqa: PLR2004  (RFC 5321 section 4.2.1: 2yz is success)
        raise smtplib.SMTPResponseException(code, text)


def _error_of_answer(code: int, text: bytes | str) -> MaitredError:
    """Map an SMTP answer (RFC 5321 section 4.2.1, RFC 3463 section 3.8 for the class 4.7)."""
    if code >= _FINAL_MIN:
        return Permanent(f"smarthost answered {code}", code=f"smtp_{code}")
    words = text.encode() if isinstance(text, str) else text
    if code == _CLOSING or words.startswith(b"4.7."):
        return Throttled(f"smarthost answered {code}", after_ms=MINUTE_MS)
    return Retryable(f"smarthost answered {code}")
