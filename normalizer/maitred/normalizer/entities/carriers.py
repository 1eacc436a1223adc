"""The check digits of parcels: which carrier a number can be of."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from maitred.normalizer.entities.words import listed, paired

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_S10_WEIGHTS: Final = (8, 6, 4, 2, 3, 5, 9, 7)
_FEDEX_WEIGHTS: Final = (1, 3, 7)
_POSTS: Final = paired(
    "US:usps GB:royal_mail DE:dhl CA:canada_post FR:la_poste NL:postnl BE:bpost AT:post_at"
    " CH:swiss_post IT:poste_italiane ES:correos PT:ctt SE:postnord DK:postnord NO:posten FI:posti"
    " PL:poczta_polska CN:china_post JP:japan_post AU:australia_post IN:india_post BR:correios"
    " SG:singpost"
)
_COUNTRIES: Final = listed(
    "AD AE AF AG AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW BY BZ CA CD"
    " CF CG CH CI CL CM CN CO CR CU CV CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FM FR GA GB"
    " GD GE GH GM GN GQ GR GT GW GY HK HN HR HT HU ID IE IL IN IQ IR IS IT JM JO JP KE KG KH KI KM"
    " KN KP KR KW KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MH MK ML MM MN MO MR MT MU MV"
    " MW MX MY MZ NA NE NG NI NL NO NP NR NZ OM PA PE PG PH PK PL PS PT PW PY QA RO RS RU RW SA SB"
    " SC SD SE SG SI SK SL SM SN SO SR SS ST SV SY SZ TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG"
    " US UY UZ VA VC VE VN VU WS YE ZA ZM ZW"
)


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weights[at % len(weights)] for at, digit in enumerate(reversed(digits)))


def _gs1(number: str) -> bool:
    """Check the last digit as GS1 does (General Specifications, 7.9.1): weights 3 and 1."""
    return (_weighted(number[:-1], (3, 1)) + int(number[-1])) % 10 == 0


def _fedex(number: str) -> bool:
    """FedEx Express: weights 1, 3, 7 from the right, the rest of 11, of which 10 counts as 0."""
    return _weighted(number[:-1], _FEDEX_WEIGHTS) % 11 % 10 == int(number[-1])


def _fedex_long(number: str) -> bool:
    """The check digit of the 34 digits of a FedEx label is of the last 13 before it."""
    return _fedex(number[-14:])


def _fedex_ground(number: str) -> bool:
    """The check digit of 22 digits from 96 on is of the shipper and the parcel, 14 digits."""
    return _gs1(number[-15:])


def _smart_post(number: str) -> bool:
    """FedEx SmartPost is an IMpb of the USPS, whose 92 in front is often left out."""
    return _gs1("92" + number)


def _short(number: str) -> bool:
    """The 20 digits of the USPS, in which 91 in front may be left out."""
    return _gs1(number) or _gs1("91" + number)


def _seven(number: str) -> bool:
    """DHL Express: the last digit is the rest of the others divided by 7."""
    return int(number[:-1]) % 7 == int(number[-1])


def _imported(number: str) -> bool:
    """USPS IMpb (Publication 199): a routing code of 420 and a ZIP code is not checked."""
    return _gs1(number[-22:] if number.startswith("420") and len(number) in {30, 34} else number)


def _ups(number: str) -> bool:
    """UPS 1Z: letters count as their place in the alphabet and 2 more, every second one twice."""
    values = [int(each) if each.isdigit() else (ord(each) - 3) % 10 for each in number[2:-1]]
    return (sum(values) + sum(values[1::2]) + int(number[-1], 36)) % 10 == 0


def s10(number: str) -> bool:
    """UPU S10, section 5: eight digits with weights, and a country of the postal union."""
    if number[-2:] not in _COUNTRIES:
        return False
    total = sum(int(d) * w for d, w in zip(number[2:10], _S10_WEIGHTS, strict=True))
    return int(number[10]) == {10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11)


def post_of(number: str) -> str:
    """Return the post whose country ends an S10 number."""
    return _POSTS.get(number[-2:], "upu")


def _ontrac(number: str) -> bool:
    """OnTrac: as UPS, with C counted as 4 and D as 5."""
    values = [{"C": 4, "D": 5}[number[0]], *map(int, number[1:-1])]
    return (sum(values) + sum(values[1::2]) + int(number[-1])) % 10 == 0


def _dpd(number: str) -> bool:
    """DPD's label (Parcel Label Specification 2.4.1): ISO 7064, MOD 37,36, over 27 digits."""
    rest = 36
    for each in number[:-1]:
        rest = ((rest + _ALPHABET.index(each)) % 36 or 36) * 2 % 37
    return (rest + _ALPHABET.index(number[-1])) % 36 == 1


def _unchecked(number: str) -> bool:
    """Such a prefix says enough."""
    return bool(number)


class Carrier(NamedTuple):
    """One form of number.

    `sure` forms are so long or so marked that nothing else looks like them; the others are only
    read where the text speaks of a parcel, or of the carrier: every tenth number passes a check.
    """

    name: str
    form: re.Pattern[str]
    holds: Callable[[str], bool]
    sure: bool


CARRIERS: Final = (
    Carrier("ups", re.compile(r"1Z[0-9A-Z]{15}[0-9]"), _ups, sure=True),
    Carrier("amazon", re.compile(r"TB[ACM][0-9]{12}"), _unchecked, sure=True),
    Carrier("ontrac", re.compile(r"[CD][0-9]{14}"), _ontrac, sure=True),
    Carrier("yodel", re.compile(r"JJ?D0002[0-9]{12}"), _unchecked, sure=True),
    Carrier("dhl", re.compile(r"JJD[0-9]{10,20}|JD[0-9]{18}"), _unchecked, sure=True),
    Carrier("dhl", re.compile(r"JVGL[0-9]{9,20}|GM[0-9]{16,20}"), _unchecked, sure=True),
    Carrier("dpd", re.compile(r"[0-9]{27}[0-9A-Z]"), _dpd, sure=True),
    Carrier("usps", re.compile(r"9[1-5][0-9]{20}|9[2-5][0-9]{24}"), _gs1, sure=True),
    Carrier("usps", re.compile(r"420[0-9]{5}(?:[0-9]{4})?9[1-5][0-9]{20}"), _imported, sure=True),
    Carrier("fedex", re.compile(r"96[0-9]{32}|100[0-9]{31}"), _fedex_long, sure=True),
    Carrier("fedex", re.compile(r"96[0-9]{20}"), _fedex_ground, sure=True),
    Carrier("dhl", re.compile(r"0034[0-9]{16}"), _gs1, sure=True),
    Carrier("", re.compile(r"00[0-9]{18}"), _gs1, sure=True),
    Carrier("usps", re.compile(r"(?:03|23|7[0137]|8[12])[0-9]{18}"), _short, sure=False),
    Carrier("fedex", re.compile(r"61[0-9]{18}"), _smart_post, sure=False),
    Carrier("canada_post", re.compile(r"[0-9]{16}"), _gs1, sure=False),
    Carrier("fedex", re.compile(r"[0-9]{15}"), _gs1, sure=False),
    Carrier("fedex", re.compile(r"[0-9]{12}"), _fedex, sure=False),
    Carrier("dhl", re.compile(r"[0-9]{10,11}"), _seven, sure=False),
)
