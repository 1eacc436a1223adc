"""Tracking numbers of parcels, told by their check digits."""

from __future__ import annotations

import re
from typing import Final

from maitred.contracts.message import Entity, EntityKind
from maitred.normalizer.entities.carriers import CARRIERS, Carrier, post_of, s10
from maitred.normalizer.entities.label_words import TRACKING
from maitred.normalizer.entities.labels import label
from maitred.normalizer.entities.sought import Sought

NEAR: Final = 60
"""A carrier named so many characters before a number says whose it may be."""

_S10: Final = re.compile(r"[0-9](?: ?[0-9]){8} ?([A-Za-z]{2})(?![0-9A-Za-z])")
_S10_SERVICE: Final = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{2} ?\Z")
_UPS: Final = re.compile(r"1 ?Z(?: ?[0-9A-Z]){15} ?[0-9](?![0-9A-Za-z])", re.IGNORECASE)
_DIGITS: Final = re.compile(r"[0-9]{2,34}+(?:[ -][0-9]{2,12}+){0,10}(?: ?[A-Z])?(?![0-9A-Za-z])")
_DIGITS_MIN: Final = 10
_RUN_MIN: Final = 8
"""Of less digits in a row no number is made, unless others follow behind one blank."""
_DISTINCT_MIN: Final = 4
"""Zeros hold every check."""
_PREFIX: Final = re.compile(r"(?<![0-9A-Za-z])([A-Za-z]{1,4}) ?\Z")
_GROUP: Final = re.compile(r"[ -]")
_NAMED: Final = re.compile(
    r"\b(?:(usps)|(fed ?ex)|(canada post|postes canada)|(dhl)|(?:ups|dpd|gls|hermes|evri))\b",
    re.IGNORECASE,
)
_NAMES: Final = ("usps", "fedex", "canada_post", "dhl")


def find_tracking(sought: Sought) -> None:
    """Note the tracking numbers of a text, in capitals without blanks, with their carrier."""
    text = sought.text
    for start, end in sought.free_runs():
        # The only digit that letters follow is the first one of UPS.
        if 1 < end - start < _RUN_MIN and not text[end + 1 : end + 2].isdigit():
            continue
        before = text[max(0, start - 6) : start]
        if not (_post(sought, start, before) or _ups(sought, start, before)):
            _carried(sought, start, before)


def _post(sought: Sought, start: int, before: str) -> bool:
    """Note a number of the postal union, such as `RR 123 456 785 DE`."""
    service = _S10_SERVICE.search(before)
    match = _S10.match(sought.text, start) if service else None
    if service is None or match is None:
        return False
    number = (service[0] + match[0]).replace(" ", "").upper()
    return s10(number) and _note(
        sought, start - len(service[0]), match.end(), (number, post_of(number))
    )


def _ups(sought: Sought, start: int, before: str) -> bool:
    match = _UPS.match(sought.text, start) if not before[-1:].isalnum() else None
    if match is None:
        return False
    number = match[0].replace(" ", "").upper()
    return _carrier(sought, start, number) is not None and _note(
        sought, start, match.end(), (number, "ups")
    )


def _carried(sought: Sought, start: int, before: str) -> None:
    """Note digits of a carrier: all that stand in groups, or the longest of these that hold."""
    match = _DIGITS.match(sought.text, start) if not before.endswith("+") else None
    if match is None or len(match[0]) < _DIGITS_MIN:
        return
    prefix = _PREFIX.search(before)
    if prefix is None and before[-1:].isalnum():
        return
    whole = match[0]
    prefixes = [prefix[1].upper()] if prefix else []
    if prefix is None or prefix[0].endswith(" "):
        prefixes.append("")
    ends = [len(whole), *(gap.start() for gap in reversed(list(_GROUP.finditer(whole))))]
    for length in ends:
        digits = _GROUP.sub("", whole[:length])
        for letters in prefixes:
            carrier = _carrier(sought, start, letters + digits)
            if carrier is not None:
                first = start - len(prefix[0]) if prefix and letters else start
                _note(sought, first, start + length, (letters + digits, carrier.name))
                return


def _carrier(sought: Sought, start: int, number: str) -> Carrier | None:
    """Return the carrier whose form and check digit a number has, if the text lets it be one."""
    if len(set(number)) < _DISTINCT_MIN:
        return None
    fitting = [each for each in CARRIERS if each.form.fullmatch(number) and each.holds(number)]
    if not fitting or fitting[0].sure:
        return fitting[0] if fitting else None
    near = list(_NAMED.finditer(sought.text, max(0, start - NEAR), start))
    if near:
        said = {_NAMES[each.lastindex - 1] for each in near if each.lastindex}
        return next((each for each in fitting if each.name in said), None)
    said_to_be = label(sought, start)
    return fitting[0] if said_to_be and said_to_be.sort == TRACKING else None


def _note(sought: Sought, start: int, end: int, number: tuple[str, str]) -> bool:
    if not sought.free(start, end):
        return False
    value, carrier = number
    sought.add(start, end, Entity(kind=EntityKind.TRACKING, value=value, label=carrier))
    return True
