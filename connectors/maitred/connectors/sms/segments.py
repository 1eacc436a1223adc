"""Segments of what goes out: how many transmissions a text takes, and a text that takes fewer.

3GPP TS 23.040, section 9.2.3.24.1, and twilio.com/docs/glossary/what-sms-concatenation.
"""

from __future__ import annotations

from typing import Final

from maitred.contracts.segments import room_of, taken

_IN_GSM_7: Final = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\u00b4`", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2039", "<"),
        **dict.fromkeys("\u203a", ">"),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u2022\u00b7\u2219", "*"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\t", " "),
        **dict.fromkeys("\u200b\u2060\ufeff\u00ad", ""),
        "\u2026": "...",
        "\u2044": "/",
    }
)
"""Typography for which the alphabet of telephones has a sign that says the same."""


def segments(text: str) -> int:
    """Return how many segments `text` is sent in.

    A character that takes two places (of the extension table, or a surrogate pair) never stands
    half in one segment and half in the next.
    """
    room = room_of(text)
    joined, alone = room
    if taken(text, room) <= alone:
        return 1
    count, used = 1, 0
    for character in text:
        places = taken(character, room)
        if used + places > joined:
            count, used = count + 1, 0
        used += places
    return count


def smart(text: str) -> str:
    """Return `text` with plain quotation marks, dashes and spaces, if it then takes fewer segments.

    Otherwise nothing would be won, and it stays as it was written. Twilio's own Smart Encoding
    does it always (twilio.com/docs/messaging/services, Smart Encoding).
    """
    plain = text.translate(_IN_GSM_7)
    return plain if segments(plain) < segments(text) else text
