"""Packages of Debian and Ubuntu that tests need, installed where that needs no questions."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys


def install(*packages: str) -> None:
    """Install packages, if we may (root, or sudo without a password) and apt is here."""
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if shutil.which("apt-get") is None or (prefix and shutil.which("sudo") is None):
        return
    sys.stdout.write(f"Installing {packages[0]} for the tests …\n")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
    ):
        if subprocess.run([*prefix, *command], env=quiet, check=False).returncode:
            return
