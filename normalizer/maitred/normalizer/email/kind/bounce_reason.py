"""Why a mail was not delivered, told from what the refusing server said.

A server says it in up to three ways: an enhanced status code (RFC 3463), a reply code (RFC 5321,
section 4.2) and words. The words are the most honest: many servers answer every refusal with
550, and many senders of reports write 5.0.0 or 5.1.1 for all of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from maitred.normalizer.email.kind.bounce_absence import missing
from maitred.normalizer.email.kind.bounce_words import (
    AFTER_DATA,
    AT_RECIPIENT,
    BEFORE_RECIPIENT,
    PHRASES,
    VAGUE_PHRASES,
)
from maitred.normalizer.email.kind.reason import Reason

DIAGNOSTIC_CHARACTERS_MAX: Final = 4_000
"""How much of the words about one recipient is read."""

# The subject is a digit of 0 to 7 (RFC 3463, section 3); versions of programs have others.
_ENHANCED: Final = re.compile(r"(?<![\w.])([245])\.([0-7])\.(\d{1,3})(?![\w]|\.\d)")
_REPLY: Final = re.compile(r"(?<![\w./:+-])([245][0-5]\d)(?=[\s:;,<'\"\]-]|$)")
_REFUSAL: Final = re.compile(
    r"(?<![\w./:+-])[45][0-5]\d[\s-]{1,3}(?:[#'\"(\[]{0,2}[45]\.\d|[<'\"A-Za-z])"
)
_BEHIND_REPLY: Final = re.compile(
    r"(?<![\w./:+])[245][0-5]\d[\s-]{1,3}[#'\"(\[]{0,2}([245]\.[0-7]\.\d{1,3})(?![\w]|\.\d)"
)
_VERSION: Final = re.compile(r"(?:version|release|ver\.?|v\.)\s{0,3}$", re.IGNORECASE)
# What stands in a refusal without saying why: where to read more, and whom it is about.
_NOISE: Final = re.compile(
    r"https?://[^\s<>\"']{1,500}|<[^<>\s]{0,320}>"
    r"|(?<![^\s<>@,;:\"'()\[\]])[^\s<>@,;:\"'()\[\]]{1,128}@(?:[\w-]{1,63}\.){0,20}[\w-]{1,63}"
    r"|(?<![\w.])[245]\.\d{1,3}\.\d{1,3}(?![\w.])|(?<![\w.])[245][0-5]\d(?=[\s-])-?"
)
_SPACES: Final = re.compile(r"[\s_*|>]+")
_HARD: Final = frozenset(
    {Reason.USER_UNKNOWN, Reason.HOST_UNKNOWN, Reason.MOVED, Reason.TAKES_NO_MAIL}
)

# RFC 3463, sections 3.2 to 3.8, and the IANA registry of enhanced status codes. Subject and
# detail; a detail of None is for the whole subject.
_BY_STATUS: Final[dict[tuple[int, int | None], Reason]] = {
    (1, 0): Reason.USER_UNKNOWN,
    (1, 1): Reason.USER_UNKNOWN,
    (1, 2): Reason.HOST_UNKNOWN,
    (1, 3): Reason.USER_UNKNOWN,
    (1, 6): Reason.MOVED,
    (1, 7): Reason.SENDER,
    (1, 8): Reason.SENDER,
    (1, 10): Reason.TAKES_NO_MAIL,
    (2, 1): Reason.USER_UNKNOWN,
    (2, 2): Reason.MAILBOX_FULL,
    (2, 3): Reason.TOO_BIG,
    (2, None): Reason.FILTERED,
    (3, 4): Reason.TOO_BIG,
    (3, None): Reason.SYSTEM,
    (4, 7): Reason.EXPIRED,
    # Exchange Online: the domain does not exist.
    (4, 310): Reason.HOST_UNKNOWN,
    (4, None): Reason.NETWORK,
    (5, 3): Reason.RATE,
    (5, None): Reason.PROTOCOL,
    (6, None): Reason.CONTENT,
    (7, 13): Reason.SUSPENDED,
    (7, 17): Reason.MOVED,
    (7, 23): Reason.AUTHENTICATION,
    (7, 25): Reason.NO_REVERSE_NAME,
    (7, 26): Reason.AUTHENTICATION,
    (7, None): Reason.POLICY,
}
# RFC 5321, section 4.2.3: what the reply codes that have a meaning of their own stand for.
_BY_REPLY: Final = {
    "421": Reason.NETWORK,
    "452": Reason.MAILBOX_FULL,
    "551": Reason.MOVED,
    "552": Reason.MAILBOX_FULL,
    "521": Reason.TAKES_NO_MAIL,
    "556": Reason.TAKES_NO_MAIL,
}
_STATUS_OF: Final = {
    Reason.USER_UNKNOWN: "1.1",
    Reason.HOST_UNKNOWN: "1.2",
    Reason.MOVED: "1.6",
    Reason.TAKES_NO_MAIL: "1.10",
    Reason.SENDER: "1.8",
    Reason.MAILBOX_FULL: "2.2",
    Reason.SUSPENDED: "2.1",
    Reason.FILTERED: "7.1",
    Reason.SYSTEM: "3.0",
    Reason.MAILER: "3.0",
    Reason.TOO_BIG: "3.4",
    Reason.NETWORK: "4.1",
    Reason.EXPIRED: "4.7",
    Reason.PROTOCOL: "5.0",
    Reason.CONTENT: "6.0",
    Reason.SPAM: "7.1",
    Reason.VIRUS: "7.1",
    Reason.BLOCKED: "7.1",
    Reason.POLICY: "7.1",
    Reason.RELAYING: "7.1",
    Reason.RATE: "7.1",
    Reason.AUTHENTICATION: "7.26",
    Reason.NO_REVERSE_NAME: "7.25",
    Reason.ENCRYPTION: "7.10",
}
"""The code for a reason where no server gave one (RFC 3463; RFC 7372 for 7.25 and 7.26)."""

_VAGUE_RANK: Final = 1
_OF_ADDRESS: Final = frozenset({(1, 1), (1, 2), (1, 3), (1, 6), (1, 10)})
_OF_SENDER: Final = frozenset({(1, 7), (1, 8)})

_Detail = tuple[int, int] | None
_Table = tuple[tuple[Reason, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The enhanced status code, empty when nothing is known, and if the address is dead."""

    status: str
    permanent: bool


