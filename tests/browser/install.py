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

from tests import apt

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
    apt.install("chromium")
    if chromium() is None:
        sys.stdout.write("Asking Playwright for its Chromium …\n")
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
