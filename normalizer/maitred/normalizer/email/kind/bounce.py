"""Bounces: reports that a mail was not delivered, is late, or has arrived after all."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from maitred.contracts.limits import KIB
from maitred.contracts.message import BouncedRecipient
from maitred.normalizer.email.kind import bounce_report, bounce_text, out_of_office
from maitred.normalizer.email.kind.bounce_phrases import SUBJECTS
from maitred.normalizer.email.kind.bounce_reason import enhanced, is_telling, judge, refuses
from maitred.normalizer.email.kind.bounce_report import Finding
from maitred.normalizer.email.kind.bounce_text import Report
from maitred.normalizer.email.kind.mail_signs import Signs, addresses
from maitred.normalizer.email.kind.mail_words import words_of
from maitred.normalizer.email.mime import Part

_RECEIPT: Final = "message/disposition-notification"
_REPORTS: Final = frozenset({"message/delivery-status", "message/global-delivery-status", _RECEIPT})
_RETURNED: Final = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"}
)
_NOBODY: Final = "mailer-daemon"
"""The only one of a mail system's names under which no person writes."""
_FAILED: Final = "x-failed-recipients"
"""The header in which Exim and Gmail name the recipients."""
_REPORT_BYTES_MAX: Final = 256 * KIB
_ROOM: Final = 40_000
"""So many characters of refusals are judged, shared out to the recipients ..."""
_ROOM_MIN: Final = 400
"""... who get no fewer than these: a server's answer is a line or two (RFC 5321, 4.5.3.1.5)."""
_HEADER_BYTES_MAX: Final = 16 * KIB
_OPENING_CHARACTERS_MAX: Final = 500
_DELETED: Final = re.compile(
    r"^disposition\s{0,4}:\s{0,8}automatic-action[^\n]{0,80};\s{0,8}deleted",
    re.IGNORECASE | re.MULTILINE,
)
_REFUSED: Final = re.compile(
    r"reject|refus|abgelehnt|zurückgewiesen|rechaz|respint|rifiut|rejeit|recus|geweigerd|avvis|отклон"
)


def read(root: Part, leaves: tuple[Part, ...], signs: Signs) -> tuple[BouncedRecipient, ...] | None:
    """Return the recipients that a bounce names, None if the mail is no bounce.

    It is one if it holds a delivery report (RFC 3464, section 2) that nobody passes on. Without
    one it takes a machine's signs (no reverse path, a daemon for author, a list of failed
    recipients), or at least a subject that only mail systems write, and a text that bears them
    out: people answer bounces, pass them on and write about them.
    """
    reports = [each for each in leaves if each.media_type in _REPORTS]
    declared = root.parameters.get("report-type", "").lower() == "delivery-status"
    machine = signs.null_path or signs.daemon or _FAILED in signs.headers.fields
    if reports and (declared or machine or not signs.answers):
        fields = "\n\n".join(words_of(each, _REPORT_BYTES_MAX) for each in reports)
        return _judged(fields, _report(_human(leaves), leaves), signs)
    returned = not _RETURNED.isdisjoint([each.media_type for each in leaves])
    if not (declared or machine):
        hinted = signs.speaks_of(SUBJECTS) or (returned and signs.unattended)
        if not hinted or signs.answers:
            return None
    if out_of_office.has_prefix(signs.subject) and not declared:
        # Somebody is away to whom a bounce was sent.
        return None
    text = _human(leaves)
    fields = text if bounce_report.is_report(text) else ""
    report = _report(text, leaves)
    returns = returned or bool(report.returned)
    if declared or _is_borne_out(signs, report, told_by_fields=bool(fields), returns=returns):
        return _judged(fields, report, signs)
    return None


def rejects(leaves: tuple[Part, ...], signs: Signs) -> bool:
    """Tell whether a receipt says that the recipient's filter refused the mail.

    RFC 5429, section 2.1.2: it is deleted automatically, and the text says why. Mail programs
    report in the same way what somebody deleted unread.
    """
    receipts = (each for each in leaves if each.media_type == _RECEIPT)
    notice = next((words_of(each, _REPORT_BYTES_MAX) for each in receipts), "")
    if not _DELETED.search(notice):
        return False
    return _REFUSED.search(signs.subject) is not None or bool(
        _REFUSED.search(_human(leaves)[:_OPENING_CHARACTERS_MAX].casefold())
    )


