"""Read receipts: the mail was displayed, or deleted unread."""

from __future__ import annotations

import re
from typing import Final

from maitred.normalizer.email.kind.mail_signs import Signs
from maitred.normalizer.email.kind.mail_words import words_of
from maitred.normalizer.email.kind.words import listed
from maitred.normalizer.email.mime import Part

_TEXT_BYTES_MAX: Final = 2_000
# Exchange, Outlook and Notes put these before the subject that was read.
_SUBJECT: Final = re.compile(
    r"(?:read|not read|gelesen|ungelesen|nicht gelesen|lu|non lu|leído|no leído|letto|non letto"
    r"|lida|lido|não lida|não lido|gelezen|niet gelezen|læst|lest|ikke læst|läst|oläst|luettu"
    r"|przeczytane|przeczytano|přečteno|prečítané|elolvasva|citit|прочитано|прочтено|не прочитано"
    r"|αναγνώστηκε|okundu|נקרא|تمت القراءة|開封済み|既読|開封確認|已读|已讀|읽음"
    r"|return receipt|read receipt|read notification|delivery receipt|disposition notification"
    r"|lesebestätigung|accusé de lecture|accusé de réception|confirmación de lectura"
    r"|conferma di lettura|ricevuta di ritorno|confirmação de leitura|leesbevestiging)"
    r"(?:\s{0,2}\((?:displayed|processed)\))?\s{0,2}[:\uff1a-]"
)
_BODY: Final = listed("""
    your message was read on; was read on; your message to; the message was displayed;
    was displayed on; this is a return receipt; this receipt verifies; this return receipt;
    return receipt for the mail; was deleted without being read; was received by; ihre nachricht;
    wurde gelesen am; dies ist eine empfangsbestätigung; dies ist eine lesebest; a été lu;
    ceci est un accusé; votre message; su mensaje; se leyó el; este es un acuse; il messaggio;
    è stato letto; questa è una ricevuta; a sua mensagem; foi lida em; uw bericht; is gelezen op;
    ваше сообщение; прочитано; 已閱讀; 的邮件已; 開封されました; のメッセージは; yourdocument;
    your document:
""")
_SIGNED: Final = "signed-receipt"


def is_receipt(root: Part, leaves: tuple[Part, ...], signs: Signs) -> bool:
    """Tell whether a mail is a receipt (RFC 8098; RFC 2634, section 2, for signed ones).

    What Exchange and Notes send to those who understand no reports is told by its subject, a sign
    of a machine and how its text opens: people put `Read:` before a subject too.
    """
    if root.parameters.get("report-type", "").lower() == "disposition-notification":
        return True
    for each in leaves:
        if each.media_type == "message/disposition-notification":
            return not signs.answers
        if each.parameters.get("smime-type", "").lower() == _SIGNED:
            return True
    if not _SUBJECT.match(signs.subject):
        return False
    fields = signs.headers.fields
    if not (signs.null_path or "x-ms-tnef-correlator" in fields or "auto-submitted" in fields):
        return "content-class" in fields and "mdn" in signs.headers.first("content-class")
    texts = (each for each in leaves if each.media_type in {"text/plain", "text/html"})
    first = next((words_of(each, _TEXT_BYTES_MAX) for each in texts), "")
    start = " ".join(first.split()).casefold()
    return not start or any(each in start for each in _BODY)
