"""Bounces: reports that a mail was not delivered, is late, or has arrived after all."""

from __future__ import annotations

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

_REPORTS: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED: Final = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"}
)
_FAILED: Final = "x-failed-recipients"
"""The header in which Exim and Gmail name the recipients."""
_REPORT_BYTES_MAX: Final = 256 * KIB


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
        return _judged(fields, bounce_text.read(_human(leaves)), signs)
    if out_of_office.has_prefix(signs.subject) and not declared:
        # Somebody is away to whom a bounce was sent.
        return None
    returned = any(each.media_type in _RETURNED for each in leaves)
    hinted = _is_subject(signs.subject) or (returned and signs.unattended)
    if not (declared or machine) and (signs.answers or not hinted):
        return None
    text = _human(leaves)
    fields = text if bounce_report.is_report(text) else ""
    report = bounce_text.read(text)
    returns = bool(report.returned) or returned
    if declared or _is_borne_out(signs, report, told_by_fields=bool(fields), returns=returns):
        return _judged(fields, report, signs)
    return None


def _is_subject(subject: str) -> bool:
    return any(each in subject for each in SUBJECTS)


def _is_borne_out(signs: Signs, report: Report, *, told_by_fields: bool, returns: bool) -> bool:
    """Tell whether the text of a mail with some sign of a bounce makes it one."""
    if signs.null_path and signs.daemon:
        return True
    told = report.declares or told_by_fields
    refusal = refuses(report.text)
    if signs.null_path or _FAILED in signs.headers.fields:
        return told and (refusal or returns or _is_subject(signs.subject))
    if signs.daemon:
        return told and not signs.answers and (refusal or returns or _is_subject(signs.subject))
    return told_by_fields or (
        report.declares and bool(enhanced(report.text) or refusal) and returns
    )


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
        heard = {each.recipient.casefold(): each.diagnostic for each in told}
        judged = [_bounced(each, report, heard[each.recipient.casefold()]) for each in named]
    else:
        us = addresses(signs.headers, "to", "cc", "from", "delivered-to", "envelope-to")
        told = bounce_text.findings(report, failed=_failed(signs), us=us)
        known = found[0] if found else Finding(recipient="")
        judged = [
            _bounced(replace(known, recipient=each.recipient), report, each.diagnostic)
            for each in told
        ]
    return tuple({each.recipient.casefold(): each for each in judged}.values())


def _failed(signs: Signs) -> list[str]:
    values = signs.headers.fields.get(_FAILED, ())
    named = (bounce_report.address_in(each) for value in values for each in value.split(","))
    return [each for each in named if each]


def _bounced(found: Finding, report: Report, heard: str) -> BouncedRecipient:
    """Judge one recipient by his fields, where they tell little by what was `heard` in the text."""
    action = found.action or report.action
    diagnostic = found.diagnostic or found.status
    status = found.status
    if not (is_telling(status) or enhanced(diagnostic)):
        told = enhanced(heard)
        status = told if is_telling(told) or not status else status
    if not refuses(found.diagnostic):
        diagnostic = f"{diagnostic}\n{heard}"
    verdict = judge(diagnostic, status=status, action=action)
    return BouncedRecipient(
        recipient=found.recipient,
        status=verdict.status,
        permanent=verdict.permanent,
        action=action,
    )
