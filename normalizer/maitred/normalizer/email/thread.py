"""The thread of a mail: its own id, what it answers, our token, and its subject.

Each is evidence of where the mail belongs, with its score; whether its sender may be there is
decided elsewhere, and what a token proves about him in `proof`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from maitred.contracts import thread_evidence
from maitred.contracts.inbound import Inbound
from maitred.contracts.limits import SUBJECT_CHARACTERS_MAX, THREAD_REFERENCES_MAX
from maitred.contracts.message import ThreadEvidence, ThreadHints
from maitred.contracts.reply_token import Grant, TokenFault, tokens_in, verify
from maitred.normalizer.email import subject as mail_subject
from maitred.normalizer.email.headers import Headers, message_ids, subject_of
from maitred.normalizer.email.proof import went_to_sender
from maitred.normalizer.port import DecodeContext
from maitred.normalizer.text import line

REPLY_TOKEN_INVALID: Final = "reply_token_invalid"  # noqa: S105  (a flag, not a secret)
REPLY_TOKEN_EXPIRED: Final = "reply_token_expired"  # noqa: S105  (a flag, not a secret)
REPLY_TOKEN_PASSED_ON: Final = "reply_token_passed_on"  # noqa: S105  (a flag, not a secret)
"""The mail that is answered went to another address than this one comes from."""
SUBJECT_GROWS: Final = "subject_grows"
"""So many prefixes and tags that machines may be answering each other."""
LAYERS_GROWN: Final = 4
REPLY_REFERENCES_MAX: Final = 20
"""References that an answer repeats; RFC 5322 asks for all, mail servers for short headers."""
EVIDENCE_REFERENCES_MAX: Final = 20
TOKENS_MAX: Final = 8
_ADDRESSED: Final = ("delivered-to", "x-original-to", "envelope-to", "to", "cc")
"""Fields that hold the address that a mail was sent to, the transport's own first."""


@dataclass(frozen=True, slots=True)
class MailThread:
    """What a mail says of its thread, what an answer to it will need, and flags.

    `grants` are what its valid tokens say.
    """

    hints: ThreadHints
    reply_extra: dict[str, str]
    flags: tuple[str, ...]
    grants: tuple[Grant, ...] = ()


def read(fields: Headers, inbound: Inbound, context: DecodeContext, fingerprint: str) -> MailThread:
    """Read a mail's thread; `fingerprint` is its content's.

    The expiry of a token is judged by when the mail was received, so that decoding it again
    says the same.
    """
    own = message_ids(fields.first("message-id"))[:1]
    answered = [each for each in message_ids(fields.first("in-reply-to")) if each not in own]
    earlier = [
        each
        for each in reversed(message_ids(fields.first("references")))
        if each not in own and each not in answered
    ]
    refers_to = (*answered, *earlier)[:THREAD_REFERENCES_MAX]
    grants, flags = _tokens(fields, inbound, context)
    tokens = map(thread_evidence.token, dict.fromkeys(each.conversation for each in grants))
    references = (
        *map(thread_evidence.answers, answered),
        *(thread_evidence.refers(each, steps) for steps, each in enumerate(earlier)),
    )
    subject = mail_subject.read(subject_of(fields))
    by_subject: tuple[ThreadEvidence, ...] = ()
    if (subject.is_reply or not refers_to) and subject.is_telling:
        by_subject = (thread_evidence.subject(subject.base, is_reply=subject.is_reply),)
    if subject.layers >= LAYERS_GROWN:
        flags = (*flags, SUBJECT_GROWS)
    return MailThread(
        hints=ThreadHints(
            own=own,
            refers_to=refers_to,
            fingerprint=fingerprint,
            evidence=(*tokens, *references[:EVIDENCE_REFERENCES_MAX], *by_subject),
        ),
        reply_extra=_reply_extra(fields, own, refers_to),
        flags=flags,
        grants=grants,
    )


def _tokens(
    fields: Headers, inbound: Inbound, context: DecodeContext
) -> tuple[tuple[Grant, ...], tuple[str, ...]]:
    """Return what valid tokens say; a mail without one is flagged with why, if it tried."""
    if context.reply_tokens is None:
        return (), ()
    addressed = (
        *inbound.recipients,
        *(value for name in _ADDRESSED for value in fields.fields.get(name, ())),
    )
    found = tuple(dict.fromkeys(token for each in addressed for token in tokens_in(each)))
    read_ = [
        verify(context.reply_tokens, inbound.account, token, inbound.received_at)
        for token in found[:TOKENS_MAX]
    ]
    grants = tuple(each for each in read_ if not isinstance(each, TokenFault))
    if grants:
        passed_on = not any(went_to_sender(each, inbound, context.keys) for each in grants)
        return grants, (REPLY_TOKEN_PASSED_ON,) if passed_on else ()
    if TokenFault.EXPIRED in read_:
        return (), (REPLY_TOKEN_EXPIRED,)
    return (), (REPLY_TOKEN_INVALID,) if read_ else ()


def _reply_extra(
    fields: Headers, own: tuple[str, ...], refers_to: tuple[str, ...]
) -> dict[str, str]:
    """Return the header values of an answer, its References oldest first."""
    chain = (*reversed(refers_to[: REPLY_REFERENCES_MAX - 1]), *own)
    values = {
        "in_reply_to": " ".join(own),
        "references": " ".join(chain),
        "subject": line(subject_of(fields), SUBJECT_CHARACTERS_MAX),
    }
    return {name: value for name, value in values.items() if value}
