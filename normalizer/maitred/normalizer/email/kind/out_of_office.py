"""Out-of-office answers, told by what they say where the header does not."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from maitred.normalizer.email.kind.mail_signs import Signs
from maitred.normalizer.email.kind.mail_words import words_of
from maitred.normalizer.email.kind.out_of_office_words import (
    ACKNOWLEDGEMENTS,
    BODIES,
    PREFIXES_BY_HEAD,
    SUBJECTS,
)
from maitred.normalizer.email.mime import Part

FLAG: Final = "out_of_office"
_TEXT_BYTES_MAX: Final = 4_000
_BODY_CHARACTERS_MAX: Final = 600
"""Such a text comes to its point at once."""
_ENDS: Final = frozenset(":\uff1a-\u2013\u2014|])\u3011>")
# An ISO date says the same everywhere; 04/05 does not.
_BACK: Final = re.compile(
    r"(?:until|till|through|return(?:ing)?(?: to the office)? on|back on|back in the office on"
    r"|bis(?: zum)?|wieder ab|jusqu'au|de retour le|hasta el|fino al|até|tot(?: en met)?|t/m"
    r"|do|до|til)[\s:]{1,3}(?:and including\s)?(\d{4})-(\d{2})-(\d{2})\b"
)


def has_prefix(subject: str) -> bool:
    """Tell whether a subject begins as a program's answer does: `Automatic reply: your order`.

    `subject` is in lower case. The words must be followed by the sign that parts them from the
    subject that is answered, or stand alone: a person may well write about an automatic reply.
    """
    for each in PREFIXES_BY_HEAD.get(subject[:3], ()):
        if subject.startswith(each):
            rest = subject[len(each) :].lstrip()
            if not rest or rest[0] in _ENDS or each[0] in "[(":
                return True
    return False


def is_named(signs: Signs) -> bool:
    """Tell whether a subject speaks of being away, as people's subjects may."""
    return has_prefix(signs.subject) or signs.speaks_of(SUBJECTS)


def opening(leaves: tuple[Part, ...]) -> str:
    """Return how the first text of a mail begins, in lower case on one line."""
    for each in leaves:
        if each.media_type in {"text/plain", "text/html"}:
            text = " ".join(words_of(each, _TEXT_BYTES_MAX).split())
            if text:
                return text[:_BODY_CHARACTERS_MAX].casefold().replace("\u2019", "'")
    return ""


def is_away(opened: str) -> bool:
    """Tell whether a text opens as that of somebody who is away."""
    return any(each in opened for each in BODIES)


def acknowledges(opened: str) -> bool:
    """Tell whether a text opens as the receipt of a request: nobody is away."""
    return not is_away(opened) and any(each in opened for each in ACKNOWLEDGEMENTS)


def back_on(opened: str) -> str:
    """Return the day of return as an ISO date where the text gives it as one, else nothing."""
    match = _BACK.search(opened)
    if match is None:
        return ""
    try:
        return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
    except ValueError:
        return ""
