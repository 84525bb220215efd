"""A QR code as the numbers that a template draws: the side of the square and the path of its dark modules."""

from dataclasses import dataclass

import segno


@dataclass(frozen=True)
class QrCode:
    """A square of `side` modules, its quiet margin included, and an SVG path over the dark ones."""

    side: int
    path: str


def qr_of(text: str) -> QrCode:
    """The code for a text, with the margin of four modules that cameras need."""
    code = segno.make(text, error="m", micro=False)
    rows = [bytes(row) for row in code.matrix_iter(scale=1, border=4)]
    runs = [f"M{x} {y}h{length}v1h-{length}z" for y, row in enumerate(rows) for x, length in _runs(row)]
    return QrCode(len(rows), "".join(runs))


def _runs(row: bytes) -> list[tuple[int, int]]:
    """Where dark modules begin in a row, and how many stand side by side."""
    found: list[tuple[int, int]] = []
    for x, is_dark in enumerate(row):
        if not is_dark:
            continue
        if found and sum(found[-1]) == x:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((x, 1))
    return found
