"""Segments: whether a text message fills what one transmission holds, so that it may go on.

Twilio joins the parts of a long SMS (twilio.com/docs/glossary/what-sms-concatenation). What comes
as several messages all the same is cut by the sender's telephone or carrier: where the carrier
drops the header that tells the parts, and above ten parts. The cut is where a segment is full.
"""

from __future__ import annotations

from typing import Final

from maitred.contracts.segments import BODY_CHARACTERS_MAX, PARTS_MAX, room_of, taken

CONTINUES: Final = "continues"
"""The flag of a message that fills its segment: what comes next may be its other half."""


def fills_its_segment(body: str) -> bool:
    """Tell whether not one more character would have fitted beside `body`: into one part, or ten.

    One short of full counts too: a character that takes two is never cut in half, and a space at
    the end is often lost on the way.
    """
    room = room_of(body)
    used = taken(body, room)
    full = (*room, PARTS_MAX * room[0])
    return len(body) >= BODY_CHARACTERS_MAX or used in full or used + 1 in full
