"""Heat map of confusion: rows are the truth, columns the answers, every cell carries its count."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from web.plots.svg import Attribute, drawing, element

WIDTH = 340
LEFT, TOP = 67.0, 67.0
LEFT_MOST = 122.0
LETTER = 6.2  # how wide a letter of a name is, on average
ASLANT_ALONG, ASLANT_UP = 0.82, 0.57  # of a name at 35 degrees
COLUMN_UP = 54.0
CELL_HEIGHT, GAP = 34.0, 2.0
ROW = CELL_HEIGHT + GAP

# Tints jump over the middle, where neither dark nor light figures could be read on them.
RIGHT_TINTS = ((0.5, 0.92), (0.25, 0.3), (0.0, 0.15))
WRONG_TINTS = ((0.2, 0.92), (0.1, 0.34), (0.05, 0.22), (0.0, 0.1))
DARK_FROM = 0.9


def heat(
    names: Sequence[str],
    counts: Sequence[Sequence[int]],
    *,
    label: str,
    rows_are: str,
    columns_are: str,
    words: Sequence[Sequence[str]] | None = None,
    too_few: str = "",
) -> Markup:
    """`counts[truth][answer]`; `words` the same figures in the reader's digits. Tint is the cell's share of its row."""
    if not names or not any(any(row) for row in counts):
        text = element("text", too_few, x=170, y=34, text_anchor="middle")
        return drawing(text, width=WIDTH, height=60, label=label, class_="plot")
    shown = words or [[str(count) for count in row] for row in counts]
    left = min(LEFT_MOST, max(LEFT, max(map(len, names)) * LETTER + 5))
    step = (WIDTH - left - 7) / len(names)
    body = [element("text", columns_are, x=0, y=12), element("text", rows_are, x=0, y=30)]
    body += _column_names(names, left, step)
    for index, row in enumerate(counts):
        body += _row(names[index], row, shown[index], index=index, left=left, step=step)
    return drawing(*body, width=WIDTH, height=TOP + len(names) * ROW + 5, label=label, class_="plot")


def _column_names(names: Sequence[str], left: float, step: float) -> Iterator[Markup]:
    """Upright above their columns where all of them fit there whole, else aslant, up to the edge of the picture."""
    is_upright = max(map(len, names)) * LETTER <= step
    for index, name in enumerate(names):
        middle = left + index * step + step / 2
        if is_upright:
            yield element("text", name, x=middle, y=59, text_anchor="middle")
            continue
        x = middle - 6
        room = min((WIDTH - x) / ASLANT_ALONG - LETTER, COLUMN_UP / ASLANT_UP)
        yield _name(name, room, x=x, y=59, transform=f"rotate(-35 {x:.1f} 59)")


def _row(
    name: str, counts: Sequence[int], shown: Sequence[str], *, index: int, left: float, step: float
) -> Iterator[Markup]:
    y, total = TOP + index * ROW, sum(counts)
    yield _name(name, left - 5, x=0, y=y + 21)
    for column, count in enumerate(counts):
        share = count / total if total else 0.0
        yield from _cell(share, shown[column], x=left + column * step, y=y, width=step - GAP, right=column == index)


def _name(name: str, room: float, **attributes: Attribute) -> Markup:
    """A name in its own letters; one that does not fit is cut, and told whole by the text's title."""
    most = max(3, int(room / LETTER))
    if len(name) <= most:
        return element("text", name, **attributes)
    return element("text", element("title", name), f"{name[: most - 1].rstrip()}…", **attributes)


def _cell(share: float, shown: str, *, x: float, y: float, width: float, right: bool) -> Iterator[Markup]:
    tint = tint_of(share, right=right)
    yield element("rect", class_="hz", x=x, y=y, width=width, height=CELL_HEIGHT, rx=2)
    if tint:
        kind = "hc" if right else "hx"
        strength = f"{tint:g}"
        yield element("rect", class_=kind, fill_opacity=strength, x=x, y=y, width=width, height=CELL_HEIGHT, rx=2)
    ink = "cell inv" if tint >= DARK_FROM else "cell strong"
    yield element("text", shown, class_=ink, x=x + width / 2, y=y + 21, text_anchor="middle")


def tint_of(share: float, *, right: bool) -> float:
    """Opacity of a cell by its share of the row; nothing at all where nothing was answered."""
    steps = RIGHT_TINTS if right else WRONG_TINTS
    return next((tint for least, tint in steps if share > least), 0.0)
