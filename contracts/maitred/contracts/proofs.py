"""Proofs: codes on their way to an address, and what a session proved by bringing one back.

A session is a visitor of the chat, named by the key of his token.
"""

from __future__ import annotations

import msgspec

from maitred.contracts.identifiers import Identifier
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.limits import PROOF_AGE_MS, PROOF_READ_AGE_MS


class CodeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """That a session wants a code sent to an address that it claims.

    `id` is the session's own for it and stays the same when it asks again. The code goes out by
    `account` of `channel`. `house` is the account that was asked, and so many codes are sent for
    it in `CODES_WINDOW_MS`; `title` is its name for the customer, `language` his (ISO 639-1).
    """

    id: str
    session: IdentifierKey
    identifier: Identifier
    channel: str
    account: str
    house: str
    codes_max: int
    title: str
    language: str = ""


class CodeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A code that came back through a session.

    `signed_in` is the key of the account that the session was signed in with, if any.
    """

    id: str
    session: IdentifierKey
    code: str
    signed_in: IdentifierKey | None = None


class SentCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code that may still come back: a keyed hash of it, and how often it was guessed at."""

    request: str
    identifier: Identifier
    hash: str
    at: int
    tries: int = 0


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """That a session held an address at a time (UTC milliseconds).

    It counts only while the session is `signed_in` as it was then: whoever signs in at the same
    browser later is somebody else. `answer` and `hash` are those of the code, to know it when it
    is brought again.
    """

    identifier: Identifier
    at: int
    signed_in: IdentifierKey | None = None
    answer: str = ""
    hash: str = ""

    def holds(self, signed_in: IdentifierKey | None, now: int) -> bool:
        """Whether it counts at `now` in a session that is signed in so."""
        return self.signed_in == signed_in and now < self.at + PROOF_READ_AGE_MS

    def stands_beside(self, later: Proof) -> bool:
        """Whether it still counts once `later` came through the same session.

        It does not if it is of the same address, nor if it is older than `PROOF_AGE_MS` by then:
        who proves another address so much later may be whoever came next to the browser. So only
        who proves two addresses in one go shows that both are his.
        """
        if self.signed_in != later.signed_in:
            return True
        return self.identifier != later.identifier and later.at <= self.at + PROOF_AGE_MS


class ProofDoc(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="proof"):
    """When codes were sent for a session, or to an address; what a session waits for and proved.

    Of an address there is only `sent`. It never holds a code.
    """

    version: int = 1
    sent: tuple[int, ...] = ()
    code: SentCode | None = None
    proofs: tuple[Proof, ...] = ()


class CodesDoc(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="codes"):
    """How many codes went out for a house lately, by the minute (UTC, since 1970)."""

    version: int = 1
    minutes: dict[int, int] = {}
