"""Amounts of money, with their currency."""


# ruff: noqa: RUF001  (letters of many scripts look alike, and each is meant)

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final, NamedTuple

from maitred.contracts.message import Entity, EntityKind
from maitred.normalizer.entities.currencies import (
    CODES,
    EASTERN,
    NAMES,
    PREFIXED,
    QUALIFIED,
    SIGNS,
    THREE_PLACES,
    WORDS_TOO,
    meant,
)
from maitred.normalizer.entities.sought import Sought
from maitred.normalizer.entities.words import fold

# No digit may follow, nor a mark with a digit: that is a version, a date or a section.
_REST: Final = r"(?![0-9]|[.,][0-9])"
_NUMBER: Final = re.compile(
    # 1,234.56 and 1.234,56 and 1'234.56; 1,23,456.78 in India; without thousands.
    rf"[0-9]{{1,3}}([.,'’])[0-9]{{3}}(?:\1[0-9]{{3}}){{0,4}}(?:[.,][0-9]{{1,2}})?{_REST}"
    rf"|[0-9]{{1,2}}(?:,[0-9]{{2}}){{1,4}},[0-9]{{3}}(?:\.[0-9]{{1,2}})?{_REST}"
    rf"|[0-9]{{1,15}}(?:[.,][0-9]{{1,4}})?{_REST}"
)
_BLANKS: Final = re.compile(rf"[0-9]{{1,3}}(?: [0-9]{{3}}){{1,4}}(?:[.,][0-9]{{1,2}})?{_REST}")
"""1 234,56, which no English text has."""
_NO_CENTS: Final = re.compile(r"[.,][-–—]{1,2}")
"""`12,-` and `12.—`."""
_SCALE: Final = re.compile(
    r" ?(?:(k|K|[Tt]sd\.?|thousand|[Tt]ausend|mille|mil|tys\.?|tis\.?|тыс\.?|тис\.?)"
    r"|(m|M|[Mm]io\.?|mln\.?|[Mm]illion(?:s|en|er|i)?|millones|milhões|milioni|млн\.?)"
    r"|(bn|[Mm]rd\.?|mld\.?|billions?|[Mm]illiard(?:s|en)?|млрд\.?)|(lakhs?)|(crores?))"
    r"(?![^\W\d_])"
    r"|(千)|([万萬만])|([億亿억])"
)
_SCALES: Final = (10**3, 10**6, 10**9, 10**5, 10**7, 10**3, 10**4, 10**8)
_IN_FRONT_THOUSANDS: Final = " mil"

_SIGN: Final = f"[{''.join(SIGNS)}]"
# What stands in front, read backwards from the number: so it is looked at in one place only.
_FRONT: Final = re.compile(rf"(?:([-−]) ?| )?(?:\.?([$¥]?[A-Za-złč]{{1,4}})(?![^\W\d_])|({_SIGN}))")
_BEHIND: Final = re.compile(
    rf"[ -]?(?:de |d['’])?(?:({_SIGN})([0-9]{{2}}(?![0-9]))?|({'|'.join(EASTERN)})"
    r"|([^\W\d_][^\s0-9.,;:!?()/+*'’-]{0,13})(?: ([^\W\d_]{1,14}))?)"
)
_FRONT_CHARACTERS: Final = 9
_ENDS: Final = '\n?!;:)]/"'
"""Behind these, or at the end of a text, no currency follows."""
_SPACERS: Final = str.maketrans("", "", " '’")
_MINUS: Final = ("-", "−")
_THOUSAND_DIGITS: Final = 3
_CENT_DIGITS: Final = 2


class _Money(NamedTuple):
    """A currency beside a number, and where it starts (in front) or ends (behind)."""

    code: str
    at: int
    minus: bool = False
    cents: str = ""


def find_amounts(sought: Sought) -> None:
    """Note the amounts of a text, such as `12.50 EUR` or `-3 USD`.

    A fraction that is written stays, with two places at least; a currency in front counts before
    one behind. What the currency is may hang on the writer's habits: see `currencies.meant`.
    """
    text = sought.text
    for start, end in sought.free_runs():
        front = _front(sought, start)
        if front is None and (text[end : end + 1] in _ENDS or _inside(text, start)):
            continue
        may_go_on = text.startswith(" ", end) and sought.habits.language != "en"
        blanks = _BLANKS.match(text, start) if may_go_on else None
        if blanks is None or not _amount(sought, blanks, front):
            number = _NUMBER.match(text, start)
            if number:
                _amount(sought, number, front)


