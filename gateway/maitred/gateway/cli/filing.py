"""Files that a command names: read as a whole, or seen to be writable before the work."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from maitred.contracts.errors import ConfigurationError

STDIN: Final = Path("-")


def bytes_of(file: Path, *, hint: str) -> bytes:
    """Return a file that the command names, or standard input for `-`.

    Raises:
        ConfigurationError: it cannot be read; `hint` says what to write where there is none.
    """
    if file == STDIN:
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise ConfigurationError(f"{file}: there is no such file; {hint}") from None
    except OSError as error:
        said = error.strerror or type(error).__name__
        raise ConfigurationError(f"{file}: cannot be read: {said}; {hint}") from None


def check_target(option: str, file: Path) -> None:
    """See that a file can be written, before the work whose result it is to hold.

    Raises:
        ConfigurationError: it is a folder, or its folder is not there.
    """
    if file.is_dir():
        raise ConfigurationError(f"{option}: {file}: is a folder; write the name of a file")
    if not file.parent.is_dir():
        raise ConfigurationError(
            f"{option}: {file}: there is no folder {file.parent}; make it, or name another"
        )
