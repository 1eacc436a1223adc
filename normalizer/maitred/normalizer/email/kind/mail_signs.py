"""What the header of a mail tells of the machine that sent it, looked up once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from maitred.normalizer.email.addresses import mailboxes
from maitred.normalizer.email.headers import Headers, subject_of
from maitred.normalizer.email.kind.bounce_phrases import DAEMONS, REPLIES
from maitred.normalizer.email.kind.words import Phrases, heads

_SUBJECT_CHARACTERS_MAX: Final = 300
_FROM_CHARACTERS_MAX: Final = 500
_UNATTENDED: Final = re.compile(r"\b(?:no|do-?not|dont)[-_.]?reply\b")


@dataclass(frozen=True, slots=True)
class Signs:
    """The few facts on which the kind of nearly every mail hangs.

    `subject` is decoded, in lower case, its white space folded, so is `author`. `daemon` tells that
    the author is a mail system.
    """

    headers: Headers
    subject: str
    author: str
    begun: frozenset[str]
    """The first letters of the words of the subject."""
    null_path: bool
    daemon: bool

    @property
    def answers(self) -> bool:
        """Whether the subject begins as a mail program begins answers and forwards."""
        return REPLIES.match(self.subject) is not None

    def speaks_of(self, phrases: Phrases) -> bool:
        """Tell whether the subject holds one of these phrases."""
        return phrases.found_in(self.subject, self.begun)

    @property
    def unattended(self) -> bool:
        """Whether the author says that he reads no answers."""
        return _UNATTENDED.search(self.author) is not None


def signs_of(headers: Headers, facts: Mapping[str, str]) -> Signs:
    """Return the signs in a header; `facts` are the transport's, which knows the reverse path."""
    author = headers.text("from")[:_FROM_CHARACTERS_MAX].lower()
    subject = " ".join(subject_of(headers)[:_SUBJECT_CHARACTERS_MAX].split()).casefold()
    if "\u2019" in subject:
        subject = subject.replace("\u2019", "'")
    return Signs(
        headers=headers,
        subject=subject,
        author=author,
        begun=heads(subject),
        null_path=_has_null_path(headers, facts),
        daemon=author.endswith("<>") or DAEMONS.search(f" {author}") is not None,
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
