"""The project's own files, as the tidy tests see them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
BRICKS: Final = ("contracts", "connectors", "normalizer", "identity", "router", "gateway")
CODE: Final = (*BRICKS, "tests", "demo", "benchmarks", "examples")
_NOT_OURS: Final = {"node_modules", "dist", "maitred-data"}
_TEXT: Final = {
    "",
    ".cfg",
    ".conf",
    ".html",
    ".js",
    ".json",
    ".md",
    ".mjs",
    ".py",
    ".service",
    ".toml",
    ".yaml",
    ".yml",
}


def project() -> dict[str, Any]:
    """Return `pyproject.toml`."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def files(*folders: str) -> Iterator[Path]:
    """Yield every file of ours below `folders`, hidden folders and caches left out."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            parts = path.relative_to(ROOT).parts
            hidden = any(part.startswith((".", "__pycache__")) for part in parts)
            if path.is_file() and not hidden and not _NOT_OURS.intersection(parts):
                yield path


def code() -> list[Path]:
    """Return every Python file of ours."""
    return [path for path in files(*CODE) if path.suffix == ".py"]


def prose() -> list[Path]:
    """Return everything of ours that a person reads: code, documents and settings."""
    top = [path for path in ROOT.iterdir() if path.is_file() and path.name != "requirements.lock"]
    found = [*files(*CODE, "docs", "deploy"), *sorted(top)]
    found += sorted((ROOT / ".ci").iterdir())
    return [path for path in found if path.suffix in _TEXT]


def shown(path: Path) -> str:
    """Return how a path is named in a failure."""
    return str(path.relative_to(ROOT))
