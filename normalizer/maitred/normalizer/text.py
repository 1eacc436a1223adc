"""Text as readers may have it: composed, free of what cannot be seen, encodable, and bounded.

What a person does not see must not reach the reader either, least of all an AI agent: it reads
instructions that somebody hid in invisible characters. What scripts and emoji need stays, and
so do look-alikes of letters: they are words, if strange ones.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

from maitred.contracts.limits import MESSAGE_TEXT_BYTES_MAX

CONTROL_REMOVED: Final = "control_removed"
BIDI_REMOVED: Final = "bidi_removed"
INVISIBLE_REMOVED: Final = "invisible_removed"
TAGS_REMOVED: Final = "tags_removed"
TEXT_CUT: Final = "text_cut"

_LINE_ENDS: Final = re.compile("[\r\v\f\x85\u2028\u2029]")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
# Unicode, section 23.7: code points that never are characters.
_NO_CHARACTERS: Final = re.compile(
    "[\ufdd0-\ufdef"
    + "".join(
        chr(plane * 0x10000 + 0xFFFE) + "-" + chr(plane * 0x10000 + 0xFFFF) for plane in range(17)
    )
    + "]"
)
_CONTROLS: Final = "\x00-\x08\x0e-\x1f\x7f-\x9f"
# Explicit embeddings, overrides and isolates (UAX #9, section 2): they can make a line read other
# than it is stored. The implicit marks U+200E, U+200F and U+061C change nothing of that sort.
_BIDI: Final = "\u202a-\u202e\u2066-\u2069"
# Default ignorable characters (UAX #44) that show nothing, wherever they stand. A Hangul filler
# stays where it holds a place in a syllable of jamo, U+180E between letters of Mongolian.
_INVISIBLE: Final = (
    "\u00ad\u034f\u115f\u1160\u180e\u200b\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
)
_HOLDS_A_PLACE: Final = (
    "(?<=\u115f)(?=[\u1161-\u11ff])|(?<=[\u1100-\u115e]\u1160)"
    "|(?<=[\u1800-\u180d\u180f-\u18af]\u180e)"
)
# Tag characters spell ASCII that nobody sees. Only the flag of a subdivision is made of them
# (UTS #51, ED-14a): a black flag, a country, a part of it, and the cancel tag.
_TAGS: Final = "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
_FLAG: Final = (
    "\U0001f3f4[\U000e0061-\U000e007a]{2}[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,4}"
    "\U000e007f"
)
_EMOJI: Final = (
    "\u2190-\u21ff\u231a-\u2328\u23cf-\u23fa\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
)
# Scripts whose letters join or stack: Arabic to NKo, Mandaic to Myanmar, Khmer, Mongolian, Balinese
# to Vedic, Indic and South East Asian extensions, Arabic forms, and those of the first plane.
_JOINING: Final = (
    "\u0600-\u07ff\u0840-\u109f\u1780-\u18af\u1a00-\u1cff\ua800-\uabff\ufb50-\ufdcf\ufe70-\ufefc"
    "\U00010a00-\U00011fff\U0001e900-\U0001e95f"
)
# A joiner has a meaning behind a letter of these scripts (IDNA's CONTEXTJ, RFC 5892, A.1 and A.2)
# and between emoji (UTS #51, ED-16); elsewhere it only takes words apart.
_JOINERS: Final = "\u200c\u200d"
_JOINS: Final = (
    f"(?<=[{_JOINING}].)|(?:(?<=[{_EMOJI}]\u200d)|(?<=[{_EMOJI}]\ufe0f\u200d))(?=[{_EMOJI}])"
)
# A variation selector chooses a form of the character before it. Behind another one, behind a blank
# or behind ASCII that is no keycap there is no form to choose (StandardizedVariants.txt, UTS #51):
# runs of them carry hidden bytes. The last three in the class become ASCII in NFC.
_SELECTORS: Final = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_FORMLESS: Final = "\\s\x00-\x22\x24-\x29\x2b-\x2f\x3a-\x7f\u037e\u1fef\u212a"
_SELECTS: Final = f"(?<=[^{_FORMLESS}{_SELECTORS}].)"
_DEPENDENT: Final = re.compile(f"[{_JOINERS}{_SELECTORS}]")
# What `str.isprintable` lets pass and is removed all the same, or may be.
_PRINTABLE: Final = re.compile(f"[\u034f\u115f\u1160\u3164\uffa0{_SELECTORS}]")
_UNPRINTABLE_KEPT: Final = "\n\t\u00a0\u202f\u3000"
"""What most texts have of what it does not let pass and is not removed."""
# The ideographic space U+3000 stays: it is as wide as what it stands between.
_BLANKS: Final = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f]")


def scrub(text: str) -> tuple[str, tuple[str, ...]]:
    r"""Return `text` with line ends as `\n`, without what cannot be seen, and flags.

    Removed and flagged are controls, bidi overrides, invisible characters, joiners and variation
    selectors where they join and select nothing, and tag characters outside of a flag. Lone
    surrogates and noncharacters become U+FFFD, so the result can always be encoded. Nothing is
    composed and no blank replaced: this is for markup, where composing could swallow the end of
    a tag.
    """
    result = text.replace("\r\n", "\n") if "\r" in text else text
    if _is_plain(result):
        return result, ()
    seen = "".join(set(result))
    if _SURROGATES.search(seen):
        # Two halves of a pair, as some JSON has them, are the character that they make.
        result = result.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        seen = "".join(set(result))
    if _LINE_ENDS.search(seen):
        result = _LINE_ENDS.sub("\n", result)
    if _NO_CHARACTERS.search(seen):
        result = _NO_CHARACTERS.sub("\ufffd", result)
    flags: dict[str, None] = {}
    for each in _REMOVED:
        if each.characters.search(seen):
            shorter = each.pattern.sub(each.kept, result)
            if len(shorter) != len(result):
                flags[each.flag] = None
                result = shorter
    return result, tuple(flags)


def clean(text: str) -> tuple[str, tuple[str, ...]]:
    """Return `text` scrubbed, in NFC, with plain blanks, without blank lines around it; and flags.

    Cleaning what is clean changes nothing.
    """
    result, flags = scrub(text)
    if not result.isascii():
        composed = unicodedata.normalize("NFC", _BLANKS.sub(" ", result))
        if composed != result:
            result, moved = scrub(composed)
            if moved:
                # Composing moved marks about, so that a joiner lost its letter. No script is
                # written so; all that depends on a neighbour goes, and nothing can move again.
                result = unicodedata.normalize("NFC", _DEPENDENT.sub("", result))
                flags = tuple(dict.fromkeys(flags + moved))
    return result.strip("\n").rstrip(), flags


def line(text: str, characters_max: int) -> str:
    """Return `text` as one clean line of at most `characters_max` characters."""
    start = text[: 4 * characters_max]
    if not (start.isascii() and start.isprintable()):
        start = clean(start)[0]
    return " ".join(start.split())[:characters_max]


def cut(text: str, bytes_max: int = MESSAGE_TEXT_BYTES_MAX) -> tuple[str, bool]:
    """Return the longest start of `text` that fits into `bytes_max` of UTF-8, and if it is cut."""
    if len(text) * 4 <= bytes_max:
        return text, False
    data = text.encode()
    if len(data) <= bytes_max:
        return text, False
    return data[:bytes_max].decode(errors="ignore"), True


class _Removal(NamedTuple):
    """What is removed where one of some characters is seen; a pattern may keep a group."""

    characters: re.Pattern[str]
    pattern: re.Pattern[str]
    flag: str
    kept: str = ""


def _removal(characters: str, flag: str, unless: str = "") -> _Removal:
    """Return how characters are removed; `unless` looks to both sides of the end of each.

    A pattern that begins with a class is searched for at the speed of C.
    """
    every = f"[{characters}]"
    return _Removal(
        re.compile(every), re.compile(f"{every}(?!{unless})" if unless else every), flag
    )


# In this order what one leaves never is what another one removes.
_REMOVED: Final = (
    _removal(_CONTROLS, CONTROL_REMOVED),
    _removal(_BIDI, BIDI_REMOVED),
    _removal(_INVISIBLE, INVISIBLE_REMOVED, _HOLDS_A_PLACE),
    _Removal(
        re.compile(f"[{_TAGS}]"), re.compile(f"({_FLAG})|[{_TAGS}]+"), TAGS_REMOVED, kept=r"\1"
    ),
    _removal(_JOINERS, INVISIBLE_REMOVED, _JOINS),
    _removal(_SELECTORS, INVISIBLE_REMOVED, _SELECTS),
)


def _is_plain(text: str) -> bool:
    """Tell at the speed of C that there is nothing to remove; most texts end here."""
    if text.isascii():
        return text.replace("\n", "").replace("\t", "").isprintable()
    visible = text
    for kept in _UNPRINTABLE_KEPT:
        visible = visible.replace(kept, "")
    return visible.isprintable() and _PRINTABLE.search(visible) is None
