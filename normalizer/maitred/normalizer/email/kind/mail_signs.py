"""What the header of a mail tells of the machine that sent it, looked up once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from maitred.normalizer.email.addresses import mailboxes
from maitred.normalizer.email.headers import Headers, subject_of
from maitred.normalizer.email.kind.bounce_phrases import DAEMONS, REPLIES

_SUBJECT_CHARACTERS_MAX: Final = 300
_FROM_CHARACTERS_MAX: Final = 500


_UNATTENDED: Final = re.compile(r"\b(?:no|do-?not|dont)[-_.]?reply\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Signs:
    """The few facts on which the kind of nearly every mail hangs.

    `subject` is decoded, in lower case, its white space folded. `daemon` tells that the
    author is a mail system, `unattended` that he reads no answers, `answers` tells that the subject
    begins as a mail program begins answers and forwards.
    """

    headers: Headers
    subject: str
    null_path: bool
    daemon: bool
    unattended: bool
    answers: bool


def signs_of(headers: Headers, facts: Mapping[str, str]) -> Signs:
    """Return the signs in a header; `facts` are the transport's, which knows the reverse path."""
    author = headers.text("from")[:_FROM_CHARACTERS_MAX]
    subject = " ".join(subject_of(headers)[:_SUBJECT_CHARACTERS_MAX].split())
    return Signs(
        headers=headers,
        subject=subject.casefold().replace("\u2019", "'"),
        null_path=_has_null_path(headers, facts),
        daemon=author.strip() == "<>" or DAEMONS.search(author) is not None,
        unattended=_UNATTENDED.search(author) is not None,
        answers=REPLIES.match(subject) is not None,
    )


def addresses(headers: Headers, *names: str) -> tuple[str, ...]:
    """Return the addresses in the fields of these names, in lower case."""
    return tuple(
        mailbox.address.lower()
        for name in names
        for value in headers.fields.get(name, ())
        for mailbox in mailboxes(value)
        if mailbox.address
    )


def _has_null_path(headers: Headers, facts: Mapping[str, str]) -> bool:
    """Tell whether the mail has no reverse path: nobody wants an answer (RFC 5321, 4.5.5).

    Some servers write a name of their own for it.
    """
    fact = facts.get("mail_from_null", "")
    if fact:
        return fact.lower() not in {"0", "false", "no"}
    path = headers.first("return-path").replace(" ", "").lower()
    return path in {"<>", "<null>", "<mailer-daemon>"} or path.startswith("<mailer-daemon@")
