"""Marks: how mail programs mark quotes, forwarded mails and signatures in their HTML.

Names as the programs write them. A program that quotes a mail renames what it finds there, to
`x_...` (Outlook), `yiv123...` and `ydp123...` (Yahoo) or `m_-123...` (Gmail), so that its own
marks are the bare ones; renamed ones still say what they said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, auto
from typing import Final


class Mark(Enum):
    """What an element says about the words in it, or behind it."""

    QUOTE = auto()
    """All of it is quoted."""
    HOLDER = auto()
    """It holds the attribution, and the quote in `blockquote`s; between these are answers."""
    FORWARD = auto()
    """All of it is passed on."""
    SIGNATURE = auto()
    """All of it is a signature."""
    TYPED_SIGNATURE = auto()
    """The same, in an element that a program on a telephone lets people write into."""
    SIGNED = auto()
    """The rest of its parent is a signature."""
    DIVIDER = auto()
    """From here on all is quoted."""
    PERHAPS_QUOTE = auto()
    """It is quoted if an attribution introduces it."""
    PERHAPS_DIVIDER = auto()
    """From here on all is quoted if it begins with headers."""


_CLASSES: Final = {
    # Gmail; a `div` of the first holds, a `blockquote` is the quote. Also Mailspring, Superhuman.
    "gmail_quote": Mark.HOLDER,
    "gmail_quote_container": Mark.HOLDER,
    "gmail_attr": Mark.QUOTE,
    "gmail_signature": Mark.TYPED_SIGNATURE,
    "gmail_signature_prefix": Mark.SIGNATURE,
    # Thunderbird
    "moz-cite-prefix": Mark.QUOTE,
    "moz-forward-container": Mark.FORWARD,
    "moz-email-headers-table": Mark.FORWARD,
    "moz-signature": Mark.SIGNATURE,
    # Apple Mail, for a mail that another program wrote
    "applemailsignature": Mark.TYPED_SIGNATURE,
    "appleoriginalcontents": Mark.HOLDER,
    # Outlook
    "outlookmessageheader": Mark.DIVIDER,
    "ms-outlook-mobile-reference-message": Mark.QUOTE,
    "ms-outlook-mobile-signature": Mark.TYPED_SIGNATURE,
    "ms-outlook-ios-signature": Mark.TYPED_SIGNATURE,
    "msoautosig": Mark.SIGNATURE,
    # Yahoo
    "yahoo_quoted": Mark.QUOTE,
    "iosymail": Mark.QUOTE,
    "yahoo-signature": Mark.SIGNATURE,
    "yahoo_signature": Mark.SIGNATURE,
    "signature": Mark.SIGNATURE,
    # Proton, Tuta, Zoho
    "protonmail_quote": Mark.HOLDER,
    "protonmail_signature_block": Mark.SIGNATURE,
    "tutanota_quote": Mark.QUOTE,
    "zmail_extra": Mark.HOLDER,
    "zmail_extra_hr": Mark.QUOTE,
    "zmail_signature": Mark.SIGNATURE,
    # Mail.ru, Alibaba, Infomaniak
    "mail-quote-collapse": Mark.QUOTE,
    "mailru-blockquote": Mark.QUOTE,
    "alimail-quote": Mark.QUOTE,
    "ik_mail_quote": Mark.QUOTE,
    "editorusersignature": Mark.SIGNATURE,
    # Notes and Domino
    "inoteshistory": Mark.QUOTE,
    # Evolution
    "-x-evo-signature-wrapper": Mark.SIGNATURE,
    "-x-evo-signature": Mark.SIGNATURE,
    # Airmail, Superhuman, Notion, Missive, Front
    "airmail_on": Mark.QUOTE,
    "clean_bq": Mark.QUOTE,
    "sh-quoted-content": Mark.QUOTE,
    "sh-signature": Mark.SIGNATURE,
    "notion-mail-quote": Mark.QUOTE,
    "missive_quote": Mark.QUOTE,
    "missive_signature": Mark.SIGNATURE,
    "front-blockquote": Mark.QUOTE,
    "front-signature": Mark.SIGNATURE,
    # Help desks: Freshdesk, Zendesk, Fernand; Intercom and Help Scout use a common word.
    "freshdesk_quote": Mark.QUOTE,
    "quotedreply": Mark.QUOTE,
    "fernand_quote": Mark.QUOTE,
    "history": Mark.PERHAPS_QUOTE,
    "quoted-content": Mark.PERHAPS_QUOTE,
    "quote": Mark.PERHAPS_QUOTE,
}
_IDS: Final = {
    # Outlook, on a desk, in a browser, on a telephone and on a Mac
    "divrplyfwdmsg": Mark.DIVIDER,
    "stopspelling": Mark.DIVIDER,
    "mail-editor-reference-message-container": Mark.QUOTE,
    "olk_src_body_section": Mark.QUOTE,
    "signature": Mark.SIGNATURE,
    "ms-outlook-mobile-signature": Mark.TYPED_SIGNATURE,
    # Apple, on a telephone
    "applemailsignature": Mark.TYPED_SIGNATURE,
    "linebreakatbeginningofsignature": Mark.SIGNED,
    # Yahoo
    "yahoo_quoted": Mark.QUOTE,
    "iosymail": Mark.QUOTE,
    "yahoomailsignature": Mark.SIGNATURE,
    "ymail_android_signature": Mark.TYPED_SIGNATURE,
    # Samsung
    "composer_signature": Mark.TYPED_SIGNATURE,
    # Zimbra, Zoho, Roundcube
    "zwchr": Mark.DIVIDER,
    "blockquote_zmail": Mark.QUOTE,
    "zmail_extra": Mark.HOLDER,
    "zm-_id_-sgn": Mark.SIGNATURE,
    "reply-intro": Mark.QUOTE,
    # NetEase, QQ, 139
    "isreplycontent": Mark.QUOTE,
    "isforwardcontent": Mark.FORWARD,
    "orimsghtmlseperator": Mark.QUOTE,
    "origbody": Mark.QUOTE,
    "reply139content": Mark.QUOTE,
    "replysplit": Mark.DIVIDER,
}
_NAMES: Final = {
    # GMX and web.de
    "quote": Mark.QUOTE,
    # Spark
    "messagereplysection": Mark.HOLDER,
    "messagesignaturesection": Mark.SIGNATURE,
}
_MARKERS: Final = {
    # Zimbra
    "__divider__": Mark.DIVIDER,
    "__headers__": Mark.DIVIDER,
    "__quoted_text__": Mark.QUOTE,
    "__sig_pre__": Mark.TYPED_SIGNATURE,
    "__sig_post__": Mark.SIGNATURE,
}
TELLING: Final = frozenset({"blockquote", "signature", "hr"})
"""Elements that say something without any attribute."""
_PREFIXES: Final = ("x_", "yiv", "ydp", "m_")
_RENAMED: Final = re.compile(
    r"^(?:x_|yiv\d{1,20}|m_-?\d{1,20}|ydp[0-9a-f]{1,20}(?=yahoo|signature|ios))++"
)
# Yahoo and Fastmail number them.
_NUMBERED_IDS: Final = (
    (re.compile(r"yahoo_quoted_\d{1,20}"), Mark.QUOTE),
    (re.compile(r"sig\d{4,20}"), Mark.SIGNATURE),
)


def mark(tag: str, attributes: Mapping[str, str | None]) -> Mark | None:
    """Return what an element's name and attributes say; most say nothing."""
    if tag == "blockquote":
        return _of_blockquote(attributes)
    if tag == "signature":
        return Mark.SIGNATURE
    named = _named(attributes) if attributes else None
    if named is not None:
        return named
    is_drawn = tag == "div" and "border" in (attributes.get("style") or "").lower()
    return Mark.PERHAPS_DIVIDER if is_drawn or tag == "hr" else None


