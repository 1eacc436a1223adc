"""Mobile: lines that phones and mail programs put below a mail ("Sent from my iPhone")."""

from __future__ import annotations

import re
from typing import Final

from maitred.normalizer.quotes.folding import fold, words_of
from maitred.normalizer.quotes.signature_words import (
    ADVERTS,
    DEVICES,
    EXCUSES,
    FROM_MOBILE,
    MINE,
    SENT,
    SENT_UNSPACED,
    SYSTEMS,
    WITH,
)

CHARACTERS_MAX: Final = 400
WORDS_MAX: Final = 12
"""How many words such a line has: "Sent from my BlackBerry 10 smartphone on the ... network."."""
SENTENCE_WORDS_MAX: Final = 14
"""The same for a whole sentence: "Diese Nachricht wurde von meinem Handy mit ... gesendet."."""
HEAD_WORDS: Final = 6
"""Within how many words it names the device, or says whose it is."""
SHORT_WORDS_MAX: Final = 5

_SENT: Final = words_of(SENT)
_SENT_UNSPACED: Final = tuple(sorted(words_of(SENT_UNSPACED)))
_WITH: Final = words_of(WITH)
_MINE: Final = words_of(MINE)
_DEVICE: Final = tuple(sorted(words_of(DEVICES)))
_STARTS: Final = tuple(sorted(words_of(FROM_MOBILE)))
_EXCUSES: Final = tuple(sorted(words_of(EXCUSES)))
_ADVERTS: Final = frozenset(
    advert.format(system) for advert in words_of(ADVERTS) for system in words_of(SYSTEMS)
)
_MARKUP: Final = re.compile(
    r"<?(?:https?|mailto):[^\s<>()\[\]]{1,300}>?|[\[\]<>()«»*_\"\u201c\u201d\u201e]"
)
_CLAUSE: Final = re.compile(r"[.,!;] | [-\u2013] ")


def is_mobile(body: str) -> bool:
    """Whether the line is a program's own, as far as the line alone can tell."""
    if len(body) > CHARACTERS_MAX:
        return False
    plain = fold(_MARKUP.sub(" ", body)) if body else ""
    words = plain.split(" ")
    if len(words) > SENTENCE_WORDS_MAX:
        return False
    if not plain.isascii() and _is_unspaced(plain):
        return True
    if len(words) < 2:  # noqa: PLR2004  (one word sends nothing)
        return False
    if plain.replace(",", "").rstrip(". ") in _ADVERTS:
        return True
    return _is_sent(plain, words)


def _is_sent(plain: str, words: list[str]) -> bool:
    """Whether it says what it was sent from, and nothing else but an excuse."""
    if not _starts(plain, words):
        return False
    clause = _CLAUSE.search(plain)
    if clause is not None and not plain.startswith(_EXCUSES, clause.end()):
        return False
    head = words[:HEAD_WORDS]
    return _names_device(" ".join(head)) or not _MINE.isdisjoint(head)


def _starts(plain: str, words: list[str]) -> bool:
    """Whether the line starts as such lines do: "Sent from", "Lähetetty iPhonesta"."""
    second = words[1].strip("'\u2019-")
    if words[0] in _SENT:
        clause = _CLAUSE.search(plain)
        count = len(plain[: clause.start()].split()) if clause else len(words)
        return count <= WORDS_MAX and (second in _WITH or _names_device(second))
    if words[-1].rstrip(".") in _SENT:
        return plain.startswith(_STARTS) or _names_device(words[0])
    if len(words) <= SHORT_WORDS_MAX and plain.endswith("from mobile"):
        return True
    is_short = len(words) <= SHORT_WORDS_MAX or not _SENT.isdisjoint(words)
    return is_short and plain.startswith(_STARTS)


def _names_device(words: str) -> bool:
    return any(part in words for part in _DEVICE)


def _is_unspaced(plain: str) -> bool:
    return any(part in plain for part in _SENT_UNSPACED) and _names_device(plain)
