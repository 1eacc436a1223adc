"""Mail addresses in a text."""

from __future__ import annotations

import re
from typing import Final

from maitred.contracts.message import Entity, EntityKind
from maitred.contracts.reply_token import without_token
from maitred.normalizer.entities.sought import Sought
from maitred.normalizer.entities.words import listed

# Letters of Indic and Thai domains carry marks that are no `\w` (RFC 5890 allows them).
_LABEL: Final = r"[^\W_](?:[\w\u0900-\u0dff\u0e31-\u0e4e-]{0,62})"
_LOCAL: Final = re.compile(r"[\w.+%'&=-]{1,65}")
_LOCAL_CHARACTERS_MAX: Final = 64
_DOMAIN: Final = re.compile(
    rf"(?:{_LABEL}\.){{1,8}}"
    r"(?:xn--[a-z0-9-]{2,59}|[^\W\d_][^\W\d_\u0900-\u0dff]{0,22}[^\W\d_])(?!\w|-\w|:[^\s])",
    re.IGNORECASE,
)
_FILES: Final = listed(
    "png jpg jpeg gif svg webp bmp ico pdf doc docx xls xlsx zip css js html htm json"
)
"""`logo@2x.png` is a picture."""


def find_emails(sought: Sought) -> None:
    """Note the mail addresses of a text, in lower case, ours without a reply token in them."""
    text = sought.text
    at = text.find("@")
    while at >= 0:
        before = text[max(0, at - _LOCAL_CHARACTERS_MAX - 1) : at]
        local, domain = _LOCAL.match(before[::-1]), _DOMAIN.match(text, at + 1)
        at = text.find("@", at + 1)
        if local is None or domain is None:
            continue
        name, host = local[0][::-1].lstrip(".'-=&%").rstrip("'"), domain[0].lower()
        start, end = domain.start() - 1 - len(name), domain.end()
        if (
            name
            and len(name) <= _LOCAL_CHARACTERS_MAX
            and host.rpartition(".")[2] not in _FILES
            and sought.free(start, end)
        ):
            value = without_token(f"{name.lower()}@{host}")
            sought.add(start, end, Entity(kind=EntityKind.EMAIL, value=value))