def _of_blockquote(attributes: Mapping[str, str | None]) -> Mark:
    """Return what a block quotation says: most people's programs know no other indentation."""
    kind = (attributes.get("type") or "").strip().lower()
    source = (attributes.get("cite") or "").lower()
    if kind == "cite" or source.startswith("mid:"):
        return Mark.QUOTE
    named = _named(attributes) if attributes else None
    return Mark.PERHAPS_QUOTE if named is None else Mark.QUOTE


def _named(attributes: Mapping[str, str | None]) -> Mark | None:
    for name in (attributes.get("class") or "").lower().split():
        if found := _CLASSES.get(_bare(name)):
            return found
    if identifier := _bare((attributes.get("id") or "").lower()):
        if found := _IDS.get(identifier):
            return found
        for pattern, numbered in _NUMBERED_IDS:
            if pattern.fullmatch(identifier):
                return numbered
    if found := _NAMES.get((attributes.get("name") or "").lower()):
        return found
    if found := _MARKERS.get((attributes.get("data-marker") or "").lower()):
        return found
    return Mark.SIGNATURE if attributes.get("data-smartmail") == "gmail_signature" else None


def _bare(name: str) -> str:
    """Return a name as the program wrote it that marked the mail first."""
    return _RENAMED.sub("", name) if name.startswith(_PREFIXES) else name
