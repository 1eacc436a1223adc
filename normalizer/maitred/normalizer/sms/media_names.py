"""Names for files that come without one, by their media type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

# Media types that Twilio accepts and what WhatsApp sends
# (twilio.com/docs/messaging/guides/accepted-mime-types, twilio.com/docs/whatsapp/guidance), with
# the extension under which systems open such a file. Where the subtype is the extension, the rule
# below is enough.
_EXTENSIONS: Final[Mapping[str, str]] = {
    "application/gzip": "gz",
    "application/json": "json",
    "application/msword": "doc",
    "application/octet-stream": "bin",
    "application/rtf": "rtf",
    "application/vcard": "vcf",
    "application/vnd.apple.pkpass": "pkpass",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "audio/3gpp": "3gp",
    "audio/3gpp2": "3g2",
    "audio/amr-nb": "amr",
    "audio/basic": "au",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/vnd.rn-realaudio": "ra",
    "audio/vnd.wave": "wav",
    "audio/x-m4a": "m4a",
    "image/jpeg": "jpg",
    "image/svg+xml": "svg",
    "image/tiff": "tif",
    "image/vnd.microsoft.icon": "ico",
    "text/calendar": "ics",
    "text/directory": "vcf",
    "text/plain": "txt",
    "text/vcard": "vcf",
    "text/x-vcard": "vcf",
    "video/3gpp": "3gp",
    "video/3gpp-tt": "3gp",
    "video/3gpp2": "3g2",
    "video/mpeg": "mpg",
    "video/quicktime": "mov",
    "video/x-msvideo": "avi",
}
_CONTACTS: Final = frozenset({"vcf"})
_KINDS: Final = {"image": "image", "audio": "audio", "video": "video"}
_SUBTYPE: Final = re.compile(r"(?:x-)?([a-z0-9]{1,8})\Z")


def media_type(written: str) -> str:
    """Return a media type without its parameters (RFC 9110, section 8.3.1), in lower case."""
    return written.partition(";")[0].strip().lower()


def extension(written: str) -> str:
    """Return the extension of files of this media type, `bin` where none is known."""
    kind = media_type(written)
    if kind in _EXTENSIONS:
        return _EXTENSIONS[kind]
    found = _SUBTYPE.match(kind.partition("/")[2])
    return found[1] if found else "bin"


def media_name(written: str, number: int = 0) -> str:
    """Return a name for a file of this media type, as `image.jpg` or `contact-2.vcf`.

    `number` counts the files of one message from 1, where there are several; 0 leaves it out.
    """
    ending = extension(written)
    kind = _KINDS.get(media_type(written).partition("/")[0], "file")
    stem = "contact" if ending in _CONTACTS else kind
    return f"{stem}-{number}.{ending}" if number else f"{stem}.{ending}"
