"""Mobile: lines that phones and mail programs put below a mail ("Sent from my iPhone")."""

from __future__ import annotations

import re
from typing import Final

from maitred.normalizer.quotes.folding import alternatives, fold, words_of
from maitred.normalizer.quotes.signature_words import (
    ADVERTISED,
    ADVERTS,
    DEVICES,
    DEVICES_COMMON,
    EXCUSES,
    FROM_MOBILE,
    MINE,
    SENT,
    SENT_UNSPACED,
    SYSTEMS,
    WITH,
)

CHARACTERS_MAX: Final = 400
WORDS_MIN: Final = 2
"""One word sends nothing; of "Sent using https://..." two are left without the address."""
WORDS_MAX: Final = 12
"""How many words such a line has: "Sent from my BlackBerry 10 smartphone on the ... network."."""
SENTENCE_WORDS_MAX: Final = 14
"""The same for a whole sentence: "Diese Nachricht wurde von meinem Handy mit ... gesendet."."""
HEAD_WORDS: Final = 8
"""Within how many words it names the device."""
SHORT_WORDS_MAX: Final = 7
"""How many words it has where it names none, or by a word that may mean something else."""
DEVICE_WORDS_MAX: Final = 5
MINE_WORDS_MAX: Final = 4
"""How many words it has where all that it says is whose it is: "Sent from my Desire"."""

_SENT: Final = words_of(SENT)
_SENT_UNSPACED: Final = tuple(sorted(words_of(SENT_UNSPACED)))
_WITH: Final = words_of(WITH)
_MINE: Final = words_of(MINE)
_DEVICE: Final = tuple(f" {part}" for part in sorted(words_of(DEVICES)))
_COMMON: Final = tuple(f" {part}" for part in sorted(words_of(DEVICES_COMMON)))
_DEVICE_UNSPACED: Final = tuple(sorted(words_of(DEVICES, DEVICES_COMMON)))
_DEVICE_ENDS: Final = ("phone", "device", "tablet")
_STARTS: Final = tuple(sorted(words_of(FROM_MOBILE)))
_EXCUSES: Final = tuple(sorted(words_of(EXCUSES)))
_ADVERTS: Final = frozenset(
    advert.format(system) for advert in words_of(ADVERTS) for system in words_of(SYSTEMS)
)
_ADVERTISED: Final = re.compile(alternatives(words_of(ADVERTISED)))
_FROM: Final = ("dan", "den")
"""Endings of Turkish words that say where something comes from."""
_FIRST_WORDS: Final = frozenset(
    phrase.partition(" ")[0].rstrip(",.:") for phrase in (*_SENT, *_STARTS, *_ADVERTS)
)
_LAST_WORDS: Final = _SENT | {"mobile"}
_OPENS: Final = ' \t[(<*_"\u00ab\u201c\u201e'
_CLOSES: Final = ' \t])>*_"\u00bb\u201c\u201d,.:!'
_MARKUP: Final = re.compile(
    r"<?(?:https?|mailto):[^\s<>()\[\]]{1,300}>?|[\[\]<>()«»*_\"\u201c\u201d\u201e]"
)
_CLAUSE: Final = re.compile(r"[.,!;] | [-\u2013] ")


def is_mobile(body: str) -> bool:
    """Whether the line is a program's own, as far as the line alone can tell."""
    if not body or len(body) > CHARACTERS_MAX or not _may_be(body.casefold()):
        return False
    plain = fold(_MARKUP.sub(" ", body))
    words = plain.split(" ")
    if len(words) > SENTENCE_WORDS_MAX:
        return False
    if not plain.isascii() and _is_unspaced(plain):
        return True
    if len(words) < WORDS_MIN:
        return False
    if _ADVERTISED.sub("outlook", plain.replace(",", "").rstrip(". ")) in _ADVERTS:
        return True
    if words[0] in _SENT:
        return _sends_first(plain, words) or (len(words) == WORDS_MIN and "http" in body)
    return _sends_last(plain, words)


def _may_be(folded: str) -> bool:
    """Whether it is worth a closer look: it starts or ends with a word that such lines do."""
    if folded.lstrip(_OPENS).partition(" ")[0].rstrip(_CLOSES) in _FIRST_WORDS:
        return True
    if folded.rpartition(" ")[2].rstrip(_CLOSES) in _LAST_WORDS or "http" in folded:
        return True
    return not folded.isascii() and any(part in folded for part in _SENT_UNSPACED)


def _sends_first(plain: str, words: list[str]) -> bool:
    """Whether it says "sent", with what, and nothing else but an excuse."""
    clause = _CLAUSE.search(plain)
    if clause is None:
        count = len(words)
    else:
        count = len(plain[: clause.start()].split())
        rest = plain[clause.end() :]
        if not rest.startswith(_EXCUSES) and not _is_device(rest):
            return False
    second = words[1].strip("'\u2019-")
    is_with = second in _WITH or " ".join(words[1:3]) in _WITH
    if count > WORDS_MAX or not (is_with or _names(second, _DEVICE)):
        return plain.startswith(_STARTS) and count <= SHORT_WORDS_MAX
    head = " ".join(words[1:HEAD_WORDS])
    if _names(head, _DEVICE):
        return True
    is_mine = count <= MINE_WORDS_MAX and not _MINE.isdisjoint(words[2:])
    return is_mine or (count <= SHORT_WORDS_MAX and _names(head, _COMMON))


def _sends_last(plain: str, words: list[str]) -> bool:
    """Whether it says with what it was sent, and then "sent", or leaves that out."""
    names = _names(plain, _DEVICE) or _names(plain, _COMMON)
    if words[-1].rstrip(".") in _SENT:
        return names and (plain.startswith(_STARTS) or words[-2].endswith(_FROM))
    is_short = len(words) <= SHORT_WORDS_MAX or not _SENT.isdisjoint(words)
    clause = _CLAUSE.search(plain)
    if clause is not None and not plain.startswith(_EXCUSES, clause.end()):
        return False
    if names and is_short and plain.startswith(_STARTS):
        return True
    return len(words) <= MINE_WORDS_MAX and plain.endswith("from mobile")


def _is_device(rest: str) -> bool:
    """Whether what follows a comma only goes on naming the device."""
    return len(rest.split()) <= DEVICE_WORDS_MAX and rest.rstrip(". ").endswith(_DEVICE_ENDS)


def _names(words: str, devices: tuple[str, ...]) -> bool:
    """Whether one of the words starts like the name of a device."""
    apart = f" {words} {words.replace('-', ' ')}"
    return any(part in apart for part in devices)


def _is_unspaced(plain: str) -> bool:
    return any(part in plain for part in _SENT_UNSPACED) and any(
        part in plain for part in _DEVICE_UNSPACED
    )
