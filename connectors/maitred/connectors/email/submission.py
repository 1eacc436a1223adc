"""One mail over one connection to the smarthost, and what its answers mean (RFC 5321, RFC 6409)."""

from __future__ import annotations

import re
from typing import Final

from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPTimeoutError,
)
from aiosmtplib.response import SMTPResponse

from maitred.connectors.email.access_tokens import AccessTokens
from maitred.connectors.email.letter import Letter
from maitred.connectors.email.outgoing import Smarthost
from maitred.connectors.email.sasl import mechanism_of, saying
from maitred.contracts.errors import (
    Deferred,
    MaitredError,
    OutcomeUnknown,
    Permanent,
    Retryable,
    Throttled,
    Unreachable,
)
from maitred.contracts.limits import KIB, MINUTE_MS

SMARTHOST_TIMEOUT_S: Final = 30.0
"""For each answer of the smarthost; it stands next to us, so minutes would be too patient."""
TAKEN_TIMEOUT_S: Final = 120.0
"""For the answer to a whole mail, which some check for spam and viruses first. RFC 5321, section
4.5.3.2.6, asks for ten minutes; a reply whose outcome nobody knows costs a person more than that,
one that waits holds up its conversation."""
DEFERRED_MS: Final = MINUTE_MS
"""Until a mail is tried again that was answered 4xx; from then on twice as long each time. With the
tries that a reply has that is half an hour, and greylisting mostly asks for five minutes."""
CLOSED_MS: Final = MINUTE_MS
"""How long a smarthost is left alone that says that it closes."""
_ALIVE_TIMEOUT_S: Final = 5.0
_SLOWEST_BYTES_PER_S: Final = 64 * KIB

_CLOSING: Final = 421
_CHALLENGE: Final = 334
_GO_AHEAD: Final = 354
_SUCCESS: Final = range(200, 300)
_FOR_NOW: Final = range(400, 500)
_FINAL: Final = range(500, 600)
_XTEXT: Final = re.compile(r"[+=]")
"""What RFC 3461, section 4, wants written otherwise; blanks and controls are in no address."""
_ENHANCED: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?!\d)")


class Refused(Permanent):
    """The smarthost's last word on a mail; `status` is its enhanced code (RFC 3463), if any."""

    def __init__(self, message: str, *, code: str, status: str = "") -> None:
        super().__init__(message, code=code)
        self.status = status


class ConnectionGone(Exception):
    """The connection ended, or is about to, before the smarthost had a mail: certainly not sent.

    `meaning` is what to raise if no other connection does better.
    """

    def __init__(self, meaning: Retryable) -> None:
        super().__init__(str(meaning))
        self.meaning = meaning


async def opened(smarthost: Smarthost, tokens: AccessTokens | None = None) -> SMTP:
    """Return a connection on which mail may be handed over; with `tokens` they let us in.

    Raises:
        Unreachable: it is not there or closed for now, its certificate is not good, or it does not
            let us in. That is about our access and not about a reply, which waits until the
            operator has mended it.
        StoreUnavailable: the store, which knows the refresh token, does not answer.
    """
    client = SMTP(
        hostname=smarthost.host,
        port=smarthost.port,
        local_hostname=smarthost.hostname,
        timeout=SMARTHOST_TIMEOUT_S,
        use_tls=smarthost.implicit,
        start_tls=smarthost.tls is not None and not smarthost.implicit,
        tls_context=smarthost.tls,
    )
    is_in = False
    try:
        await client.connect()
        await client.ehlo()
        if tokens is not None:
            await _show_token(client, smarthost, tokens)
        elif smarthost.user and smarthost.password is not None:
            await client.login(smarthost.user, smarthost.password.reveal())
        is_in = True
    except SMTPResponseException as error:
        if error.code == _CLOSING:
            raise Unreachable("smarthost answered 421", after_ms=CLOSED_MS) from None
        raise Unreachable(f"smarthost refused our access with {error.code}") from None
    except (SMTPException, OSError) as error:
        cause = type(error.__cause__ or error).__name__
        raise Unreachable(f"smarthost: {cause}") from None
    finally:
        if not is_in:
            client.close()
    return client


async def _show_token(client: SMTP, smarthost: Smarthost, tokens: AccessTokens) -> None:
    """Log in with an access token, and once more with a new one if the first is not taken."""
    mechanism = mechanism_of(client.server_auth_methods)
    if not mechanism:
        raise Unreachable("smarthost takes no access tokens")
    answer = SMTPResponse(0, "")
    for _ in range(2):
        token = await tokens.get()
        said = saying(mechanism, smarthost.user, token, (smarthost.host, smarthost.port))
        answer = await client.execute_command(b"AUTH", mechanism.encode(), said.first)
        if answer.code == _CHALLENGE:
            answer = await client.execute_command(said.last)
        if answer.code in _SUCCESS:
            return
        if answer.code not in _FINAL:
            break
        tokens.refused(token)
    raise SMTPResponseException(answer.code, answer.message)


