"""Tables: told apart by what they hold, as mail lays out nearly everything with tables.

Nothing but the whole table tells whether its cells are data, so the writer leaves a slot before
each cell, which is filled when the table ends: in a table of data cells stand behind each other
with a bar between them, in a layout they are lines and paragraphs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

CELL_CHARACTERS_MAX: Final = 200
"""What is longer is no datum but a text, unless the table says otherwise."""
_COLUMNS_MIN: Final = 2
_LINES_OF_TABLE: Final = 2
_LINE_ENDS: Final = frozenset({"\n", "\n\n"})


@dataclass(slots=True)
class _Cell:
    out: list[str]
    slot: int
    starts_row: bool
    end: int = 0
    characters: int = 0
    lines: int = 1
    holds_table: bool = False


class Table:
    """One table while it is written."""

    def __init__(self, attributes: Mapping[str, str | None]) -> None:
        role = (attributes.get("role") or "").strip().lower()
        self._is_layout = role in {"presentation", "none"}
        self._is_data = (attributes.get("border") or "0").strip() not in {"", "0"}
        self._cells: list[_Cell] = []
        self._lead: str | None = None
        self._row_begins = True

    def begin_row(self) -> None:
        """Let the next cell be the first of a row."""
        self._row_begins = True

    def begin_cell(self, out: list[str], lead: str, *, heads: bool) -> None:
        """Leave a slot in `out` before a cell; `lead` is what belongs before the table."""
        if self._lead is None:
            self._lead = lead
        self._is_data |= heads
        self._cells.append(_Cell(out, len(out), self._row_begins))
        self._row_begins = False
        out.append("")

    def end_cell(self, *, has_words: bool) -> None:
        """End the cell that began last."""
        cell = self._cells[-1]
        cell.end = len(cell.out)
        if cell.holds_table:
            cell.characters, cell.lines = int(has_words), _LINES_OF_TABLE
            return
        for each in cell.out[cell.slot + 1 :]:
            if each in _LINE_ENDS:
                cell.lines += 1
            else:
                cell.characters += len(each)

    def nest(self) -> None:
        """Take note of a table inside the cell that began last: then this one is a layout."""
        self._is_layout = True
        if self._cells:
            self._cells[-1].holds_table = True

    def fill(self) -> None:
        """Fill the slots of all cells."""
        rows: list[list[_Cell]] = []
        for cell in self._cells:
            if cell.starts_row or not rows:
                rows.append([])
            rows[-1].append(cell)
        rows = [row for row in rows if any(cell.characters for cell in row)]
        if self._reads_as_data(rows):
            _fill_data(rows, self._lead or "")
        else:
            _fill_layout(rows, self._lead or "")

    def _reads_as_data(self, rows: Sequence[Sequence[_Cell]]) -> bool:
        if self._is_layout or not any(
            sum(bool(cell.characters) for cell in row) > 1 for row in rows
        ):
            return False
        return self._is_data or all(
            cell.lines == 1 and cell.characters <= CELL_CHARACTERS_MAX
            for row in rows
            for cell in row
        )


def _fill_data(rows: Sequence[Sequence[_Cell]], lead: str) -> None:
    for row in rows:
        last = max(number for number, cell in enumerate(row) if cell.characters)
        behind = ""
        for cell in row[: last + 1]:
            cell.out[cell.slot] = lead if cell is row[0] else f"{behind}| "
            behind = " " if cell.characters else ""
            for place in range(cell.slot + 1, cell.end):
                if cell.out[place] in _LINE_ENDS:
                    cell.out[place] = " "
        lead = "\n"


def _fill_layout(rows: Sequence[Sequence[_Cell]], lead: str) -> None:
    before: _Cell | None = None
    for cell in (each for row in rows for each in row if each.characters):
        if before is None:
            cell.out[cell.slot] = lead
        else:
            cell.out[cell.slot] = "\n" if before.lines == cell.lines == 1 else "\n\n"
        before = cell
