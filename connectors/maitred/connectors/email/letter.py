"""A reply as a mail: header fields, the text and its HTML alternative, files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from typing import Final

from maitred.connectors.email.as_html import as_html
from maitred.connectors.email.headers import PLAIN_ADDRESS
from maitred.connectors.email.marks import FIELD
from maitred.connectors.email.outgoing import Sender
from maitred.contracts.errors import Permanent
from maitred.contracts.ids import OutboundId
from maitred.contracts.limits import (
    FILE_NAME_CHARACTERS_MAX,
    MIB,
    REPLY_FILES_MAX,
    SUBJECT_CHARACTERS_MAX,
    THREAD_REFERENCES_MAX,
)
from maitred.contracts.outbound import Outbound, OutboundFile, OutboundKind
from maitred.contracts.reply_token import TokenKeys, sign, sign_proof, with_token

FILES_MAX: Final = REPLY_FILES_MAX
FILE_BYTES_MAX: Final = 18 * MIB
"""Of all files of a mail together: in base64 that is 25 MiB, which most providers take."""

_MESSAGE_ID: Final = re.compile(r"<[!-;=?-~]{1,498}>")
_TYPE: Final = re.compile(r"([a-z0-9][a-z0-9!#$&^_.+-]{0,126})/([a-z0-9][a-z0-9!#$&^_.+-]{0,126})")
_WHOLE_MAILS: Final = frozenset({"message", "multipart"})
"""Of these base64 is forbidden (RFC 2045, section 6.4), and a file is sent as it is."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A built mail and its envelope; `mark` stands in both."""

    outbound: OutboundId
    sender: str
    recipient: str
    message_id: str
    content: bytes
    international: bool
    """An address in it is not ASCII, so the smarthost must know SMTPUTF8 (RFC 6531)."""
    mark: str = ""


class _IdsHeader(UnstructuredHeader, BaseHeader):
    """A list of message ids, folded between ids only.

    The library's own folding turns an id longer than a line into an encoded word, which no
    mail reader takes for an id any more.
    """

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {f'{policy.linesep} '.join(self.split())}{policy.linesep}"


def compose(
    outbound: Outbound,
    sender: Sender,
    *,
    now: int,
    tokens: TokenKeys | None = None,
    files: Sequence[tuple[OutboundFile, bytes]] = (),
    mark: str = "",
) -> Letter:
    """Build the mail of a reply; `now` is UTC milliseconds.

    The message id is derived from the reply's own, so that a repeated send carries the same one.
    With `tokens`, and an address that may carry one, an answer is asked to a signed address. What
    no person wrote says so, so that no machine answers it (RFC 3834, section 5). A code belongs to
    no conversation that an answer could go on with.

    Raises:
        Permanent: the address cannot stand in a mail, or no answer to it could prove what it
            asks to be proven (`no_plus_address`), or its files are too large together
            (`files_too_large`).
    """
    recipient = outbound.to.endpoint.value
    international = not f"{recipient}{sender.address}{sender.answers_to}".isascii()
    message_id = f"<{outbound.id}@{sender.address.rpartition('@')[2]}>"
    mail = EmailMessage(policy=_policy(international=international))
    mail["From"] = _mailbox(sender.address, sender.name)
    mail["To"] = _mailbox(recipient)
    is_code = outbound.kind is OutboundKind.CODE
    if is_code or outbound.by_machine:
        mail["Auto-Submitted"] = "auto-generated" if is_code else "auto-replied"
        # Exchange goes by this instead ([MS-OXCMAIL], section 2.1.3.2.20).
        mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    if not is_code:
        _ask_for_answers(mail, outbound, sender, tokens, now)
    mail["Subject"] = _words(outbound.subject) if is_code else _subject(outbound.subject)
    mail["Date"] = datetime.fromtimestamp(now / 1000, UTC)
    mail["Message-ID"] = message_id
    _place(mail, outbound.to.extra)
    if mark:
        mail[FIELD] = mark
    mail.set_content(outbound.text)
    if sender.html and not is_code:
        mail.add_alternative(as_html(outbound.text), subtype="html")
    _attach(mail, files)
    return Letter(
        outbound=outbound.id,
        sender=sender.address,
        recipient=recipient,
        message_id=message_id,
        content=mail.as_bytes(),
        international=international,
        mark=mark,
    )


def _policy(*, international: bool) -> Policy:
    headers = HeaderRegistry()
    headers.map_to_type("in-reply-to", _IdsHeader)
    headers.map_to_type("references", _IdsHeader)
    return SMTP.clone(header_factory=headers, cte_type="7bit", utf8=international)


def _ask_for_answers(
    mail: EmailMessage, outbound: Outbound, sender: Sender, tokens: TokenKeys | None, now: int
) -> None:
    if tokens is not None and sender.answers_to:
        signed = sign_proof if outbound.asks_proof else sign
        token = signed(tokens, outbound.to.account, outbound.conversation, outbound.to.key, now)
        mail["Reply-To"] = _mailbox(with_token(sender.answers_to, token), sender.name)
    elif outbound.asks_proof:
        raise Permanent("the account has no plus-addresses", code="no_plus_address")


def _place(mail: EmailMessage, extra: dict[str, str]) -> None:
    """Say which mail is answered, and which ones that one answered."""
    answered = _ids(extra.get("in_reply_to", ""))[-1:]
    if answered:
        mail["In-Reply-To"] = answered[0]
    references = _ids(extra.get("references", ""))
    references += [one for one in answered if one not in references]
    if references:
        # The first names the thread, the last ones place the mail in it (RFC 5322 3.6.4).
        mail["References"] = " ".join([references[0], *references[1:][-THREAD_REFERENCES_MAX:]])


def _attach(mail: EmailMessage, files: Sequence[tuple[OutboundFile, bytes]]) -> None:
    if sum(len(data) for _, data in files) > FILE_BYTES_MAX:
        raise Permanent("its files are too large together", code="files_too_large")
    for file, data in files:
        found = _TYPE.fullmatch(file.content_type.partition(";")[0].strip().lower())
        main, sub = found.groups() if found else ("application", "octet-stream")
        if main in _WHOLE_MAILS:
            main, sub = "application", "octet-stream"
        # Beyond ASCII the library writes the name by RFC 2231.
        mail.add_attachment(data, maintype=main, subtype=sub, filename=_file_name(file.name))


def _file_name(name: str) -> str:
    """Return the last part of a name, without what could lead out of a folder."""
    words = _words(name.replace("\\", "/").rpartition("/")[2])
    return words.strip(" .")[:FILE_NAME_CHARACTERS_MAX] or "file"


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