def judge(diagnostic: str, *, status: str = "", action: str = "failed") -> Verdict:
    """Return what a refusal means.

    `diagnostic` is what the server said, `status` the report's own code. The most telling code
    wins: 5.1.1 over 5.1.0 over 5.0.0, and at a tie the report's own. Where no code is given, one is
    derived from the words, or else from the reply code.

    An address is dead when the words or the code say that user or host do not exist, have moved,
    or take no mail (RFC 7505), and the report says that it has given up. A server that took the
    recipient and refused the content has said that he exists, whatever its words.
    """
    heard = diagnostic[:DIAGNOSTIC_CHARACTERS_MAX]
    failed = action in {"", "failed"}
    arrived = action in {"delivered", "relayed", "expanded"}
    code = _telling(status, heard, arrived=arrived)
    words = plain(heard)
    reason = _said(words, PHRASES) or missing(words)
    by_words = reason is not None
    detail = _detail(code)
    if reason in _HARD:
        reason = _doubted(reason, detail, words, local=heard.lstrip().lower().startswith("x-unix"))
    elif reason is None and detail in _OF_ADDRESS:
        reason = _BY_STATUS[detail]
    reason = reason or _said(words, VAGUE_PHRASES) or _by_status(detail) or _by_reply(heard)
    if reason is None and AT_RECIPIENT in words:
        reason = Reason.USER_UNKNOWN
    known = code if code or arrived else _derived(reason, heard, given_up=failed)
    permanent = failed and reason in _HARD and (by_words or known.startswith("5"))
    return Verdict(known, permanent)


