"""The demo, for a few seconds: everybody plays, everything adds up, and no impostor got in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from demo.__main__ import play

SECONDS = 4.0


async def test_the_demo_plays_to_its_end_and_finds_nothing_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = await play(tmp_path / "house", SECONDS)
    said = " ".join(capsys.readouterr().out.split())
    assert (code, "✗" in said) == (0, False), said
    proved = re.search(
        r"(\d+): (\d+) by a code, (\d+) by the site; mail and chat joined (\d+)", said
    )
    assert proved, said
    total, by_code, by_site, joined = map(int, proved.groups())
    assert min(by_code, by_site) > 0
    assert total == by_code + by_site == joined
    impostors = re.search(r"impostors (\d+): .*?; got in (\d+)", said)
    assert impostors, said
    assert int(impostors[1]) > 0
    assert impostors[2] == "0"
