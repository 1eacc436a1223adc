"""What must not be mistaken for anything else, and is not told: bank accounts, cards, books.

An agent needs no card number to help, and what is not written down cannot leak; but a card has
the shape of an order number, and an account that of a telephone number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from maitred.normalizer.entities.sought import Sought
from maitred.normalizer.entities.words import paired

# ISO 13616: two letters, two check digits, then letters and digits, mostly in fours.
_IBAN: Final = re.compile(r"[0-9]{2}(?:[ -]?[0-9A-Za-z]){11,30}+")
_COUNTRY: Final = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{2}\Z")
_IBAN_LENGTHS: Final = paired(
    "NO:15 BE:16 DK:18 FI:18 FO:18 GL:18 NL:18 MK:19 SI:19 AT:20 BA:20 EE:20 KZ:20 LT:20 LU:20"
    " XK:20 CH:21 HR:21 LI:21 LV:21 BG:22 BH:22 CR:22 DE:22 GB:22 GE:22 IE:22 ME:22 RS:22 VA:22"
    " AE:23 GI:23 IL:23 IQ:23 TL:23 AD:24 CZ:24 ES:24 MD:24 PK:24 RO:24 SA:24 SE:24 SK:24 TN:24"
    " VG:24 PT:25 ST:25 IS:26 TR:26 FR:27 GR:27 IT:27 MC:27 MR:27 SM:27 AL:28 AZ:28 BY:28 CY:28"
    " DO:28 GT:28 HU:28 LB:28 PL:28 SV:28 BR:29 EG:29 PS:29 QA:29 UA:29 JO:30 KW:30 MU:30 MT:31"
    " SC:31 LC:32"
)
"""From the registry that SWIFT keeps (IBAN Registry, release 99)."""
# ISO/IEC 7812: up to 19 digits with Luhn's check digit, as cards show them or without blanks.
_CARD: Final = re.compile(
    r"(?:[2-6][0-9]{12,18}+|[2-6][0-9]{3}(?:[ .-][0-9]{4}){3}"
    r"|3[0-9]{3}[ .-][0-9]{6}[ .-][0-9]{4,5})(?![0-9A-Za-z])"
)
_ISSUERS: Final = re.compile(
    r"4|5[0-8]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|3[0-689]|6(?:011|2|4[4-9]|5|[0379])"
)
_BOOK: Final = re.compile(r"97[89](?:[ -]?[0-9]){10}+(?![0-9A-Za-z])")
_SEPARATORS: Final = re.compile("[ .-]")
_DIGITS_MIN: Final = 3
"""In the first group of a book, the shortest but those of an account and an address."""
_CARD_DIGITS: Final = 4
"""In the first group of a card."""
_ADDRESS: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3,7}+(?![0-9A-Za-z])")
"""An IP address, or a long version."""
_Check = Callable[[str], bool]


def take_unnamed(sought: Sought) -> None:
    """Take what is none of our kinds, without telling it."""
    text = sought.text
    for start, end in sought.free_runs():
        before = text[max(0, start - 3) : start]
        if end - start < _DIGITS_MIN and not before[-1:].isalpha() and text[end : end + 1] != ".":
            continue
        account = _account(text, start, before)
        if account:
            sought.take(start - 2, account)
        elif not before[-1:].isalnum():
            form, holds = _form(text, start, end)
            found = form.match(text, start) if form else None
            if found and holds(_SEPARATORS.sub("", found[0])):
                sought.take(start, found.end())


def _form(text: str, start: int, end: int) -> tuple[re.Pattern[str] | None, _Check]:
    """Return the only form that a run of digits can begin."""
    if text.startswith(("978", "979"), start):
        return _BOOK, _is_book
    if end - start >= _CARD_DIGITS:
        return _CARD, _is_card
    return (_ADDRESS if text[end : end + 1] == "." else None), bool


def _account(text: str, start: int, before: str) -> int:
    """Return where the IBAN with its check digits at `start` ends, 0 if it is none.

    One in capitals of the right length is taken even with a wrong check digit: somebody mistyped.
    """
    country = _COUNTRY.search(before) if before[-1:].isalpha() else None
    length = int(_IBAN_LENGTHS.get(country[0].upper(), 0)) if country else 0
    written = _IBAN.match(text, start) if length else None
    if written is None:
        return 0
    account, end = before[-2:], start
    for each in written[0]:
        account += each if each.isalnum() else ""
        end += 1
        if len(account) == length:
            break
    whole = len(account) == length and not text[end : end + 1].isalnum()
    return end if whole and (account.isupper() or _is_iban(account.upper())) else 0


def _is_iban(account: str) -> bool:
    """Check as ISO 7064, MOD 97-10, with the first four characters moved to the end."""
    return int("".join(str(int(each, 36)) for each in account[4:] + account[:4])) % 97 == 1


def _is_card(digits: str) -> bool:
    return _ISSUERS.match(digits) is not None and luhn(digits)


def luhn(digits: str) -> bool:
    """Check a number as ISO/IEC 7812-1, annex B: every second digit from the right is doubled."""
    total = sum(map(int, digits[-1::-2]))
    return (total + sum(sum(divmod(2 * int(each), 10)) for each in digits[-2::-2])) % 10 == 0


def _is_book(digits: str) -> bool:
    """Check an ISBN-13 as ISO 2108: weights of 1 and 3 in turn."""
    return (sum(map(int, digits[::2])) + 3 * sum(map(int, digits[1::2]))) % 10 == 0
