"""What an export says in words: the page that a person reads, and what is what in the archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Final
from urllib.parse import quote

_STYLE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem;
  color: #1c1c1c; background: #fff }
h1 { font-size: 1.4rem } h2 { font-size: 1rem; margin-top: 2.5rem; color: #555 }
article { border-left: 3px solid #c9c9c9; padding: .2rem 0 .2rem 1rem; margin: 1rem 0 }
article.ours { border-color: #2f6f4f }
header { color: #555; font-size: .85rem }
p { white-space: pre-wrap; overflow-wrap: anywhere; margin: .3rem 0 }
ul { margin: .3rem 0; padding-left: 1.2rem; font-size: .9rem }
"""
README: Final = """\
What is kept about one customer
===============================

customer    {customer}
made        {made} UTC

timeline.html       everything that was written, to be read in a browser, the oldest first
timeline.jsonl      the same with all details, one JSON object a line: what was written as it was
                    understood, later readings of it, and the answers as they were sent
customer.json       what is known of the customer besides
identifiers.json    addresses, numbers and accounts that he is known by; since when, and how surely
conversations/      each matter as it stands: the last things said, what it needs, the mood that was
                    read out of it, where it stands
decisions.jsonl     which agent was chosen when, and why
operations.json     what people here did about who he is, and why
proofs.json         when he was asked to prove an address, and when he did
raw/                messages exactly as they came in, and beside each (.json) what was known about
                    where it came from
attachments/        the files that came with them, by message
dead/               messages that could not be understood, as they came in

Times are milliseconds since 1970-01-01 UTC. Identifiers are named by keys, which are keyed hashes
and the same everywhere in this archive.

What is in it
-------------
{counts}

What is not in it
-----------------
* What others wrote. Where others took part in a matter of his, the places of their words are left
  empty; of matters of others in which he took part, only what he wrote himself is here.
* Messages that name one of his addresses as their sender without anything that proves it: whoever
  wrote them may be somebody else.
* What is kept for a shorter time than the rest and is gone already: raw messages and files above
  all. {gone}
* Files that stayed at the provider of the channel and that nobody has opened here.
"""
_LEVELS: Final = {
    0: "claimed",
    1: "asserted by the channel",
    2: "authenticated by the channel",
    3: "proven by a code",
    4: "signed, or an operator's word",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing that was said; `files` are names and where they stand in the archive, if so."""

    at: int
    who: str
    channel: str
    kind: str = ""
    subject: str = ""
    text: str = ""
    is_ours: bool = False
    files: Sequence[tuple[str, str]] = ()


def page_head(customer: str, made_at: int) -> str:
    """Return the beginning of the page; it loads nothing from anywhere."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>Timeline of {escape(customer)}</title>\n<style>{_STYLE}</style></head><body>\n"
        f"<h1>Timeline of {escape(customer)}</h1>\n"
        f"<p>As of {when(made_at)} UTC, the oldest first.</p>\n"
    )


def page_day(day: str) -> str:
    """Return the heading of a day."""
    return f"<h2>{escape(day)}</h2>\n"


def page_part(shown: Shown) -> str:
    """Return one thing that was said; whatever was written in it is shown and never obeyed."""
    kind = f" · {escape(shown.kind)}" if shown.kind else ""
    head = f"{when(shown.at)} UTC · {escape(shown.channel)} · {escape(shown.who)}{kind}"
    subject = f"<p><strong>{escape(shown.subject)}</strong></p>\n" if shown.subject else ""
    files = "".join(f"<li>{_file(name, place)}</li>" for name, place in shown.files)
    listed = f"<ul>{files}</ul>\n" if files else ""
    ours = ' class="ours"' if shown.is_ours else ""
    return (
        f"<article{ours}><header>{head}</header>\n{subject}<p>{escape(shown.text)}</p>\n"
        f"{listed}</article>\n"
    )


def page_tail() -> str:
    """Return the end of the page."""
    return "</body></html>\n"


def readme(customer: str, made_at: int, counts: Mapping[str, int], gone: int) -> str:
    """Return what is what; `gone` is how many raw messages and files are kept no more."""
    lines = [f"{count:>8,}  {what}" for what, count in counts.items()]
    missing = f"Of {gone:,} of them only the description is left." if gone else "None is, so far."
    return README.format(
        customer=customer, made=when(made_at), counts="\n".join(lines), gone=missing
    )


def level_in_words(level: int) -> str:
    """Return how surely an identifier is somebody's."""
    return _LEVELS.get(level, "unknown")


def when(at: int) -> str:
    """Return a time in UTC, to the second."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def day_of(at: int) -> str:
    """Return a day in UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d")


def _file(name: str, place: str) -> str:
    shown = escape(name or "a file without a name")
    return f'<a href="{quote(place)}">{shown}</a>' if place else f"{shown} (not kept here)"