def _inside(text: str, start: int) -> bool:
    """Tell whether digits are only the rest of a word or of a longer number."""
    before = text[max(0, start - 2) : start]
    if before[-1:] in {".", ",", ":", "'"}:
        return before[:1].isdigit()
    return before[-1:].isascii() and before[-1:].isalnum()


def _amount(sought: Sought, number: re.Match[str], front: _Money | None) -> bool:
    text = sought.text
    start, end = number.span()
    if no_cents := _NO_CENTS.match(text, end):
        end = no_cents.end()
    scale = _SCALE.match(text, end)
    if scale and front and scale[0] == _IN_FRONT_THOUSANDS:
        scale = None
    behind = None if front else _behind(sought, scale.end() if scale else end)
    if front is None and behind is None and scale:
        scale, behind = None, _behind(sought, end)
    money = front or behind
    if money is None:
        return False
    end = behind.at if behind else scale.end() if scale else end
    begin = front.at if front else start
    negative = money.minus or _negative(text, begin)
    value = _value(
        number[0], money, _SCALES[scale.lastindex - 1] if scale and scale.lastindex else 1
    )
    if not sought.free(begin, end) or (text[begin : begin + 3] in WORDS_TOO and "." not in value):
        return False
    entity = Entity(kind=EntityKind.AMOUNT, value=f"{'-' * negative}{value} {money.code}")
    sought.add(begin, end, entity)
    return True


def _front(sought: Sought, start: int) -> _Money | None:
    match = _FRONT.match(sought.text[max(0, start - _FRONT_CHARACTERS) : start][::-1])
    if match is None:
        return None
    minus, backwards, sign = match.groups()
    if backwards:
        letters = backwards[::-1]
        money = letters if letters in CODES else PREFIXED.get(fold(letters), "")
    else:
        money = SIGNS[sign]
    code = meant(money, sought.habits) if money else ""
    begin = start - match.end()
    return _Money(code, begin, minus is not None) if code and sought.free(begin, start) else None


def _behind(sought: Sought, end: int) -> _Money | None:
    match = _BEHIND.match(sought.text, end)
    if match is None:
        return None
    sign, cents, eastern, first, second = match.groups()
    if first:
        money, at = _named(first, second or "", match)
    else:
        money, at = SIGNS[sign] if sign else EASTERN[eastern], match.end()
    code = meant(money, sought.habits) if money else ""
    return _Money(code, at, cents=cents or "") if code else None


def _named(first: str, second: str, match: re.Match[str]) -> tuple[str, int]:
    """Return what one or two words behind a number mean, and where they end."""
    one, two = fold(first), fold(second)
    if one in QUALIFIED and two in NAMES:
        return QUALIFIED[one], match.end()
    money = first if first in CODES else NAMES.get(one, "") or PREFIXED.get(one, "")
    if money and two in QUALIFIED:
        return QUALIFIED[two], match.end()
    return money, match.end(4)


def _negative(text: str, begin: int) -> bool:
    """Tell whether a minus stands before an amount, and not a hyphen, a dash or a range."""
    before = text[max(0, begin - 2) : begin]
    return before.endswith(_MINUS) and (before in _MINUS or before[0] in " \n(:")


def _value(number: str, money: _Money, scale: int) -> str:
    """Return a number as written anywhere as one with a point, times its scale."""
    digits = number.translate(_SPACERS)
    marks = [mark for mark in digits if mark in ".,"]
    whole, fraction = digits, money.cents
    if marks:
        left, _, right = digits.rpartition(marks[-1])
        mixed = len(set(marks)) > 1
        thousands = (
            len(right) == _THOUSAND_DIGITS and left != "0" and money.code not in THREE_PLACES
        )
        if mixed or (len(marks) == 1 and not thousands):
            whole, fraction = left, right
    whole = whole.replace(".", "").replace(",", "")
    if scale != 1:
        value = Decimal(f"{whole}.{fraction or 0}") * scale
        whole, _, fraction = f"{value.normalize():f}".partition(".")
    else:
        whole = str(int(whole))
    return f"{whole}.{fraction:0<{_CENT_DIGITS}}" if fraction else whole