def _is_borne_out(signs: Signs, report: Report, *, told_by_fields: bool, returns: bool) -> bool:
    """Tell whether the text of a mail with some sign of a bounce makes it one."""
    if signs.null_path and signs.daemon:
        return True
    told = report.declares or told_by_fields
    refusal = refuses(report.text)
    named = signs.speaks_of(SUBJECTS)
    if signs.null_path or _FAILED in signs.headers.fields:
        return told and (refusal or returns or named)
    if signs.daemon:
        said = refusal and returns and (named or refuses(signs.subject))
        named = named or _NOBODY in signs.author
        return not signs.answers and (said or (told and (refusal or returns or named)))
    if told_by_fields or (report.declares and refusal and returns):
        return True
    return named and _is_told(signs, report, refusal=refusal, returns=returns)


def _is_told(signs: Signs, report: Report, *, refusal: bool, returns: bool) -> bool:
    """Tell whether the text alone makes it one, as no text of a person who writes of one does."""
    if returns and bounce_text.transcribes(report):
        return True
    about_mail = signs.unattended and refusal and bounce_text.is_about_mail(report)
    return report.declares and (about_mail or bounce_text.lists(report))


def _report(text: str, leaves: tuple[Part, ...]) -> Report:
    """Read what a bounce says to people, with the header of the mail that it returns."""
    report = bounce_text.read(text)
    part = next((each for each in leaves if each.media_type in _RETURNED), None)
    if report.returned or part is None:
        return report
    return replace(report, returned=words_of(part, _HEADER_BYTES_MAX))


def _human(leaves: tuple[Part, ...]) -> str:
    """Return what a bounce says to people: the first text that stands before the returned mail."""
    found = ""
    for each in leaves:
        if each.media_type in _RETURNED:
            break
        if each.media_type in {"text/plain", "text/html"}:
            found = words_of(each, bounce_text.TEXT_BYTES_MAX)
            if found.strip():
                break
    return found


def _judged(fields: str, report: Report, signs: Signs) -> tuple[BouncedRecipient, ...]:
    """Return the recipients with code and verdict, each once.

    The text for people is heard as well where the fields leave something open.
    """
    found = list(bounce_report.findings(fields)) if fields else []
    if any(each.recipient for each in found):
        named = [each for each in found if each.recipient]
        told = bounce_text.findings(report, failed=[each.recipient for each in named])
        words = {each.recipient.casefold(): each.diagnostic for each in told}
        pairs = [(each, words[each.recipient.casefold()]) for each in named]
    else:
        us = addresses(signs.headers, "to", "cc", "from", "delivered-to", "envelope-to")
        told = bounce_text.findings(report, failed=_failed(signs), us=us)
        known = found[0] if found else Finding(recipient="")
        pairs = [(replace(known, recipient=each.recipient), each.diagnostic) for each in told]
    room = max(_ROOM_MIN, _ROOM // max(1, len(pairs)))
    judged = [_bounced(each, report, heard, room) for each, heard in pairs]
    return tuple({each.recipient.casefold(): each for each in judged}.values())


def _failed(signs: Signs) -> list[str]:
    values = signs.headers.fields.get(_FAILED, ())
    named = (bounce_report.address_in(each) for value in values for each in value.split(","))
    return [each for each in named if each]


def _bounced(found: Finding, report: Report, told: str, room: int) -> BouncedRecipient:
    """Judge one recipient by his fields, where they say little by what the text `told` of him.

    No more than `room` characters of each are read.
    """
    action = found.action or report.action
    diagnostic, heard = (found.diagnostic or found.status)[:room], told[:room]
    status = found.status[:room]
    if not (is_telling(status) or enhanced(diagnostic)):
        code = enhanced(heard)
        status = code if is_telling(code) or not status else status
    if not refuses(found.diagnostic[:room]):
        diagnostic = f"{diagnostic}\n{heard}"
    verdict = judge(diagnostic, status=status, action=action)
    return BouncedRecipient(
        recipient=found.recipient,
        status=verdict.status,
        permanent=verdict.permanent,
        action=action,
    )
