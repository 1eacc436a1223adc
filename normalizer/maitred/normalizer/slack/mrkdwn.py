"""Slack's mrkdwn as plain text (docs.slack.dev/messaging/formatting-message-text)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from maitred.contracts.message import PartKind
from maitred.normalizer.pieces import Piece
from maitred.normalizer.slack import date as dates
from maitred.normalizer.slack import emoji as emojis

NOBODY: Final[Mapping[str, str]] = MappingProxyType({})
_FENCE: Final = "```"
_EVERYTHING_BELOW: Final = ("&gt;&gt;&gt;", ">>>")
_QUOTED: Final = re.compile(r"^(?:&gt;|>)", re.MULTILINE)
_TOKEN: Final = re.compile(r"<([^<>\s][^<>\n]{0,4000}+)>")
# A colon behind a letter or digit begins no emoji: it belongs to a time, a ratio, an address.
_MARK: Final = re.compile(
    rf"{_TOKEN.pattern}|```|`[^`\n]{{1,4000}}+`"
    r"|(?<![A-Za-z0-9]):(?P<emoji>[a-z0-9_+'-]{1,100}+(?:::skin-tone-[2-6])?):"
)
_SECONDS: Final = re.compile(r"[0-9]{1,12}")


def pieces(text: str, names: Mapping[str, str] = NOBODY) -> tuple[Piece, ...]:
    """Return the text as `plain` shows it, what is quoted apart from what is said.

    A line that begins with `>` is a quote, and `>>>` quotes all that follows; code is neither.
    """
    if not _QUOTED.search(text):
        return (Piece(PartKind.TEXT, plain(text, names)),)
    return tuple(Piece(kind, plain(words, names)) for kind, words in _cut(text))


def plain(text: str, names: Mapping[str, str] = NOBODY) -> str:
    """Return the text as a person sees it: mentions by name, links with their address.

    Marks of emphasis stay, since they read well and may be meant as they stand. `names` are
    those of users by their id; others are shown by the name in the text, else by id.
    """
    if "<" in text or ":" in text:
        text = "".join(_resolved(text, names))
    # The ampersand last: "&amp;lt;" is the text "&lt;", not "<".
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def link(address: str, label: str) -> str:
    """Return a link as text: its label and its address, or the address if they say the same."""
    shown = address.removeprefix("mailto:").removeprefix("tel:")
    if not label or label in {address, shown, shown.partition("://")[2]}:
        return shown
    return f"{label} ({shown})" if shown else label


def user(user_id: str, name: str, names: Mapping[str, str]) -> str:
    """Return a mention of a user by the best name that is known."""
    return f"@{name or names.get(user_id) or user_id}"


def _cut(text: str) -> Iterator[tuple[PartKind, str]]:
    """Yield the lines with whose words they are."""
    fences = text.count(_FENCE)
    passed = 0
    rest = False
    for line in text.splitlines(keepends=True):
        # A fence that nothing closes is no fence.
        code = passed % 2 == 1 and passed < fences
        passed += line.count(_FENCE)
        rest = rest or (not code and line.startswith(_EVERYTHING_BELOW))
        quoted = rest or (not code and _QUOTED.match(line))
        yield (PartKind.QUOTE if quoted else PartKind.TEXT), line


def _resolved(text: str, names: Mapping[str, str]) -> Iterator[str]:
    """Yield the text with what its tokens and emoji stand for; in code there are no emoji."""
    at = 0
    closed = True
    while match := _MARK.search(text, at):
        start, end = match.span()
        yield text[at:start]
        if match[1]:
            yield _shown(match[1], names)
        elif name := match["emoji"]:
            emoji = emojis.character(name)
            # Of an unknown name the last colon may begin the next one.
            end -= not emoji
            yield emoji or text[start:end]
        else:
            if closed and match[0] == _FENCE:
                close = text.find(_FENCE, end)
                closed = close >= 0
                end = close + len(_FENCE) if closed else end
            yield _TOKEN.sub(lambda token: _shown(token[1], names), text[start:end])
        at = end
    yield text[at:]


def _shown(token: str, names: Mapping[str, str]) -> str:
    target, _, label = token.partition("|")
    if target.startswith("@"):
        return user(target[1:], label, names)
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        return _special(target[1:], label)
    return link(target, label)


def _special(name: str, label: str) -> str:
    """Show `<!here>`, `<!subteam^ID|@group>` and `<!date^seconds^format^link|fallback>`."""
    command, _, rest = name.partition("^")
    if command == "date" and rest:
        seconds, _, template = rest.partition("^")
        template, _, address = template.partition("^")
        return link(address, label or date(seconds, template))
    if label:
        return label
    return f"@{rest.partition('^')[0] if command == 'subteam' and rest else command}"


def date(seconds: str, template: str) -> str:
    """Return a date as its template tells, else the template itself."""
    known = dates.shown(int(seconds), template) if _SECONDS.fullmatch(seconds) else ""
    return known or template
