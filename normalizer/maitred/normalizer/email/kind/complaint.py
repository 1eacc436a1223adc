"""Complaints: somebody pressed `this is spam`, or a server found our mail forged (ARF)."""

from __future__ import annotations

import re
from typing import Final

from maitred.contracts.limits import BOUNCED_RECIPIENTS_MAX, KIB
from maitred.normalizer.email.kind.bounce_report import address_in
from maitred.normalizer.email.kind.mail_signs import Signs
from maitred.normalizer.email.kind.mail_words import words_of
from maitred.normalizer.email.mime import Part

_REPORT: Final = "message/feedback-report"
_REPORT_BYTES_MAX: Final = 64 * KIB
_ENCLOSED_BYTES_MAX: Final = 16 * KIB
_FIELD: Final = re.compile(
    r"^[ \t]{0,4}(feedback-type|original-rcpt-to|removal-recipient)[ \t]{0,4}:[ \t]*+(.*)$",
    re.IGNORECASE | re.MULTILINE,
)
# Outlook.com's program sends no report, only the mail, with a header of its own in it.
_OUTLOOK: Final = re.compile(
    rb"^x-hmxmroriginalrecipient:[ \t]{0,8}([^\r\n]{1,320})", re.IGNORECASE | re.MULTILINE
)
_SUBJECT: Final = re.compile(
    r"(?:complaint about message from |email feedback report for |abuse report\b|spam report\b"
    r"|fw: ?spam complaint|\[?feedback loop\b)"
)
_TYPE: Final = re.compile(r"[a-z][a-z0-9-]{1,40}")


def read(root: Part, leaves: tuple[Part, ...], signs: Signs) -> dict[str, str] | None:
    """Return what a complaint says, None if the mail is none.

    `feedback_type` is `abuse`, `fraud`, `virus`, `opt-out`, `not-spam`, `auth-failure` or another
    registered word (RFC 5965, section 7.3; RFC 6430; RFC 6591); `complaint_recipients` are those
    who complain, as far as the report names them (Original-Rcpt-To, RFC 5965, section 3.2).
    """
    reports = [each for each in leaves if each.media_type == _REPORT]
    declared = root.parameters.get("report-type", "").lower() == "feedback-report"
    if declared or (reports and not signs.answers):
        said = "\n".join(words_of(each, _REPORT_BYTES_MAX) for each in reports or leaves)
        return _said(said)
    if signs.answers or not _SUBJECT.match(signs.subject):
        return None
    enclosed = next((each for each in leaves if each.media_type == "message/rfc822"), None)
    if enclosed is None:
        return None
    named = _OUTLOOK.search(enclosed.content()[0][:_ENCLOSED_BYTES_MAX])
    whom = address_in(named[1].decode("ascii", "replace")) if named else ""
    if not whom and not signs.null_path:
        return None
    return {"feedback_type": "abuse", "complaint_recipients": whom}


def _said(report: str) -> dict[str, str]:
    kind = ""
    whom: dict[str, None] = {}
    for match in _FIELD.finditer(report):
        if match[1].lower() == "feedback-type":
            word = _TYPE.match(match[2].strip().lower())
            kind = kind or (word[0] if word else "")
        elif len(whom) < BOUNCED_RECIPIENTS_MAX and (address := address_in(match[2])):
            whom[address] = None
    # Without a type it is abuse: nothing else is reported by people.
    return {"feedback_type": kind or "abuse", "complaint_recipients": " ".join(whom)}
