"""Header block: From, Sent, To and Subject as mail programs write them above what they quote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from maitred.normalizer.quotes.folding import COLONS, fold, words_of
from maitred.normalizer.quotes.heading_words import NAMES, TECHNICAL, Field
from maitred.normalizer.quotes.lines import Line, next_words

LINES_MAX: Final = 40
NAME_END_MAX: Final = 36
"""Up to where the colon behind a name is looked for."""
FIELDS_MIN: Final = 3
SHORT_FIELDS: Final = 2
WRAPPED_LINES_MAX: Final = 6

_DECORATION: Final = " \t*_>|-•"


def _fields() -> dict[str, frozenset[Field]]:
    """Return what each name may tell; "da" and "a" depend on the language, so on the others."""
    found: dict[str, set[Field]] = {}
    for field, names in NAMES.items():
        for name in words_of(names):
            found.setdefault(name, set()).add(field)
    return {name: frozenset(fields) for name, fields in found.items()}


_FIELDS: Final = _fields()
_TECHNICAL: Final = words_of(TECHNICAL)
_COLON: Final = re.compile(rf"[{COLONS}]")
_INNER_NAME: Final = re.compile(
    rf"(?:^|\s)\*?([^\W\d_][^\s{COLONS}]{{0,15}}(?: [^\s{COLONS}]{{1,10}})?)\*?[ ]?[{COLONS}]"
)
_MOMENT: Final = re.compile(r"\d{4}[^\n]{0,20}\d{1,2}[:.]\d{2}")
_ADDRESS: Final = re.compile(r"[^\s@]@[^\s@]")


def end_of(lines: Sequence[Line], start: int, *, titled: bool = False) -> int | None:
    """Return the number of the line behind the header block that starts with line `start`.

    None if none starts there. `titled` tells that a title like "Original Message" or a rule
    stands above it; then two fields are enough.
    """
    if not fields_of(lines[start].body):
        return None
    found: list[frozenset[Field]] = []
    seen: set[str] = set()
    end = start
    has_address = False
    number = start
    while 0 <= number < min(start + LINES_MAX, len(lines)):
        line = lines[number]
        name, _ = _split(line.body)
        if name in seen:
            break
        fields = fields_of(line.body)
        if fields:
            seen.add(name)
            found += fields
            has_address |= _ADDRESS.search(line.body) is not None
            end = number + 1
        elif _is_technical(name):
            return None
        number = _following(lines, number)
    is_block = _is_block(found, has_address=has_address, titled=titled)
    return end if is_block or _is_short_block(lines, start, end) else None


def fields_of(body: str) -> list[frozenset[Field]]:
    """Return what the fields on this line may tell; some programs write all of them on one line."""
    name, value = _split(body)
    fields = _FIELDS.get(name)
    if fields is None:
        return []
    found = [fields]
    if _COLON.search(value):
        inner = (fold(match[1]) for match in _INNER_NAME.finditer(value))
        names = (name if name in _FIELDS else name.rpartition(" ")[2] for name in inner)
        found += [_FIELDS[name] for name in (each.strip("*") for each in names) if name in _FIELDS]
    return found


def _split(body: str) -> tuple[str, str]:
    """Return the name before the colon, folded, and the value; empty where there is none."""
    colon = _COLON.search(body, 0, NAME_END_MAX)
    if colon is None:
        return "", ""
    return fold(body[: colon.start()].strip(_DECORATION)), body[colon.end() :]


def _following(lines: Sequence[Line], number: int) -> int:
    """Return the number of the next line of the block, -1 if it ends.

    A value may be wrapped, and there may be blank lines between the fields; either only counts
    when another field follows soon.
    """
    following = next_words(lines, number + 1)
    for ahead in range(following, min(following + WRAPPED_LINES_MAX, len(lines))):
        name, _ = _split(lines[ahead].body)
        if name in _FIELDS or _is_technical(name):
            return ahead
        if lines[ahead].is_blank and ahead > following:
            break
    return -1


def _is_technical(name: str) -> bool:
    return name in _TECHNICAL or name.startswith("x-")


def _is_block(found: Sequence[frozenset[Field]], *, has_address: bool, titled: bool) -> bool:
    """Whether fields make a header.

    "De", "A" and "Fecha" alone are a journey, not a mail: it needs a subject or an address.
    """
    told = set[Field]().union(*found)
    main = sum(field in told for field in (Field.FROM, Field.DATE, Field.TO, Field.SUBJECT))
    if titled:
        return Field.FROM in told and len(found) > 1
    if Field.FROM not in told or len(found) < FIELDS_MIN or main < FIELDS_MIN:
        return False
    return Field.SUBJECT in told or (has_address and Field.DATE in told)


def _is_short_block(lines: Sequence[Line], start: int, end: int) -> bool:
    """Whether two fields are all of a header: an address, a day with its time, and a blank line.

    A line of a log would have others of its sort around it.
    """
    block = lines[start:end]
    if len(block) != SHORT_FIELDS or (end < len(lines) and not lines[end].is_blank):
        return False
    told = [set[Field]().union(*fields_of(line.body)) for line in block]
    for dated, named in ((0, 1), (1, 0)):
        if (
            Field.DATE in told[dated]
            and _MOMENT.search(block[dated].body)
            and {Field.FROM, Field.TO} & told[named]
            and _ADDRESS.search(block[named].body)
        ):
            return True
    return False
