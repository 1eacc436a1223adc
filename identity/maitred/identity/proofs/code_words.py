"""What stands in the message that brings a code, in a few languages.

It says whose code it is and for how long, and what to do who never asked for one: the address may
be claimed by somebody else, who would ask its owner for the code next.
"""

from __future__ import annotations

from typing import Final

from maitred.contracts.limits import CODE_AGE_MS, MINUTE_MS

_SUBJECTS: Final = {
    "en": "{title}: your code",
    "de": "{title}: Ihr Code",
    "fr": "{title} : votre code",
    "es": "{title}: su código",
}
_TEXTS: Final = {
    "en": (
        "{title}: your code is {code}. It is valid for {minutes} minutes, in the chat where you "
        "asked for it. If you did not ask for it, ignore this message and give the code to nobody."
    ),
    "de": (
        "{title}: Ihr Code ist {code}. Er gilt {minutes} Minuten, in dem Chat, in dem Sie ihn "
        "angefordert haben. Wenn Sie ihn nicht angefordert haben, ignorieren Sie diese Nachricht "
        "und geben Sie den Code niemandem."
    ),
    "fr": (
        "{title} : votre code est {code}. Il est valable {minutes} minutes, dans le chat où vous "
        "l'avez demandé. Si vous ne l'avez pas demandé, ignorez ce message et ne donnez le code à "
        "personne."
    ),
    "es": (
        "{title}: su código es {code}. Es válido durante {minutes} minutos, en el chat donde lo "
        "pidió. Si usted no lo pidió, ignore este mensaje y no dé el código a nadie."
    ),
}
_FALLBACK: Final = "en"


def code_words(code: str, *, title: str, language: str) -> tuple[str, str]:
    """Return subject and text; `language` is an ISO 639-1 code, and English if it is not here."""
    known = language if language in _TEXTS else _FALLBACK
    minutes = CODE_AGE_MS // MINUTE_MS
    subject = _SUBJECTS[known].format(title=title)
    return subject, _TEXTS[known].format(title=title, code=code, minutes=minutes)
