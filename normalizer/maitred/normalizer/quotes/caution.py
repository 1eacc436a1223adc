"""Caution: what the receiving house writes above a mail from outside ("CAUTION: External ...").

Microsoft's "first contact safety tip" ("You don't often get email from ...") and the disclaimers
that administrators prepend by a transport rule. Neither is the sender's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from maitred.normalizer.quotes.folding import fold, words_of
from maitred.normalizer.quotes.lines import Line

LINES_MAX: Final = 6
WORDS_MIN: Final = 8

_STARTS: Final = words_of(
    "caution, warning, external, attention, notice, important, alert, achtung, vorsicht, warnung,"
    "hinweis, extern, externe, atención, advertencia, precaución, attenzione, avviso, atenção,"
    "aviso, waarschuwing, advarsel, varning, varoitus, uwaga, pozor, upozornění, внимание, увага"
)
_OUTSIDE: Final = tuple(
    words_of(
        "external sender, external email, external e-mail, external message, external source,"
        "originated outside, originated from outside, outside of, outside your, outside the,"
        "externen absender, externer absender, externe e-mail, externen e-mail, außerhalb,"
        "expéditeur externe, courriel externe, e-mail externe, extérieur de, remitente externo,"
        "fuera de, mittente esterno, esterna all, remetente externo, fora da, externe afzender,"
        "buiten de, ekstern, extern avsändare, utanför, ulkopuolelta, spoza, zewnętrzn, mimo,"
        "внешн, зовнішн"
    )
)
_ASKS: Final = tuple(
    words_of(
        "click, attachment, links, klick, anhänge, anhang, cliquez, cliquer, pièces jointes, clic,"
        "adjuntos, allegati, anexos, klik, bijlage, vedhæft, vedlegg, bilag, bifogad, linkk,"
        "załącznik, příloh, odkaz, вложени, ссылк, вкладен, посилан"
    )
)
_TIP: Final = "aka.ms/learnaboutsenderidentification"
_OPENS: Final = re.compile(r"[^\w]*+([^\W_]+)")


def end_of(lines: Sequence[Line], start: int, end: int) -> int:
    """Return the number of the line behind such a notice at the start of these, `start` if none."""
    first = next((n for n in range(start, min(start + LINES_MAX, end)) if lines[n].body), end)
    if first == end or not _may_be(lines[first].body):
        return start
    last = first
    while last < min(first + LINES_MAX, end) and not lines[last].is_blank:
        last += 1
    return last if _is_caution(fold(" ".join([line.body for line in lines[first:last]]))) else start


def _may_be(body: str) -> bool:
    opens = _OPENS.match(body)
    return (opens is not None and opens[1].casefold() in _STARTS) or _TIP in body.casefold()


def _is_caution(words: str) -> bool:
    if _TIP in words:
        return True
    return (
        "?" not in words
        and len(words.split()) >= WORDS_MIN
        and any(part in words for part in _OUTSIDE)
        and any(part in words for part in _ASKS)
    )
