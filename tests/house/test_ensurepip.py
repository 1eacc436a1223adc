"""`make setup` on a Python without ensurepip: installed where it may be, else said in one line.

Method: a folder of programs takes the place of PATH. The Python in it is a shell script that lacks
ensurepip until a file beside it exists, and apt-get, where there is one, makes that file.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.sources import ROOT

SHELL = shutil.which("sh") or "/bin/sh"
PYTHON = """\
case "$*" in
    *ensurepip*) test -e "$0.has_ensurepip" ;;
    *print*) echo 3.11 ;;
    *) echo "$*" >>"$0.calls" ;;
esac
"""
APT_GET = """\
echo "$DEBIAN_FRONTEND $*" >>"$0.calls"
case "$*" in *python3-venv*) : >"${0%apt-get}python3.has_ensurepip" ;; esac
"""
FAILING_APT_GET = 'echo "$*" >>"$0.calls"; echo "no network"; exit 100\n'


def _program(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(f"#!{SHELL}\n{text}")
    path.chmod(0o755)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with a Python without ensurepip, `env`, and a user that is root."""
    _program(tmp_path, "python3", PYTHON)
    _program(tmp_path, "id", "echo 0\n")
    for name in ("env", "true"):
        found = shutil.which(name)
        assert found
        (tmp_path / name).symlink_to(found)
    return tmp_path


def _run(programs: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SHELL, str(ROOT / "tests" / "house" / "ensurepip.sh"), str(programs / "python3")],
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def _says_what_to_install(run: subprocess.CompletedProcess[str]) -> bool:
    lines = run.stderr.splitlines()
    return run.returncode == 1 and len(lines) == 1 and "install python3-venv" in lines[0]


def test_a_python_that_has_it_is_left_alone(programs: Path) -> None:
    (programs / "python3.has_ensurepip").touch()
    _program(programs, "apt-get", APT_GET)
    run = _run(programs)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert not (programs / "apt-get.calls").exists()


def test_without_apt_get_one_line_says_what_to_install(programs: Path) -> None:
    run = _run(programs)
    assert _says_what_to_install(run)
    assert run.stdout == ""


def test_root_installs_it_without_questions(programs: Path) -> None:
    _program(programs, "apt-get", APT_GET)
    run = _run(programs)
    assert (run.returncode, run.stderr) == (0, "")
    update, install = (programs / "apt-get.calls").read_text().splitlines()
    assert update == "noninteractive -qq update"
    assert install == "noninteractive -qq install -y --no-install-recommends python3-venv"


def test_an_installation_that_fails_ends_in_the_one_line(programs: Path) -> None:
    _program(programs, "apt-get", FAILING_APT_GET)
    assert _says_what_to_install(_run(programs))


@pytest.mark.parametrize("sudo", ["", "exit 1\n"])
def test_who_may_not_install_is_told_so_and_asked_nothing(programs: Path, sudo: str) -> None:
    _program(programs, "id", "echo 1000\n")
    _program(programs, "apt-get", APT_GET)
    if sudo:
        _program(programs, "sudo", sudo)
    assert _says_what_to_install(_run(programs))
    assert not (programs / "apt-get.calls").exists()


def test_sudo_without_a_password_installs_it(programs: Path) -> None:
    _program(programs, "id", "echo 1000\n")
    _program(programs, "apt-get", APT_GET)
    _program(programs, "sudo", 'test "$1" = -n || exit 1\nshift\nexec "$@"\n')
    assert _run(programs).returncode == 0
    assert (programs / "python3.has_ensurepip").exists()


def test_make_setup_looks_before_it_makes_the_environment(programs: Path, tmp_path: Path) -> None:
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not on this machine; the script itself is tested above")
    run = subprocess.run(
        [
            make, "-f", str(ROOT / "Makefile"), "-C", str(ROOT), "setup",
            f"VENV={tmp_path / 'venv'}", f"PYTHON={programs / 'python3'}",
        ],
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )  # fmt: skip
    assert run.returncode != 0
    assert "install python3-venv" in run.stderr
    assert "venv" not in (programs / "python3.calls").read_text()
