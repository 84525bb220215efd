"""Tables of figures in plain text."""

from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies, by the nearest rank."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, max(0, round(share * len(ranked) + 0.5) - 1))]


def promises(*kept: tuple[str, bool]) -> str:
    """A line for each promise, with whether it was kept."""
    return "".join(f"{what}: {'kept' if is_kept else 'MISSED'}\n" for what, is_kept in kept)


def is_missed(told: str) -> bool:
    """Whether one of the promises in what was told was not kept."""
    return ": MISSED\n" in told


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A title and a table whose columns are as wide as what stands in them; figures to the right."""
    cells = [list(head), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(head))]
    lines = ["  ".join(_aligned(row, widths)) for row in cells]
    rule = "  ".join("-" * width for width in widths)
    return "\n".join([title, lines[0], rule, *lines[1:], ""])


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    padded = [text.rjust(width) for text, width in zip(row, widths, strict=True)]
    return [row[0].ljust(widths[0]), *padded[1:]]


def _cell(value: object) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
