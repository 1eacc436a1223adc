"""Segments: how much of a text one SMS holds, in the alphabet that the text needs.

GSM-7 holds 160 characters, or 153 beside the header that joins several parts to one message;
UCS-2 holds 70 code units, or 67 (3GPP TS 23.038, section 6.2.1, and TS 23.040, section
9.2.3.24.1).
"""

from __future__ import annotations

from typing import Final

BODY_CHARACTERS_MAX: Final = 1_600
"""No body at Twilio is longer (twilio.com/docs/api/errors/21617)."""
PARTS_MAX: Final = 10
_GSM_7: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_7_TWO: Final = frozenset("\f^{}\\[~]|€")
"""Characters of the extension table, which take an escape as well."""
_GSM_7_ROOM: Final = (153, 160)
_UCS_2_ROOM: Final = (67, 70)


def room_of(text: str) -> tuple[int, int]:
    """Return what one part holds in the alphabet that `text` needs: with a header, and without."""
    if all(character in _GSM_7 or character in _GSM_7_TWO for character in text):
        return _GSM_7_ROOM
    return _UCS_2_ROOM


def taken(text: str, room: tuple[int, int]) -> int:
    """Return how many places `text` takes in the alphabet that has this room."""
    if room == _GSM_7_ROOM:
        return len(text) + sum(character in _GSM_7_TWO for character in text)
    return len(text) + sum(ord(character) > 0xFFFF for character in text)  # noqa: PLR2004  (pairs)
