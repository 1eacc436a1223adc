"""Attribution: the line that introduces a quote, "On <date>, <name> <address> wrote:".

No grammar of one language, but what all have in common: a date, a person, a word for wrote, and a
colon, in any order, over up to `LINES_MAX` lines. The fewer of these a line has, the more must
speak for it: a quote with marks below it, or an opening word of its language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Final

from maitred.normalizer.quotes.attribution_words import (
    FIRST_PERSON,
    OPENERS,
    OPENERS_UNSPACED,
    PARTICLES,
    QUOTING,
    SAID,
    WROTE,
    WROTE_UNSPACED,
    YOURS,
)
from maitred.normalizer.quotes.folding import COLONS, alternatives, words_of
from maitred.normalizer.quotes.lines import Line

LINES_MAX: Final = 6
"""Over how many lines an introduction may run (Gmail's text wraps at 78, and once at each `<`)."""
CHARACTERS_MAX: Final = 400
NAME_WORDS_MAX: Final = 9
LEAD_WORDS_MAX: Final = 6
"""Words before the day's number: "Il giorno mercoledì 3", "Pada hari Selasa, tanggal 3"."""
DAY_TO_YEAR_MAX: Final = 24
"""Characters between the day's number and year or time: "3 de septiembre de 2025"."""
PERSON_WORDS_MAX: Final = 5
CLOSE_WORDS_MAX: Final = 2
"""The same where no opening word is known: "понедельник, 6", "søn. 30"."""


class Trust(IntEnum):
    """How surely words introduce a quote."""

    NONE = 0
    MARKED = 1
    """Only where lines with quote marks follow."""
    PART = 2
    """Words that end one, but whose beginning must stand further up."""
    WHOLE = 3
    """From a name or an address on; a date may stand before it."""
    DATED = 4
    """From its date on; nothing stands before it but an opening word."""
    OPENED = 5
    """From its opening word on."""


_OPENERS: Final = words_of(*OPENERS.values())
_OPENERS_UNSPACED: Final = tuple(sorted(words_of(OPENERS_UNSPACED)))
_PARTICLES: Final = words_of(PARTICLES)
_FIRST_PERSON: Final = words_of(FIRST_PERSON)
_YOURS: Final = words_of(YOURS)
_SAID: Final = words_of(SAID)
_SPACED: Final = words_of(*WROTE.values()) | _SAID
_UNSPACED: Final = tuple(sorted(words_of(*WROTE_UNSPACED.values())))
_LAST_WORDS: Final = frozenset(
    last.strip(".,:;-()") for word in _SPACED for last in (word.rpartition(" ")[2],)
) | frozenset(word.rpartition(" ")[2] for word in _SPACED)
_QUOTING: Final = tuple(sorted(words_of(QUOTING)))
_PUNCTUATION: Final = str.maketrans(dict.fromkeys(f".,;{COLONS}*-", " "))
_VERB: Final = re.compile(rf"(?<!\w)(?:{alternatives(_SPACED)})(?!\w)|{alternatives(_UNSPACED)}")
_QUOTES: Final = re.compile(rf"(?:{alternatives(_QUOTING)})(?!\w)")
_DAY: Final = re.compile(
    r"(?<!\d)(?:\d{4}|\d{1,2} ?[./-] ?\d{1,2} ?[./-] ?\d{2})(?!\d)|\d ?[年년月월]"
)
_CLOCK: Final = re.compile(r"(?<!\d)\d{1,2} ?(?:[:.h時时点點] ?\d{2}|시)(?!\d)")
_ADDRESS: Final = re.compile(r"[^\s<>()\[\]\"]@[^\s<>()\[\]\"]|@[\w-]{1,63}\.\w")
_BEFORE_ADDRESS: Final = re.compile(r"[^\n]*[\s<(]")
_ENDS_IN_ADDRESS: Final = re.compile(r"@[^\s@]{1,120}[>)\]\"]{0,3}[ ]?:$")
_ISO_NAME: Final = re.compile(
    r"\d{4}[-/]\d{1,2}[-/]\d{1,2}(?: \d{1,2}:\d{2}(?: GMT[+-]\d{1,2}:?\d{2})?)? \D{1,80}(?<!<)$"
)
_ENDS: Final = f"{COLONS}-*>"
_TRIMMED: Final = " \t*_-\u2010\u2013\u2014"
_COLONS: Final = tuple(COLONS)
_BEHIND_VERB: Final = f" .,){COLONS}"
"""What may stand behind the word for wrote where it is the last one."""
_FIRST_DIGIT: Final = re.compile(r"[^\d@<]*+")
_SENTENCE: Final = re.compile(r"[!?]|[^\W\d_]{5}\. ")


def start_of(lines: Sequence[Line], end: int, *, marked: bool) -> int | None:
    """Return the number of the line on which the introduction starts that ends with line `end`.

    None if there is none. `marked` tells that lines with quote marks follow.
    """
    found: int | None = None
    best = Trust.NONE
    for start, words in _joined(lines, end):
        trust = _trust(words, marked=marked)
        if trust < Trust.DATED and any(line.is_blank for line in lines[start:end]):
            continue
        if trust > best and trust is not Trust.PART:
            found, best = start, trust
        if trust is Trust.OPENED or (best >= Trust.DATED and trust < best):
            break
    return found if best > Trust.MARKED or (marked and best is Trust.MARKED) else None


def may_end(lines: Sequence[Line], end: int) -> bool:
    """Whether a line that ends like one is worth a closer look.

    A person or a word for wrote stands on it, or on the lines above.
    """
    if lines[end].body.startswith("20"):
        return True
    for number in range(end, max(end - LINES_MAX, -1), -1):
        body = lines[number].body
        if "@" in body or _has_verb(body):
            return True
    return False


def ends(body: str) -> bool:
    """Whether the last characters of a line, which has some, may be those of an introduction."""
    if body[-1] in _ENDS or (body[:2] == "20" and body[2:4].isdigit()):
        return True
    return _ends_in_verb(body[body.rfind(" ") + 1 :].casefold())


def _ends_in_verb(last: str) -> bool:
    return last.rstrip(_BEHIND_VERB) in _LAST_WORDS or (
        not last.isascii() and last.endswith(_UNSPACED)
    )


def _has_verb(body: str) -> bool:
    folded = body.casefold()
    words = folded.translate(_PUNCTUATION).split()
    if not _LAST_WORDS.isdisjoint(words) or folded.startswith(_QUOTING):
        return True
    return not folded.isascii() and any(word in folded for word in _UNSPACED)


def is_between_marks(line: Line) -> bool:
    """Whether it is GroupWise's ">>> <name> <address> <date> >>>"."""
    return line.body.endswith(">>>") and _DAY.search(line.body) is not None


def is_whole(bodies: Sequence[str]) -> bool:
    """Whether the words, line by line, start with an introduction and are nothing else."""
    return _trust(" ".join(bodies), marked=True) >= Trust.WHOLE


def starts_quote(bodies: Sequence[str]) -> bool:
    """Whether an introduction stands at the start of quoted lines."""
    return any(is_whole(bodies[:count]) for count in range(1, min(len(bodies), LINES_MAX) + 1))


def _joined(lines: Sequence[Line], end: int) -> Iterator[tuple[int, str]]:
    """Yield start and words of the lines up to `end`: the last one, the last two, and so on.

    A blank line ends it, except above one that starts with an address: some programs wrap that.
    """
    words = ""
    for start in range(end, max(end - LINES_MAX, -1), -1):
        line = lines[start]
        if line.is_blank:
            if not words.startswith("<"):
                return
            continue
        if line.depth and start != end:
            return
        words = f"{line.body} {words}" if words else line.body
        if len(words) > CHARACTERS_MAX or not line.body:
            return
        yield start, words


def _trust(words: str, *, marked: bool) -> Trust:
    """Return how surely these words, on one line, are a whole introduction."""
    plain = words.strip(_TRIMMED)
    if words.startswith(("<", ">")) or plain.count(">") > plain.count("<") + words.count("&lt;"):
        return Trust.PART
    folded = plain.casefold()
    colon = plain.endswith(_COLONS) or _is_drawn(words)
    if not colon and not _ends_in_verb(folded[folded.rfind(" ") + 1 :]):
        return _unfinished(plain, marked=marked)
    verb = _last(_VERB, folded)
    day = _DAY.search(plain)
    clock = _CLOCK.search(plain)
    address = _ADDRESS.search(plain)
    if verb is None:
        dated = _without_verb(plain, day, clock, address, marked=marked)
        return dated or _quoting(plain, address, marked=marked)
    return _with_verb(words, verb, (day, clock, address), marked=marked)


def _with_verb(
    words: str,
    verb: re.Match[str],
    found: tuple[re.Match[str] | None, re.Match[str] | None, re.Match[str] | None],
    *,
    marked: bool,
) -> Trust:
    """Judge words in which a word for wrote, and perhaps day, time and address were found."""
    day, clock, address = found
    plain = words.strip(_TRIMMED)
    folded = verb.string
    colon = plain.endswith(_COLONS) or _is_drawn(words)
    if _is_told(folded, verb) and not marked:
        return Trust.NONE
    if not colon and not (address and day) and not marked:
        return Trust.NONE
    lead = _lead(folded, day, clock)
    named = _is_name(plain.split()[: len(folded[: verb.start()].split())])
    if verb[0] in _SAID:
        return lead if lead and None not in found else Trust.NONE
    if _is_drawn(words) and named:
        return Trust.WHOLE
    if address is not None:
        return lead or _with_address(plain, folded, verb, address, marked=marked)
    if day is not None and lead and (clock is not None or marked):
        return lead
    if named and day is not None and clock is not None:
        return Trust.WHOLE
    return Trust.MARKED if marked and (named or day is not None) else Trust.NONE


def _is_drawn(words: str) -> bool:
    """Whether dashes stand around, as in "---- Jo Doe wrote ----"."""
    return words.startswith("--") and words.endswith("--")


def _is_name(words: Sequence[str], *, strange_max: int = 0) -> bool:
    """Whether these may be a person's name, not a piece of a sentence ("As you wrote:").

    Names have capitals, but for small words of their own, `strange_max` others, and the one word
    that somebody may call himself.
    """
    names = [word for word in words if word not in _PARTICLES and word[0].isalpha()]
    if not 0 < len(names) <= PERSON_WORDS_MAX:
        return False
    strange = sum(name[0].islower() for name in names)
    return strange <= strange_max or len(names) == 1


def _with_address(
    plain: str, folded: str, verb: re.Match[str], address: re.Match[str], *, marked: bool
) -> Trust:
    """Judge "<name> <address> wrote:", and with the verb first."""
    if _QUOTES.match(folded):
        return Trust.OPENED
    start = _BEFORE_ADDRESS.match(plain, 0, address.start() + 1)
    name = (start[0] if start else "").split()
    if verb.start() < address.start():
        name = name[len(folded[: verb.end()].split()) :]
    if marked:
        return Trust.WHOLE if len(name) <= NAME_WORDS_MAX else Trust.NONE
    return Trust.WHOLE if not name or _is_name(name) else Trust.NONE


def _without_verb(
    plain: str,
    day: re.Match[str] | None,
    clock: re.Match[str] | None,
    address: re.Match[str] | None,
    *,
    marked: bool,
) -> Trust:
    """Judge "<date>, <name> <address>:", as Gmail, Yandex and Tutanota write."""
    if address is None or not _ENDS_IN_ADDRESS.search(plain):
        return Trust.NONE
    date = max((match.end() for match in (day, clock) if match is not None), default=0)
    start = _BEFORE_ADDRESS.match(plain, date, address.start() + 1)
    name = [word.strip("\"',;") or "-" for word in (start[0] if start else "").split()]
    if not all(word in _PARTICLES or not word[0].isalpha() for word in name) and not _is_name(
        name, strange_max=PERSON_WORDS_MAX if marked else 1
    ):
        return Trust.NONE
    return _lead(plain.casefold(), day, clock)


def _quoting(plain: str, address: re.Match[str] | None, *, marked: bool) -> Trust:
    """Judge "Quoting <name> <address>:", as Horde writes."""
    if (address is not None or marked) and _QUOTES.match(plain.casefold()):
        return Trust.OPENED
    return Trust.NONE


def _unfinished(plain: str, *, marked: bool) -> Trust:
    """Judge "<date> <name>", as Gmail wrote it for some years, where no colon or verb ends it."""
    if _ISO_NAME.match(plain) and ("GMT" in plain or (marked and "@" in plain)):
        return Trust.DATED
    return Trust.NONE


def _lead(folded: str, day: re.Match[str] | None, clock: re.Match[str] | None) -> Trust:
    """Return how surely the words start with the date that was found in them.

    The day comes first, whatever the language, and before it at most an opening word and the
    day's name.
    """
    date = min((match.start() for match in (day, clock) if match is not None), default=-1)
    if date < 0:
        return Trust.NONE
    first = _FIRST_DIGIT.match(folded)
    before = first[0] if first else ""
    if folded[len(before) : len(before) + 1] in {"@", "<"}:
        return Trust.NONE
    if date - len(before) > DAY_TO_YEAR_MAX or _SENTENCE.search(before):
        return Trust.NONE
    names = [word.strip(",.:;()") for word in before.split()]
    if not _FIRST_PERSON.isdisjoint(names):
        return Trust.NONE
    if (
        names
        and len(names) <= LEAD_WORDS_MAX
        and (names[0] in _OPENERS or before.startswith(_OPENERS_UNSPACED))
    ):
        return Trust.OPENED if day is not None else Trust.DATED
    return Trust.DATED if len(names) <= CLOSE_WORDS_MAX else Trust.NONE


def _is_told(folded: str, verb: re.Match[str]) -> bool:
    """Whether somebody tells of a mail, his own or another's."""
    if not _YOURS.isdisjoint(folded.split()):
        return True
    before = folded[: verb.start()].split()[-1:]
    after = folded[verb.end() :].split()[:1]
    return any(word.strip(",.:") in _FIRST_PERSON for word in (*before, *after))


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Return the last match: a name may hold a word that means wrote in another language."""
    return max(pattern.finditer(text), key=lambda match: match.start(), default=None)
