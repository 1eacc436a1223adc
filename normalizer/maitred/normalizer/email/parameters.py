"""Values with parameters: Content-Type and Content-Disposition (RFC 2045, 2183 and 2231)."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from maitred.normalizer.email.charset import text_of
from maitred.normalizer.email.charset_names import codec
from maitred.normalizer.email.encoded_words import decoded

PARAMETERS_MAX: Final = 64
_TYPE_CHARACTERS_MAX: Final = 128

# A semicolon stands before a parameter, or only white space where the sender forgot it. A quote
# ends a value only if something follows that may follow: names hold bare quotes (`"my "own".pdf"`).
_PARAMETER: Final = re.compile(
    r"(?<![;\s])[;\s][;\s]*+([^\s=;\"]{1,100}+)\s*+=\s*+"
    r"(?:\"((?:[^\"\\]|\\.|\"(?!\s{0,20}(?:;|$|[\w*-]{1,30}\s{0,20}=)))*+)\"?|([^;]*+))",
    re.DOTALL,
)
# One parameter that holds nothing of what senders break, as most values have.
_USUAL: Final = re.compile(r"[^;\"\s]++;\s*+([\w-]{1,100}+)=(?:\"([^\"\\]*+)\"|([^\s;\"]++))\s*+")
_SECTION: Final = re.compile(r"([^*]++)\*(\d{1,3})?(\*)?$")
_ESCAPED: Final = re.compile(r"\\([\"\\])")
_PATH: Final = re.compile(r"^(?:[A-Za-z]:|~|[/\\])|[\\]|(?:^|/)\.\.?(?:/|$)")


def media_type(value: str) -> str:
    """Return the type in a Content-Type in lower case, empty where it is none."""
    name = value.partition(";")[0].strip().lower()
    main, _, rest = name.partition("/")
    words = rest.split(maxsplit=1)
    sub = words[0].partition("/")[0] if words else ""
    return f"{main}/{sub}"[:_TYPE_CHARACTERS_MAX] if sub and main.split() == [main] else ""


def parameters(value: str) -> dict[str, str]:
    """Return the parameters of a header value, by name in lower case.

    Continuations and charsets of RFC 2231 are understood, also broken ones, and encoded words,
    which do not belong there but are what most senders write. Of two equal names the first
    counts, and the form of RFC 2231 before the other.
    """
    if "=" not in value:
        return {}
    usual = _USUAL.fullmatch(value)
    if usual is not None:
        return {usual[1].lower(): decoded(usual[2] or usual[3] or "")}
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for count, match in enumerate(_PARAMETER.finditer(value)):
        if count == PARAMETERS_MAX:
            break
        name = match[1].lower()
        quoted = match[2]
        content = _ESCAPED.sub(r"\1", quoted) if quoted is not None else match[3].strip()
        section = _SECTION.match(name) if "*" in name else None
        if section is None:
            plain.setdefault(name, decoded(content))
            continue
        encoded = section[3] is not None or section[2] is None
        sections.setdefault(section[1], {}).setdefault(int(section[2] or 0), (content, encoded))
    return plain | {name: _joined(parts) for name, parts in sections.items()}


def _joined(parts: dict[int, tuple[str, bool]]) -> str:
    """Join the sections of one parameter (RFC 2231, sections 3 and 4)."""
    charset, data = "", b""
    first = min(parts)
    for index in sorted(parts):
        content, encoded = parts[index]
        if encoded and index == first and "'" in content:
            charset, content = _charset_and_value(content)
        if encoded and "%" in content:
            data += unquote_to_bytes(content)
        else:
            data += content.encode(codec(charset) or "utf_8", errors="replace")
    return decoded(text_of(data, charset)[0])


def _charset_and_value(content: str) -> tuple[str, str]:
    """Split `charset'language'value`; some senders leave out the language with its quote."""
    charset, _, rest = content.partition("'")
    language, quote, value = rest.partition("'")
    if quote and (len(language) <= len("zh-Hant-TW") or not charset):
        return charset, value
    return (charset, rest) if codec(charset) else ("", content)


def file_name(name: str) -> str:
    r"""Return the name of a file without the folders before it (RFC 2183, section 2.3).

    A slash that is no path (`Invoice 10/2023.pdf`) stays.
    """
    stripped = name.strip()
    if _PATH.search(stripped):
        stripped = re.split(r"[/\\]", stripped)[-1].strip()
        stripped = stripped.removeprefix("~")
    return "" if stripped.strip(".") == "" else stripped
