"""Reading a workbook back as Excel does: each cell's text, number, yes or no, and nothing that it would reckon out."""

import io
from xml.etree.ElementTree import Element, fromstring
from zipfile import ZipFile

Cell = str | float | bool | None
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def read_sheet(workbook: bytes, number: int = 1) -> list[list[Cell]]:
    """The rows of a sheet, each as long as the first."""
    sheet = fromstring(_part(workbook, f"xl/worksheets/sheet{number}.xml"))  # noqa: S314  # we have just written it
    rows = [{_place(cell): _value(cell) for cell in row.iter(f"{_MAIN}c")} for row in sheet.iter(f"{_MAIN}row")]
    width = max(rows[0]) + 1
    return [[row.get(place) for place in range(width)] for row in rows]


def formulas_and_links(workbook: bytes) -> list[str]:
    """What a spreadsheet would reckon out or open."""
    text = _part(workbook, "xl/worksheets/sheet1.xml").decode()
    return [mark for mark in ("<f>", "<f ", "<hyperlink") if mark in text]


def _part(workbook: bytes, name: str) -> bytes:
    with ZipFile(io.BytesIO(workbook)) as parts:
        return parts.read(name)


def _place(cell: Element) -> int:
    """How far to the right a cell is: A1 is 0."""
    letters = cell.attrib["r"].rstrip("0123456789")
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def _value(cell: Element) -> Cell:
    said = "".join(each.text or "" for each in cell.iter() if each.tag in {f"{_MAIN}v", f"{_MAIN}t"})
    match cell.attrib.get("t"):
        case "inlineStr" | "str":
            return said
        case "b":
            return said == "1"
        case _:
            return float(said) if said else None
