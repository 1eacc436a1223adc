"""The base of a subject: what is left without prefixes, list tags and ticket numbers.

After RFC 5256, section 2.1 (base subject), with the prefixes of all languages and the tags of help
desks, and without regard to case and white space.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from maitred.contracts.limits import SUBJECT_CHARACTERS_MAX
from maitred.normalizer.email.subject_words import (
    AUTOMATIC_WORDS,
    FORWARD_WORDS,
    GENERIC_SUBJECTS,
    REPLY_WORDS,
)

LAYERS_MAX: Final = 60
_PREFIX_CHARACTERS_MAX: Final = 40
_TAG_CHARACTERS_MAX: Final = 60
_COUNTER: Final = re.compile(r"[ ]?(?:\[\d{1,4}\]|\(\d{1,4}\)|[\^*]?\d{1,4})\Z")
_NUMBER_SIGN: Final = re.compile(r"(?:ticket|case|request|anfrage|vorgang)?[ ]?#[ ]?\d{1,14}")
_FORWARD_MARK: Final = "(fwd)"
_DIGITS_TELLING: Final = 3
_LETTERS_TELLING: Final = 10
_WORDS_TELLING: Final = 2
_FIRST_IDEOGRAPH: Final = "\u2e80"
"""The first of the scripts of East Asia: a character there says as much as three letters."""
_IDEOGRAPH_WEIGHT: Final = 3


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject taken apart.

    `base` is in lower case and may be empty, `is_reply` tells of an answer's prefix, `layers`
    counts the prefixes and tags that were taken off.
    """

    base: str
    is_reply: bool
    layers: int

    @property
    def is_telling(self) -> bool:
        """Whether two mails with this base are likely about one matter.

        A number is: an order, an invoice. Else it needs some words that not everybody writes.
        """
        base = self.base
        if sum(map(str.isdecimal, base)) >= _DIGITS_TELLING:
            return True
        dense = 0
        if not base.isascii():
            dense = sum(each.isalpha() and each >= _FIRST_IDEOGRAPH for each in base)
        letters = sum(map(str.isalpha, base))
        return (
            letters + (_IDEOGRAPH_WEIGHT - 1) * dense >= _LETTERS_TELLING
            and (dense > 0 or len(base.split()) >= _WORDS_TELLING)
            and base.strip(" .!?…") not in GENERIC_SUBJECTS
        )


def read(subject: str) -> Subject:
    """Take a decoded subject apart."""
    folded = unicodedata.normalize("NFKC", subject[:SUBJECT_CHARACTERS_MAX]).casefold()
    text = " ".join(folded.split())[:SUBJECT_CHARACTERS_MAX].rstrip()
    is_reply = False
    layers = 0
    while layers < LAYERS_MAX:
        shorter, replies = _without_prefix(text)
        if shorter is None:
            shorter = _without_tag(text)
        if shorter is None:
            break
        text = shorter
        is_reply = is_reply or replies
        layers += 1
    return Subject(base=text, is_reply=is_reply, layers=layers)


def _without_prefix(text: str) -> tuple[str | None, bool]:
    """Take one prefix off, as `re:`, `aw[2]:`, `réf :`; tell whether it is an answer's."""
    at = text.find(":", 0, _PREFIX_CHARACTERS_MAX)
    if at < 0:
        return None, False
    word = _COUNTER.sub("", text[:at].strip()).strip(" .")
    is_reply = word in REPLY_WORDS or word in AUTOMATIC_WORDS
    if not is_reply and word not in FORWARD_WORDS:
        return None, False
    return text[at + 1 :].strip(), is_reply


def _without_tag(text: str) -> str | None:
    """Take one tag off: `[list]` in front, `[#17]`, `(ticket #17)` or `(fwd)` at either end."""
    if text.startswith("["):
        end = text.find("]", 0, _TAG_CHARACTERS_MAX)
        if end > 0:
            return text[end + 1 :].strip()
    if text.endswith(_FORWARD_MARK):
        return text.removesuffix(_FORWARD_MARK).strip()
    if "#" not in text:
        return None
    for opening, closing in ("[]", "()"):
        start = text.rfind(opening, max(0, len(text) - _TAG_CHARACTERS_MAX))
        if (
            text.endswith(closing)
            and start >= 0
            and _NUMBER_SIGN.fullmatch(text[start + 1 : -1].strip())
        ):
            return text[:start].strip()
    found = _NUMBER_SIGN.match(text)
    if found is not None and found.end() < len(text):
        return text[found.end() :].lstrip(" -\u2013:|").strip()
    return None
