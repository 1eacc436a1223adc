"""Processes of this machine: who they are, and how a child ends with its parent."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_STEP_S: Final = 0.02


def start_of(pid: int) -> str | None:
    """Return when process `pid` was started, as a mark that no later process of that id shares.

    None when there is no such process, or it is a zombie.
    """
    if sys.platform == "linux":
        try:
            fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2]
            boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        except OSError:
            return None
        # proc(5): the text after the name starts with field 3 (state); field 22 is the start.
        words = fields.split()
        return None if words[0] == "Z" else f"{boot}:{words[19]}"
    shown = subprocess.run(
        ["/bin/ps", "-o", "state=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        env={"LC_ALL": "C"},
    ).stdout.split()
    return None if not shown or shown[0].startswith("Z") else " ".join(shown[1:])


def end(pid: int, *, timeout_ms: int) -> bool:
    """End process `pid`: ask, wait `timeout_ms`, then insist. Returns whether it is gone."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return True
        deadline = time.monotonic() + timeout_ms / 1000
        while time.monotonic() < deadline:
            if start_of(pid) is None:
                return True
            time.sleep(_STEP_S)
    return False


def dying_with_parent() -> Callable[[], None] | None:
    """Return what a child runs before `exec` so that it gets SIGTERM when its parent dies.

    Linux only, prctl(2) PR_SET_PDEATHSIG; the kernel ties it to the *thread* that starts the
    child, so start it from the main thread. Elsewhere None: there an orphan is found and ended
    by the next start, which knows its id and start time.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def before_exec() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it died between fork and prctl
            os._exit(1)

    return before_exec