def _doubted(reason: Reason, detail: _Detail, words: str, *, local: bool) -> Reason:
    """Return the reason for words that call an address dead, unless something speaks against it."""
    if local:
        return Reason.MAILER
    if detail in _OF_SENDER or any(each in words for each in BEFORE_RECIPIENT):
        return Reason.SENDER
    # RFC 3463, section 3.3: with X.2.0 the mailbox exists.
    if detail == (2, 0):
        return Reason.FILTERED
    if detail not in _OF_ADDRESS and any(each in words for each in AFTER_DATA):
        return Reason.FILTERED
    return reason


def refuses(text: str) -> bool:
    """Tell whether a text holds a refusal: a code, or words for a reason."""
    heard = text[:DIAGNOSTIC_CHARACTERS_MAX]
    return (
        bool(_REFUSAL.search(heard))
        or bool(enhanced(heard))
        or _said(plain(heard), PHRASES) is not None
    )


def enhanced(text: str) -> str:
    """Return the most telling enhanced status code in a text, empty if there is none.

    One right behind a reply code is preferred: others may be a program's version.
    """
    anchored = _BEHIND_REPLY.findall(text)
    loose = [
        match[0]
        for match in _ENHANCED.finditer(text)
        if match[1] != "2" and not _VERSION.search(text, max(0, match.start() - 12), match.start())
    ]
    found = [*anchored, *loose]
    refusals = [each for each in found if each[0] != "2"]
    return max(refusals or found, key=_rank, default="")


def plain(text: str) -> str:
    """Return the words of a refusal in lower case, without codes, addresses and links."""
    bare = _NOISE.sub(" ", text.replace("\u2019", "'"))
    return _SPACES.sub(" ", bare).casefold()


def is_telling(status: str) -> bool:
    """Tell whether a code says more than that delivery failed."""
    own = _ENHANCED.search(status)
    return own is not None and _rank(own[0]) > _VAGUE_RANK


def _telling(status: str, heard: str, *, arrived: bool) -> str:
    """Return the code that tells most; one of success only for what has arrived."""
    match = _ENHANCED.search(status)
    own, said = match[0] if match else "", enhanced(heard)
    if not arrived:
        own, said = ("" if each.startswith("2") else each for each in (own, said))
    # That it has expired says when it failed; a code of the other server says why.
    if own.endswith(".4.7") and _rank(said) > _VAGUE_RANK:
        return said
    return max(own, said, key=_rank)


def _rank(code: str) -> int:
    """Return how much a code tells: nothing, `x.0.0`, `x.5.0`, a subject, a subject and a detail.

    Sendmail writes 5.5.0 for whatever it has no code for.
    """
    if not code:
        return -1
    _, subject, detail = code.split(".")
    if detail.strip("0"):
        return 3
    return {"0": 0, "5": _VAGUE_RANK}.get(subject, 2)


def _detail(code: str) -> _Detail:
    """Return subject and detail of a code."""
    if not code:
        return None
    _, subject, detail = code.split(".")
    return int(subject), int(detail)


def _said(words: str, table: _Table) -> Reason | None:
    for reason, phrases in table:
        if any(phrase in words for phrase in phrases):
            return reason
    return None


def _by_status(detail: _Detail) -> Reason | None:
    if detail is None:
        return None
    return _BY_STATUS.get(detail) or _BY_STATUS.get((detail[0], None))


def _by_reply(heard: str) -> Reason | None:
    found = (_BY_REPLY.get(match[1]) for match in _REPLY.finditer(heard))
    return next((reason for reason in found if reason is not None), None)


def _derived(reason: Reason | None, heard: str, *, given_up: bool) -> str:
    """Return a code for a reason; its class is that of the replies, else of the action."""
    classes = {match[1][0] for match in _REPLY.finditer(heard)} - {"2"}
    final = "5" in classes or (given_up and not classes)
    if reason is None:
        return ("5.0.0" if final else "4.0.0") if classes else ""
    return f"{5 if final else 4}.{_STATUS_OF[reason]}"