async def is_alive(client: SMTP) -> bool:
    """Tell whether a connection that was idle still takes mail, by beginning anew on it."""
    try:
        await client.rset(timeout=_ALIVE_TIMEOUT_S)
    except (SMTPException, OSError):
        return False
    return client.is_connected


async def submit(client: SMTP, letter: Letter, smarthost: Smarthost) -> None:
    """Hand a mail over.

    Raises:
        ConnectionGone: certainly not sent; another connection may do.
        Throttled, Retryable: certainly not sent.
        OutcomeUnknown: the smarthost had the mail and did not say what it did.
        Refused, Permanent: refused for good.
    """
    try:
        await _envelope(client, letter, smarthost)
        answer = await client.execute_command(b"DATA")
        if answer.code != _GO_AHEAD:
            raise _error_of_answer(answer.code, answer.message)
    except SMTPNotSupported:
        raise Permanent("the smarthost does not know SMTPUTF8", code="no_smtputf8") from None
    except SMTPResponseException as error:
        if error.code == _CLOSING:
            raise ConnectionGone(_closing()) from None
        of_recipient = isinstance(error, SMTPRecipientRefused)
        raise _error_of_answer(error.code, error.message, of_recipient=of_recipient) from None
    except SMTPTimeoutError:
        raise Retryable("smarthost: it fell silent") from None
    except (SMTPException, OSError) as error:
        raise ConnectionGone(Retryable(f"smarthost: {type(error).__name__}")) from None
    answer = await _content(client, letter.content)
    if answer.code not in _SUCCESS:
        raise _error_of_answer(answer.code, answer.message, had_mail=True)


async def _envelope(client: SMTP, letter: Letter, smarthost: Smarthost) -> None:
    options, of_recipient = [], []
    encoding = "ascii"
    if client.supports_extension("size"):
        options.append(f"SIZE={len(letter.content)}")
    if letter.international:
        if not client.supports_extension("smtputf8"):
            raise SMTPNotSupported("SMTPUTF8")
        options += ["SMTPUTF8", "BODY=8BITMIME"]
        encoding = "utf-8"
    if client.supports_extension("dsn"):
        # The mark comes back with every bounce, whatever else of the mail does not.
        options += ["RET=HDRS", f"ENVID={letter.mark or letter.outbound}"]
        if smarthost.notices:
            of_recipient.append("NOTIFY=SUCCESS,FAILURE,DELAY")
        if letter.recipient.isascii():
            # A mailbox that passes on is reported under another address otherwise.
            xtext = _XTEXT.sub(lambda found: f"+{ord(found[0]):02X}", letter.recipient)
            of_recipient.append(f"ORCPT=rfc822;{xtext}")
    await client.mail(letter.sender, options=options, encoding=encoding)
    await client.rcpt(letter.recipient, options=of_recipient, encoding=encoding)


async def _content(client: SMTP, content: bytes) -> SMTPResponse:
    """Send the mail itself; from here on silence leaves open what became of it.

    `SMTP.data` does this together with the DATA command, and does not tell whether a connection
    was lost before or behind the 354.
    """
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    protocol = client.protocol
    try:
        if protocol is None:
            raise ConnectionResetError
        protocol.write(stuffed + b".\r\n")
        patience = TAKEN_TIMEOUT_S + len(content) / _SLOWEST_BYTES_PER_S
        return await protocol.read_response(timeout=patience)
    except (SMTPException, OSError):
        client.close()
        raise OutcomeUnknown("the smarthost fell silent after the mail") from None


def _closing() -> Throttled:
    return Throttled("smarthost answered 421", after_ms=CLOSED_MS)


def _error_of_answer(
    code: int, text: str, *, had_mail: bool = False, of_recipient: bool = False
) -> MaitredError:
    """Map an SMTP answer (RFC 5321 section 4.2.1, RFC 3463 section 3.8 for the class 4.7).

    What is about one recipient, as greylisting is (RFC 6647), holds up nobody else. What is no
    answer at all leaves the outcome open if the smarthost `had_mail`.
    """
    enhanced = _ENHANCED.match(text)
    status = enhanced[0] if enhanced else ""
    if code in _FINAL:
        return Refused(f"smarthost answered {code}", code=f"smtp_{code}", status=status)
    if code == _CLOSING:
        return _closing()
    if code in _FOR_NOW and status.startswith("4.7.") and not of_recipient:
        return Throttled(f"smarthost answered {code}", after_ms=MINUTE_MS)
    if code in _FOR_NOW:
        return Deferred(f"smarthost answered {code}", after_ms=DEFERRED_MS)
    if had_mail:
        return OutcomeUnknown("the smarthost gave no answer to the mail")
    return Retryable(f"smarthost answered {code}")
