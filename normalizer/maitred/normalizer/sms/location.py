"""A place that somebody sends, as a line that people can read."""

from __future__ import annotations

import re
from typing import Final

_COORDINATE: Final = re.compile(r"([+-]?[0-9]{1,3})(?:\.([0-9]{1,6})[0-9]{0,20})?\Z")
"""Six decimals are a tenth of a metre."""
_LATITUDE_MAX: Final = 90.0
_LONGITUDE_MAX: Final = 180.0


def location_line(*, latitude: str, longitude: str, label: str, address: str) -> str:
    """Return `Location: Label, Address (52.52, 13.40)`, or nothing where no part is known.

    Coordinates are in degrees (WGS 84), and left out where they are none.
    """
    north = _coordinate(latitude, _LATITUDE_MAX)
    east = _coordinate(longitude, _LONGITUDE_MAX)
    names = [name for name in (label.strip(), address.strip()) if name]
    if len(names) > 1 and names[1].casefold().startswith(names[0].casefold()):
        del names[0]
    words = ", ".join(names)
    if north and east:
        words = f"{words} ({north}, {east})".lstrip()
    return f"Location: {words}" if words else ""


def _coordinate(written: str, bound: float) -> str:
    """Return a coordinate in at most six decimals, or nothing if it is none."""
    found = _COORDINATE.match(written.strip())
    if found is None:
        return ""
    value = found[1].lstrip("+") + (f".{found[2]}" if found[2] else "")
    return value if abs(float(value)) <= bound else ""
