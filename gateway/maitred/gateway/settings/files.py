"""Files of settings: TOML, bounded in size, with every fault in one line."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

from maitred.contracts.errors import ConfigurationError
from maitred.contracts.limits import MIB

FILE_BYTES_MAX: Final = 8 * MIB
"""Ten thousand agents with all their skills take about half of it."""


def read_toml(path: Path) -> dict[str, Any]:
    """Return what stands in a TOML file.

    Raises:
        ConfigurationError: there is none, it is too large, or it is not TOML.
    """
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
        if len(data) > FILE_BYTES_MAX:
            raise ConfigurationError(f"{path}: larger than {FILE_BYTES_MAX // MIB} MiB")
        return tomllib.loads(data.decode("utf-8-sig"))
    except FileNotFoundError:
        raise ConfigurationError(
            f"{path}: there is no such file; `maitred init` writes one to start from"
        ) from None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: cannot be read: it is not UTF-8") from None
    except RecursionError:
        raise ConfigurationError(f"{path}: not valid TOML: nested too deeply") from None
    except ValueError as error:
        # Beside TOMLDecodeError, for instance a number of more digits than Python reads.
        raise ConfigurationError(f"{path}: not valid TOML: {error}") from None
