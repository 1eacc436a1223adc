"""Values that are more than their text: secrets, and paths; and which texts must stay unseen."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from maitred.contracts.limits import KIB
from maitred.contracts.secret import Secret
from maitred.gateway.settings.examine import Hook, shown

SECRET_BYTES_MAX: Final = 64 * KIB
HIDDEN: Final = "***"
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_REFERENCE: Final = re.compile(r"(?:env|file):")
_TELLING: Final = re.compile(
    r"passw|passphrase|secret|token|credential|seed|api_?key|private|auth_?key|encryption_?key|signing",
    re.IGNORECASE,
)
_USERINFO: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*://|^)([^/\s@]*:[^/\s]*)@")
_TOKEN: Final = re.compile(r"xox[a-z]-|xapp-|eyJ|SK[0-9a-f]{32}\Z|[0-9a-f]{32,}\Z|-----BEGIN")
_HIDDEN_CHARACTERS_MIN: Final = 4
"""Shorter texts stand in every sentence by chance; a secret of that length is none."""


def read_value(folder: Path) -> Hook:
    """Return the hook that reads secrets and paths; relative paths start at `folder`."""

    def hook(cls: type, raw: Any) -> Any:  # noqa: ANN401  (msgspec's own signature)
        if cls is Secret:
            return _secret(raw, folder)
        if issubclass(cls, Path):
            if not isinstance(raw, str) or not raw or "\0" in raw:
                raise ValueError(f"expected a path, found {shown(raw)}")
            return folder / _home(raw)
        raise NotImplementedError(f"settings of type {cls.__name__} cannot be read")

    return hook


def hide(fault: str, texts: tuple[str, ...]) -> str:
    """Return `fault` in one line, with each of `texts` (the longest first) blotted out."""
    for text in texts:
        fault = fault.replace(text, HIDDEN).replace(repr(text)[1:-1], HIDDEN)
    return " ".join(fault.split())


def hidden_texts(raw: object) -> tuple[str, ...]:
    """Return the texts of a configuration that no message may repeat, the longest first.

    Those are the texts under a telling name, whatever the shape says of it, what looks like a
    token, and user and password in an address. References (`env:`, `file:`) are no secrets.
    """
    found = {text for text in _texts(raw, telling=False) if len(text) >= _HIDDEN_CHARACTERS_MIN}
    return tuple(sorted(found, key=lambda text: (-len(text), text)))


def _texts(raw: object, *, telling: bool) -> Iterator[str]:
    if isinstance(raw, dict):
        for key, value in raw.items():
            yield from _texts(value, telling=telling or bool(_TELLING.search(key)))
    elif isinstance(raw, list):
        for value in raw:
            yield from _texts(value, telling=telling)
    elif isinstance(raw, str) and not _REFERENCE.match(raw):
        if telling or _TOKEN.match(raw):
            yield raw
        for userinfo in _USERINFO.findall(raw):
            yield from (userinfo, userinfo.partition(":")[2], unquote(userinfo.partition(":")[2]))


def _secret(raw: object, folder: Path) -> Secret:
    if isinstance(raw, Secret):
        return raw
    where, _, name = raw.partition(":") if isinstance(raw, str) else ("", "", "")
    if where == "env" and _VARIABLE.match(name):
        if value := os.environ.get(name, "").strip():
            return Secret(value)
        raise ValueError(f"the environment variable {name} is not set, or empty")
    if where == "file" and name and "\0" not in name:
        return Secret(_file(name, folder))
    raise ValueError('a secret is written as "env:NAME" or "file:PATH", never in plain')


def _file(name: str, folder: Path) -> str:
    try:
        with (folder / _home(name)).open("rb") as file:
            data = file.read(SECRET_BYTES_MAX + 1)
        value = data.decode().strip()
    except OSError as error:
        raise ValueError(f"the file {name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"the file {name} cannot be read: not a text file") from None
    if len(data) > SECRET_BYTES_MAX:
        raise ValueError(f"the file {name} is larger than {SECRET_BYTES_MAX // KIB} KiB")
    if not value:
        raise ValueError(f"the file {name} is empty")
    return value


def _home(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)
