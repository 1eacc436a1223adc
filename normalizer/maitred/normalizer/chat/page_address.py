"""The address of a page that a visitor writes from, without what is nobody's business."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

CHARACTERS_MAX: Final = 8_192
PARAMETERS_MAX: Final = 200
_CAMPAIGN: Final = "utm_"
"""Parameters that name a campaign, by which marketing tells its visitors' ways apart."""


def page_address(written: str) -> str:
    """Return scheme, host, path and campaign parameters, or nothing if it is no web address.

    Credentials, the fragment and all other parameters are left out: they hold tokens, searches
    and names (RFC 9110, section 4.2.4, and OWASP, information exposure through query strings).
    """
    if len(written) > CHARACTERS_MAX:
        return ""
    try:
        parts = urlsplit(written.strip())
        port = f":{parts.port}" if parts.port is not None else ""
        pairs = parse_qsl(parts.query, max_num_fields=PARAMETERS_MAX)
        campaign = urlencode([pair for pair in pairs if pair[0].startswith(_CAMPAIGN)])
    except ValueError:
        return ""
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host:
        return ""
    place = f"[{host}]" if ":" in host else host
    return urlunsplit((parts.scheme, place + port, parts.path, campaign, ""))
