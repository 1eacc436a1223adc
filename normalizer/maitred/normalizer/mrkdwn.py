"""Slack's mrkdwn as plain text (docs.slack.dev/messaging/formatting-message-text)."""

from __future__ import annotations

import re
from typing import Final

_TOKEN: Final = re.compile(r"<([^<>\s][^<>\n]{0,4000})>")


def plain(text: str) -> str:
    """Return the text as a person sees it: mentions by name, links with their address.

    Marks of emphasis stay, since they read well and may be meant as they stand.
    """
    return _unescaped(_TOKEN.sub(lambda match: _shown(match[1]), text))


def _shown(token: str) -> str:
    target, _, label = token.partition("|")
    if target.startswith("@"):
        return f"@{label or target[1:]}"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        return _special(target[1:], label)
    address = target.removeprefix("mailto:").removeprefix("tel:")
    if (
        not label
        or label in {target, address}
        or address in {f"http://{label}", f"https://{label}"}
    ):
        return address
    return f"{label} ({address})"


def _special(name: str, label: str) -> str:
    """Show `<!here>`, `<!subteam^ID|@group>` and `<!date^ts^format^link|fallback>`."""
    if label:
        return label
    return f"@{name.partition('^')[0]}"


def _unescaped(text: str) -> str:
    # The ampersand last: "&amp;lt;" is the text "&lt;", not "<".
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
