"""An archive on its way: a ZIP file that is there whole or not at all, for its owner's eyes."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

import msgspec
import orjson

NAME_CHARACTERS_MAX: Final = 100
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._ -]")
_RESERVED: Final = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|\Z)")
"""Names that Windows keeps for devices (learn.microsoft.com, "Naming Files")."""
_MODE: Final = 0o600


class Archive:
    """A ZIP file that is being written; its files are dated `at` (UTC milliseconds)."""

    def __init__(self, file: zipfile.ZipFile, at: int) -> None:
        self._file = file
        self._date = datetime.fromtimestamp(at / 1000, UTC).timetuple()[:6]

    def add(self, name: str, data: bytes | str) -> None:
        """Add one file."""
        with self.open(name) as write:
            write(data.encode() if isinstance(data, str) else data)

    def add_json(self, name: str, value: object) -> None:
        """Add one file of indented JSON."""
        plain = orjson.loads(msgspec.json.encode(value))
        self.add(name, orjson.dumps(plain, option=orjson.OPT_INDENT_2) + b"\n")

    @contextmanager
    def open(self, name: str) -> Iterator[Callable[[bytes], object]]:
        """Yield what writes a file piece by piece; one at a time."""
        info = zipfile.ZipInfo(name, self._date)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = _MODE << 16
        with self._file.open(info, "w", force_zip64=True) as member:
            yield member.write


@contextmanager
def new_archive(path: Path, at: int) -> Iterator[Archive]:
    """Write `path` in one step, readable by the owner only; left by an error, it is not there.

    Raises:
        FileExistsError: it is there already, or being written.
    """
    if path.exists():
        raise FileExistsError(17, os.strerror(17), str(path))
    fresh = path.with_name(f"{path.name}.part")
    descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, _MODE)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            with _zip(file) as archive:
                yield Archive(archive, at)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)
    finally:
        fresh.unlink(missing_ok=True)


def safe_name(name: str, number: int) -> str:
    """Return a name for the file of a stranger: harmless everywhere, and no other file's."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = _UNSAFE.sub("_", last).strip(" .")[-NAME_CHARACTERS_MAX:].strip(" .")
    if not plain or _RESERVED.match(plain):
        plain = f"file_{plain}".rstrip("_")
    return f"{number:02}-{plain}"


@contextmanager
def _zip(file: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        yield archive
