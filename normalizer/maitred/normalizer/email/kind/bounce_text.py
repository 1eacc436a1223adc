"""Bounces that are written for people only: recipients and refusals found in free text.

Mail systems agree on one thing: an address of the failed mail stands at the start of a line or
behind a word such as `to`, and what is wrong with it follows, until the next address or the
returned mail.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

from maitred.contracts.limits import BOUNCED_RECIPIENTS_MAX, KIB
from maitred.normalizer.email.kind.bounce_phrases import (
    DECLARATIONS,
    DELAYS,
    DELIVERIES,
    RETURNED,
)
from maitred.normalizer.email.kind.bounce_reason import DIAGNOSTIC_CHARACTERS_MAX
from maitred.normalizer.email.kind.bounce_report import Finding

TEXT_BYTES_MAX: Final = 64 * KIB
"""How much of a bounce's text is read: what comes behind is the returned mail."""
_LINES_MAX: Final = 600
_DECLARATION_CHARACTERS_MAX: Final = 3_000
_RETURNED_FIELDS_MIN: Final = 3

_ADDRESS: Final = re.compile(
    r"(?<![\w.!#$%&'*+/=?^`{|}~@-])"
    r"([\w.!#$%&'*+/=?^`{|}~-]{1,128}@(?:[\w-]{1,63}\.){0,20}[\w-]{0,62}\w"
    r"|\"[^\"\n]{1,64}\"@(?:[\w-]{1,63}\.){0,20}[\w-]{1,63})"
)
# An address that begins the line, alone or with a refusal behind it.
_LEADS: Final = re.compile(
    r"[\s>*+|\"'`(\[•-]{0,12}<?(?:mailto:|smtp:|rfc822;)?\s?$", re.IGNORECASE
)
_BEHIND_WORD: Final = re.compile(
    r"(?:\b(?:to|for|recipients?|address(?:es|ed to)?|rcpt|userid|user|account|mailbox|failed|"
    r"an|à|para|a|naar|till|til|dla|komu|кому|адресу|получател\w{1,3}|adresse|destinataire|"
    r"destinatario|empfänger|受信者|宛先|收件人)\b|[:\uff1a,])"
    r"[\s:\uff1a<\"'`(\[]{0,8}(?:mailto:|smtp:|rfc822;)?\s?<?$",
    re.IGNORECASE,
)
_X400: Final = re.compile(r"^smtp=", re.IGNORECASE)
"""Before an Internet address in one of X.400 (`c=US;a= ;p=Example;dda:SMTP=ada@example.com;`)."""
_SOURCE: Final = re.compile(r"\b(?:generated|expanded) from:?\s{0,2}<?$", re.IGNORECASE)
"""Before the address of which another one was made."""
_REPLY_BEFORE: Final = re.compile(r"^[\s>*<|-]{0,8}[245]\d\d[\s-].{0,60}$")
_REPLY_LINE: Final = re.compile(r"[\s>*<|-]{0,8}[45]\d\d[\s-]")
_NOT_OF_RECIPIENT: Final = re.compile(
    r"\b(?:from|sender|sent by|contact|reply|e-?mail us|questions?|hello|dear|hi|abuse|helo|ehlo|"
    r"von|de la part|by|адреса|отправител\w{1,3}|mail from|message-?id)\b[^@]{0,40}$",
    re.IGNORECASE,
)
_TO: Final = re.compile(
    r"\s{0,12}(?:to|an|à|para|a|aan|til|till|do|komu|кому|宛先|收件人)\s{0,3}[:\uff1a]",
    re.IGNORECASE,
)
_SUBJECT: Final = re.compile(
    r"\s{0,12}(?:subject|betreff|objet|asunto|assunto|oggetto|onderwerp|emne|ämne|aihe|temat|předmět"
    r"|tárgy|тема|konu|件名|主题|主旨)\s{0,3}[:\uff1a]",
    re.IGNORECASE,
)
# `... could not be delivered to the following recipients:`, and an address alone on a line.
_LIST: Final = re.compile(
    r"\b(?:recipient|address|user)(?:e?s|\(e?s\))?[^\n:]{0,60}:\s{1,20}"
    r"[<\"'*-]{0,3}[ \t]{0,8}[^\s<>@\"']{1,64}@[\w.-]{3,253}[>\"']{0,3}[ \t]{0,8}$",
    re.IGNORECASE | re.MULTILINE,
)
_LIST_CHARACTERS_MAX: Final = 500
_ANSWER: Final = re.compile(r"^\s{0,8}(?:\w{2,10}\s)?[\s>*<|-]{0,8}[45][0-5]\d[ -]\S", re.MULTILINE)
_YOUR_MAIL: Final = re.compile(
    r"\b(?:your|the) (?:e-?mail )?(?:message|e-?mail) (?:to\b|you sent|that you sent)",
    re.IGNORECASE,
)
_HEADER: Final = re.compile(r"\s{0,8}([A-Za-z][A-Za-z0-9-]{1,40}):")
_OF_A_MAIL: Final = frozenset(
    "received return-path message-id dkim-signature mime-version x-mailer from to subject "  # noqa: SIM905  (legible)
    "date content-type delivered-to x-received references in-reply-to".split()
)
_OF_TRANSPORT: Final = frozenset(
    "received return-path message-id dkim-signature x-received mime-version".split()  # noqa: SIM905  (legible)
)
_OWN_TO: Final = re.compile(
    r"^\s{0,8}(?:to|x-original-to)\s{0,2}:(.{1,500})$", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class _Spot:
    """A recipient as written, and the numbers of the lines that name him."""

    address: str
    lines: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Report:
    """A bounce's text, cut from the mail that it returns."""

    text: str
    returned: str
    declares: bool
    """Whether it says that a mail was not delivered, or when it will be."""
    action: str


def read(text: str) -> Report:
    """Return the text of a bounce without the mail that it returns."""
    end = _returned_at(text)
    own = text[:end]
    start = " ".join(own[:_DECLARATION_CHARACTERS_MAX].split()).casefold().replace("\u2019", "'")
    declares = any(each in start for each in DECLARATIONS)
    return Report(own, text[end:], declares, _action(start))


def lists(report: Report) -> bool:
    """Tell whether a text opens with a list of recipients: nobody pastes a bounce at once."""
    return _LIST.search(report.text[:_LIST_CHARACTERS_MAX]) is not None


def transcribes(report: Report) -> bool:
    """Tell whether a text holds a server's answer on a line of its own: `<<< 550 ...`."""
    return _ANSWER.search(report.text[:DIAGNOSTIC_CHARACTERS_MAX]) is not None


def is_about_mail(report: Report) -> bool:
    """Tell whether a text opens with the mail that was sent: parcels are not delivered either."""
    return _YOUR_MAIL.search(report.text[:_LIST_CHARACTERS_MAX]) is not None


def findings(
    report: Report, *, failed: Iterable[str] = (), us: Iterable[str] = ()
) -> list[Finding]:
    """Return what the text says of each recipient.

    `failed` are the recipients that are known already, from fields or from a header (Exim's and
    Gmail's X-Failed-Recipients): then no others are looked for. `us` are addresses to which the
    bounce itself went or that it comes from: they are no recipients of the failed mail.
    """
    lines = report.text.splitlines()[:_LINES_MAX]
    named = {each.casefold(): each for each in failed if each}
    ours = {each.casefold() for each in us}
    spots = _spots(lines, ours, named.keys())
    known = named or {key: spot.address for key, spot in spots.items()}
    if not known:
        found = {each.casefold(): each for each in _recipients_of(report.returned)}
        known = {key: each for key, each in found.items() if key not in ours}
    text = "\n".join(lines)[:DIAGNOSTIC_CHARACTERS_MAX]
    owners: dict[int, set[str]] = {}
    for key, spot in spots.items():
        for at in spot.lines:
            owners.setdefault(at, set()).add(key)
    return [
        Finding(
            recipient=address,
            action=report.action,
            diagnostic=_diagnostic(lines, key, owners) if len(known) > 1 else text,
        )
        for key, address in list(known.items())[:BOUNCED_RECIPIENTS_MAX]
    ]


def _returned_at(text: str) -> int:
    """Return where the returned mail begins: behind a line that says so, or at its header."""
    marks = [match.start() for pattern in RETURNED if (match := pattern.search(text))]
    position, run, start = 0, set[str](), 0
    for line in text.splitlines(keepends=True):
        match = _HEADER.match(line)
        name = match[1].lower() if match else ""
        if name in _OF_A_MAIL or name.startswith("x-"):
            start = start if run else position
            run.add(name)
        elif not (run and line[:1] in {" ", "\t"}):
            run.clear()
        if len(run) >= _RETURNED_FIELDS_MIN and run & _OF_TRANSPORT:
            marks.append(start)
            break
        position += len(line)
    return min(marks, default=len(text))


def _action(start: str) -> str:
    if any(each in start for each in DELIVERIES):
        return "delivered"
    return "delayed" if any(each in start for each in DELAYS) else "failed"


def _spots(lines: list[str], us: set[str], named: Collection[str]) -> dict[str, _Spot]:
    """Return each recipient, with the lines that name him.

    Addresses that begin a line are trusted most; only if there are none, those behind a word that
    leads to a recipient; and least, those in the failed mail's own header. Those that are known
    already are found wherever they stand.
    """
    leading: dict[str, _Spot] = {}
    behind: dict[str, _Spot] = {}
    headed: dict[str, _Spot] = {}
    for index, line in enumerate(lines):
        place = headed if _is_headed(line, lines[index + 1 : index + 2]) else behind
        for match in _ADDRESS.finditer(line):
            address = _X400.sub("", match[1].strip("'").rstrip("."))
            key, before = address.casefold(), line[: match.start()]
            if key in named or (not named and key not in us and _LEADS.fullmatch(before)):
                leading.setdefault(key, _Spot(address)).lines.append(index)
            elif not named and key not in us and _is_led_to(before):
                place.setdefault(key, _Spot(address)).lines.append(index)
    for key in leading.keys() & behind.keys():
        leading[key].lines.extend(behind[key].lines)
    return leading or behind or headed


def _is_headed(line: str, following: list[str]) -> bool:
    """Tell whether a line says whom the failed mail was for, as Exchange does above its subject."""
    return _TO.match(line) is not None and any(_SUBJECT.match(each) for each in following)


def _is_led_to(before: str) -> bool:
    tail = before[-120:]
    if _REPLY_BEFORE.match(tail):
        return True
    if _SOURCE.search(tail):
        return True
    return _BEHIND_WORD.search(tail) is not None and _NOT_OF_RECIPIENT.search(tail) is None


def _diagnostic(lines: list[str], key: str, owners: dict[int, set[str]]) -> str:
    """Return the lines about one recipient: from each that names him to the next recipient's.

    `owners` tells whom a line names. Of a line that begins with a reply code only itself is taken:
    what follows is another answer.
    """
    chosen: list[str] = []
    room = DIAGNOSTIC_CHARACTERS_MAX
    heard = answered = False
    for at, line in enumerate(lines):
        named = owners.get(at)
        if named is not None:
            heard, answered = key in named, _REPLY_LINE.match(line) is not None
        elif answered:
            heard = False
        if heard and room > 0:
            chosen.append(line)
            room -= len(line) + 1
    return "\n".join(chosen)[:DIAGNOSTIC_CHARACTERS_MAX]


def _recipients_of(returned: str) -> list[str]:
    """Return whom the returned mail went to, by its header."""
    match = _OWN_TO.search(returned)
    return [each[1] for each in _ADDRESS.finditer(match[1])] if match else []
