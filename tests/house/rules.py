"""The rules of the house that no linter knows, each a function from a text to its faults."""

from __future__ import annotations

import ast
import re
from typing import Final

LINES_MAX: Final = 400
_LEFT_OVER: Final = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")
_MACHINE: Final = re.compile(r"/(?:work|root|home|Users|tmp)/\w|/opt/" + r"pypi")
_SLEEPS: Final = {"time.sleep", "asyncio.sleep"}
_POLLING: Final = "# polling"


def left_over(text: str) -> list[int]:
    """Return the lines with a note of what is still to be done."""
    return [number for number, line in _lines(text) if _LEFT_OVER.search(line)]


def machine_paths(text: str) -> list[int]:
    """Return the lines that name a folder of one certain machine."""
    return [number for number, line in _lines(text) if _MACHINE.search(line)]


def sleeps(text: str) -> list[int]:
    """Return the lines that sleep for time to pass instead of waiting for the event.

    `sleep(0)` only lets others run. A helper that must poll says why behind `# polling`.
    """
    lines = text.splitlines()
    return sorted(
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in _SLEEPS
        and not (node.args and ast.unparse(node.args[0]) == "0")
        and _POLLING not in lines[node.lineno - 1]
    )


def unexplained_skips(text: str) -> list[int]:
    """Return the lines that leave a test out without saying why."""
    return sorted(
        node.lineno
        for node in ast.walk(ast.parse(text))
        if (isinstance(node, ast.Call) and _leaves_out(node.func) and not _explained(node))
        or (
            (isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef))
            and any(_leaves_out(each) for each in node.decorator_list)
        )
    )


def _leaves_out(node: ast.expr) -> bool:
    return ast.unparse(node) in {
        "pytest.skip",
        "pytest.xfail",
        "pytest.mark.skip",
        "pytest.mark.skipif",
        "pytest.mark.xfail",
    }


def _explained(call: ast.Call) -> bool:
    said = [keyword.value for keyword in call.keywords if keyword.arg == "reason"]
    if not ast.unparse(call.func).startswith("pytest.mark."):
        said += call.args[:1]
    return any(not (isinstance(each, ast.Constant) and not each.value) for each in said)


def ignores_without_a_reason(text: str) -> list[str]:
    """Return the rules that Ruff is told to ignore without a comment saying why.

    The reason stands behind the rule, behind its neighbour of the same linter just above, or as
    lines of their own above a group of rules.
    """
    faults: list[str] = []
    inside = group = False
    neighbour = ""
    for raw in text.splitlines():
        line, _, comment = raw.strip().partition("#")
        if opened := re.match(r'(?:ignore|"[^"]+") = \[(.*)', line):
            inside, group, neighbour = True, False, ""
            line = opened.group(1)
        if not inside:
            continue
        rules = re.findall(r'"([A-Z]+)(\d*)"', line)
        if not rules and comment:
            group = True
        for letters, digits in rules:
            if comment or group or letters == neighbour:
                neighbour = letters if not group else ""
            else:
                faults.append(letters + digits)
        if comment and rules:
            group = False
        if line.rstrip().endswith("]"):
            inside = False
    return faults


def _lines(text: str) -> list[tuple[int, str]]:
    return list(enumerate(text.splitlines(), 1))
