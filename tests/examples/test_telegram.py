"""The example of a connector in a package of its own: built, installed, found, and proven."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from maitred.connectors.testing import CASES

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "telegram"
PAGE = (ROOT / "docs" / "connectors.md").read_text("utf-8")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the package's wheel, without a network, and unpack it as pip would."""
    folder = tmp_path_factory.mktemp("wheel")
    run = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=EXAMPLE,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    (wheel,) = folder.glob("*.whl")
    site = folder / "site"
    with ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def run_with(site: Path, *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env={"PYTHONPATH": str(site), "PATH": "", "BOT": "1:x", "SECRET": "y", "KEY": "k" * 32},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_gateway_finds_the_channel_and_reads_its_settings(
    installed: Path, tmp_path: Path
) -> None:
    settings = '[channels.telegram.accounts.main]\nbot_token = "env:BOT"\n'
    (tmp_path / "maitred.toml").write_text(
        f'[identity]\nsecret = "env:KEY"\n{settings}secret_tokens = ["env:SECRET"]\n'
    )
    (tmp_path / "wrong.toml").write_text(
        f'[identity]\nsecret = "env:KEY"\n{settings}secret_tokens = []\napi = "x"\n'
    )
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from maitred.gateway.settings.load import read\n"
        "for each in read(Path(sys.argv[1])).channels:\n"
        "    print(each.name, each.connector.__module__)\n"
    )
    good = run_with(installed, "-c", program, "maitred.toml", cwd=tmp_path)
    assert good.stdout == "telegram maitred_telegram.connector\n", good.stderr
    wrong = run_with(installed, "-c", program, "wrong.toml", cwd=tmp_path)
    assert "channels.telegram.accounts.main.api" in wrong.stderr


def test_the_suite_says_of_every_case_what_became_of_it(installed: Path, tmp_path: Path) -> None:
    (command,) = re.findall(r"(?m)^python (-m maitred\.connectors\.testing .*)$", PAGE)
    run = run_with(installed, *command.split(), cwd=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    lines = run.stdout.splitlines()
    assert [line.split()[1] for line in lines] == [case.name for case in CASES]
    assert {line.split()[0] for line in lines} == {"met", "n/a"}
    shown = re.findall(r"(?ms)^```text\n(.*?)^```", PAGE)
    assert set(shown[0].splitlines()) <= set(lines)


def test_the_test_module_of_the_page_is_one(installed: Path, tmp_path: Path) -> None:
    (module,) = re.findall(r"(?ms)^```python\n# conformance\n(.*?)^```", PAGE)
    (tmp_path / "test_mine.py").write_text(module)
    run = run_with(
        installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mine.py", cwd=tmp_path
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "skipped" in run.stdout


def test_a_connector_that_fails_a_case_fails_the_command(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from maitred_telegram.testing import TelegramDoor\n"
        "class Door(TelegramDoor):\n"
        "    def faulty(self):\n"
        "        return {}\n"
    )
    command = ("-m", "maitred.connectors.testing", "mine:Door")
    run = run_with(installed, *command, cwd=tmp_path)
    assert run.returncode == 1, run.stdout + run.stderr
    assert run.stdout.count("NOT MET") == run.stdout.count("NOT MET settings ") == 1


def test_every_case_stands_on_the_page() -> None:
    rows = re.findall(r"(?m)^\| `(\w+)` \| (.*) \|$", PAGE)
    cases = [(case.name, case.sentence) for case in CASES]
    assert [row for row in rows if row[0] in dict(cases)] == cases


def test_every_link_of_the_page_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", PAGE)
    assert links
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
