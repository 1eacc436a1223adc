"""Find a Chromium for the browser tests, or install one where that needs no questions.

`python -m tests.browser.install` is quick when one is there. On Debian and Ubuntu it installs the
distribution's own, if it may (root, or sudo without a password); elsewhere Playwright's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def chromium() -> str | None:
    """Return the path of an installed Chromium; `CHROMIUM` names one elsewhere."""
    if named := os.environ.get("CHROMIUM"):
        return named
    for name in NAMES:
        if found := shutil.which(name):
            return found
    return str(MAC) if MAC.exists() else None


def main() -> int:
    """Install a Chromium if there is none and return the exit code."""
    if chromium() is not None:
        return 0
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if shutil.which("apt-get") and (not prefix or shutil.which("sudo")):
        sys.stdout.write("Installing Chromium for the browser tests …\n")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
        ):
            if subprocess.run([*prefix, *command], env=quiet, check=False).returncode:
                break
    if chromium() is None:
        sys.stdout.write("Asking Playwright for its Chromium …\n")
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
