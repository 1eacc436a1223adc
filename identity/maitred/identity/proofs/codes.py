"""Proofs: who gets a code, and what is proven when one comes back.

Pure; the shell compares and sets what is decided here, so that several gateways count as one. A
claim is proven only when the secret returns through the session that made the claim: a code is
kept with its session, as a hash that no other session's answer can have. Nothing here looks at who
is known, so neither an answer nor the work behind it can tell.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeGuard

from msgspec.structs import replace

from maitred.contracts.identifiers import Identifier, Keys
from maitred.contracts.ids import (
    AgentId,
    ConversationId,
    CustomerId,
    IdentifierKey,
    digest,
    outbound_id,
)
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.limits import (
    CODE_AGE_MS,
    CODE_TRIES_MAX,
    CODES_PER_ADDRESS_MAX,
    CODES_PER_SESSION_MAX,
    CODES_WINDOW_MS,
    MINUTE_MS,
    PROOFS_PER_SESSION_MAX,
)
from maitred.contracts.outbound import Outbound, OutboundKind
from maitred.contracts.proofs import (
    CodeAnswer,
    CodeRequest,
    CodesDoc,
    Proof,
    ProofDoc,
    SentCode,
)
from maitred.contracts.view import View
from maitred.identity.customers.components import Tools
from maitred.identity.proofs.code_words import code_words
from maitred.identity.reading import require


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request comes to: documents to write by subject, and a code to send, if it is due.

    Where the house has sent enough, nothing is written, and `wait_ms` is when it sends again.
    """

    documents: Mapping[str, ProofDoc | CodesDoc] = field(default_factory=dict)
    outbound: Outbound | None = None
    wait_ms: int = 0


@dataclass(frozen=True, slots=True)
class Answered:
    """What a code that came back comes to: documents to write, and what it proves, if anything."""

    documents: Mapping[str, ProofDoc] = field(default_factory=dict)
    proof: Proof | None = None


def ask(request: CodeRequest, code: str, view: View, tools: Tools, now: int) -> Asked:
    """Return what becomes of a request; `code` is a fresh one, `now` in UTC milliseconds.

    A new code takes the place of the session's last one. Beyond `CODES_PER_ADDRESS_MAX` and
    `CODES_PER_SESSION_MAX` none is sent, the last one stays good, and the same is written as
    otherwise. The same request again is one request. For a house no more than `codes_max` are sent
    in `CODES_WINDOW_MS`, so that nobody makes it a machine for texts to numbers that cost money, or
    for mails to strangers.

    Raises:
        NotRead: a document has not been loaded.
    """
    address = tools.keys.identifier(request.identifier)
    here, there = tools.subjects.proof(request.session), tools.subjects.proof(address)
    counted = tools.subjects.codes(request.house)
    require(view, here, there, counted)
    session = _lately(view.read(here, ProofDoc), now)
    inbox = _lately(view.read(there, ProofDoc), now)
    if _waits(session.code, now) and session.code.request == request.id:
        return Asked()
    house = _of_house(view.read(counted, CodesDoc), now)
    if sum(house.minutes.values()) >= request.codes_max:
        return Asked(wait_ms=(min(house.minutes) + 1) * MINUTE_MS + CODES_WINDOW_MS - now)
    if len(session.sent) >= CODES_PER_SESSION_MAX or len(inbox.sent) >= CODES_PER_ADDRESS_MAX:
        return Asked({here: session, there: inbox, counted: house})
    minute = now // MINUTE_MS
    sent = SentCode(
        request=request.id,
        identifier=request.identifier,
        hash=_hash(tools.keys, request.session, request.identifier, code),
        at=now,
    )
    return Asked(
        {
            here: replace(session, sent=(*session.sent, now), code=sent),
            there: replace(inbox, sent=(*inbox.sent, now)),
            counted: CodesDoc(minutes=house.minutes | {minute: house.minutes.get(minute, 0) + 1}),
        },
        _outbound(request, address, code, tools, now),
    )


def answer(given: CodeAnswer, view: View, tools: Tools, now: int) -> Answered:
    """Return what a code proves that came back; `now` is in UTC milliseconds.

    Wrong, expired, used up and never asked for look alike. A code proves once, but the same answer
    again is the same proof, since whoever gave it may not have heard that it was right.

    Raises:
        NotRead: the session's document has not been loaded.
    """
    here = tools.subjects.proof(given.session)
    require(view, here)
    session = view.read(here, ProofDoc)
    if session is None:
        return Answered()
    for proof in session.proofs:
        if proof.answer == given.id and _fits(proof.hash, proof.identifier, given, tools.keys):
            return Answered(proof=proof if proof.holds(given.signed_in, now) else None)
    waiting = session.code
    if not _waits(waiting, now):
        return Answered()
    if not _fits(waiting.hash, waiting.identifier, given, tools.keys):
        tries = waiting.tries + 1
        left = replace(waiting, tries=tries) if tries < CODE_TRIES_MAX else None
        return Answered({here: replace(session, code=left)})
    proof = Proof(
        identifier=waiting.identifier,
        at=now,
        signed_in=given.signed_in,
        answer=given.id,
        hash=waiting.hash,
    )
    others = [
        each
        for each in session.proofs
        if each.holds(each.signed_in, now) and each.stands_beside(proof)
    ]
    kept = (*others, proof)[-PROOFS_PER_SESSION_MAX:]
    return Answered({here: replace(session, code=None, proofs=kept)}, proof)


def _lately(document: ProofDoc | None, now: int) -> ProofDoc:
    """Return a document, or a new one, with the codes that still count against its limit."""
    if document is None:
        return ProofDoc()
    since = now - CODES_WINDOW_MS
    return replace(document, sent=tuple(at for at in document.sent if at > since))


def _of_house(document: CodesDoc | None, now: int) -> CodesDoc:
    """Return what went out in the minutes that still count; the oldest one counts whole."""
    since = (now - CODES_WINDOW_MS) // MINUTE_MS
    minutes = document.minutes if document is not None else {}
    return CodesDoc(minutes={minute: sent for minute, sent in minutes.items() if minute >= since})


def _waits(code: SentCode | None, now: int) -> TypeGuard[SentCode]:
    """Whether a code may still come back."""
    return code is not None and now < code.at + CODE_AGE_MS


def _hash(keys: Keys, session: IdentifierKey, identifier: Identifier, code: str) -> str:
    return keys.fingerprint(session, f"code {identifier.kind.value} {identifier.value} {code}")


def _fits(kept: str, identifier: Identifier, given: CodeAnswer, keys: Keys) -> bool:
    return hmac.compare_digest(kept, _hash(keys, given.session, identifier, given.code))


def _outbound(
    request: CodeRequest, address: IdentifierKey, code: str, tools: Tools, now: int
) -> Outbound:
    """Return the message with the code, apart from all conversations, in a lane of its own."""
    lane = ConversationId("cnv_" + digest("code", request.session, request.id, str(now)))
    subject, text = code_words(code, title=request.title, language=request.language)
    return Outbound(
        id=outbound_id(lane, "code"),
        kind=OutboundKind.CODE,
        tenant=tools.subjects.tenant,
        conversation=lane,
        customer=CustomerId(""),
        agent=AgentId(""),
        to=ReplyTo(
            channel=request.channel,
            account=request.account,
            endpoint=request.identifier,
            key=address,
        ),
        subject=subject,
        text=text,
        at=now,
    )
