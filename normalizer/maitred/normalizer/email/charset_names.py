"""Names of charsets as senders write them, and the codec that each means."""

from __future__ import annotations

import re
from encodings.aliases import aliases
from functools import lru_cache
from typing import Final

# Codecs that Python has for other purposes than text in mail; some are slow on hostile input.
_NOT_FOR_MAIL: Final = frozenset(
    "base64_codec bz2_codec hex_codec quopri_codec rot_13 uu_codec zlib_codec mbcs oem".split()  # noqa: SIM905  (legible)
)
# What senders mean by these names is the larger set that contains the named one
# (WHATWG Encoding Standard, section 4.2).
_MEANT: Final = {
    "ascii": "utf_8",
    "utf_8_sig": "utf_8",
    "latin_1": "cp1252",
    "iso8859_1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "iso8859_9": "cp1254",
    "iso8859_11": "cp874",
    "tis_620": "cp874",
    "koi8_r": "koi8_u",
}
_ALSO: Final = {
    "sjis": "cp932",
    "windows_31j": "cp932",
    "cp943": "cp932",
    "ms949": "cp949",
    "ksc_5601": "cp949",
    "unicode_1_1_utf_7": "utf_7",
    "unicode_2_0_utf_7": "utf_7",
    "unicode": "utf_16",
    "ucs_2": "utf_16",
    "iso_10646_ucs_2": "utf_16",
    "logical": "iso8859_8",
    "visual": "iso8859_8",
    "iso_8859_8_i": "iso8859_8",
    "iso_8859_8_e": "iso8859_8",
    "koi8": "koi8_r",
    "koi": "koi8_r",
    "koi8_ru": "koi8_u",
    "euc_cn": "gb18030",
    "euccn": "gb18030",
    "gb_2312": "gb18030",
    "cn_gb": "gb18030",
    "cn_big5": "big5",
    "x_x_big5": "big5",
    "mac": "mac_roman",
    "apple_roman": "mac_roman",
    "mac_ce": "mac_latin2",
    "mac_central_europe": "mac_latin2",
    "dos_862": "cp862",
}
_KNOWN: Final = frozenset(aliases.values()) - _NOT_FOR_MAIL | {
    "koi8_u",
    "cp874",
    "cp856",
    "utf_8_sig",
    "mac_cyrillic",
    "mac_greek",
    "mac_turkish",
}
_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")
# Families whose members are told by a number, as many spell them and with anything behind
# (`windows-1252http-equiv`, `win1251`, `ISO_8859-1:1987`, `utf8mb4`).
_FAMILY: Final = re.compile(
    r"(?:cs|x_|x)?(?:(?P<utf>utf_?(?:8|16_?[lb]e|16|7|32))"
    r"|iso_?8859_?(?P<iso>1[0-6]|[1-9])"
    r"|(?:windows|win|cp|ms|ibm|dos|ansi)_?(?P<page>\d{3,5})"
    r"|(?P<asian>koi8_?[ru]|gb_?(?:2312|18030|k)|big5|euc_?(?:jp|kr)|shift_?jis|iso_?2022_?(?:jp|kr)))"
)


@lru_cache(maxsize=256)
def codec(declared: str) -> str | None:
    """Return Python's name for a declared charset, None for one that it does not know.

    Only the tables are asked: `codecs.lookup` would import a module by the name that a stranger
    wrote, and remember each for ever.
    """
    name = _SEPARATORS.sub("_", declared[:64].lower()).strip("_")
    found = _known(name) or _known(name.removeprefix("x_").removeprefix("cs")) or _by_family(name)
    return found and _MEANT.get(found, found)


def _known(name: str) -> str | None:
    found = _ALSO.get(name) or aliases.get(name) or name
    return found if found in _KNOWN else None


def _by_family(name: str) -> str | None:
    match = _FAMILY.match(name)
    if match is None:
        return None
    if match["iso"]:
        return _known(f"iso8859_{match['iso']}")
    if match["page"]:
        page = "utf_8" if match["page"] == "65001" else f"cp{match['page'].lstrip('0')}"
        return _known(page)
    spelled = (match["utf"] or match["asian"]).replace("_", "")
    for known in _KNOWN:
        if known.replace("_", "") == spelled:
            return known
    return None
