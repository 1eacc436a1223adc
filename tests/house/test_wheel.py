"""The wheel holds `maitred` and nothing else, and all of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import pytest

from tests.house.sources import BRICKS, ROOT, files, project


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel once, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    run = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    (built,) = folder.iterdir()
    return built


def _names(wheel: Path) -> set[str]:
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_its_only_top_level_is_maitred(wheel: Path) -> None:
    """A top level called `router` or `identity` would clash with packages of those names."""
    version = project()["project"]["version"]
    tops = {PurePosixPath(name).parts[0] for name in _names(wheel)}
    assert tops == {"maitred", f"maitred-{version}.dist-info"}
    assert "maitred/__init__.py" not in _names(wheel)


@pytest.mark.parametrize("brick", BRICKS)
def test_it_holds_every_file_of_a_brick(wheel: Path, brick: str) -> None:
    ours = {str(path.relative_to(ROOT / brick)) for path in files(f"{brick}/maitred")}
    packed = {name for name in _names(wheel) if name.startswith(f"maitred/{brick}/")}
    assert packed == ours
    assert f"maitred/{brick}/py.typed" in packed


def test_it_carries_its_licence_and_its_entry_points(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        info = next(name for name in archive.namelist() if name.endswith("/METADATA"))
        folder = PurePosixPath(info).parent
        licence = archive.read(str(folder / "licenses" / "LICENSE"))
        points = archive.read(str(folder / "entry_points.txt")).decode()
    assert licence == (ROOT / "LICENSE").read_bytes()
    for group in project()["project"]["entry-points"]:
        assert f"[{group}]" in points
    assert "maitred = maitred.gateway.cli:main" in points


def test_every_brick_can_be_imported_from_it(wheel: Path, tmp_path: Path) -> None:
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    program = (
        "import importlib, sys\n"
        "folder, *bricks = sys.argv[1:]\n"
        "sys.path.insert(0, folder)\n"
        "for brick in bricks:\n"
        "    file = importlib.import_module('maitred.' + brick).__file__\n"
        "    assert file.startswith(folder), file\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, tmp_path, *BRICKS],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
