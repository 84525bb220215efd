"""Heat map of confusion: rows are the truth, columns the answers, every cell carries its count."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from web.plots.svg import drawing, element

WIDTH = 340
LEFT, TOP = 67.0, 67.0
LEFT_MOST, RIGHT = 122.0, 7.0
NAME_GAP = 6.0
LETTER, DIGIT = 6.2, 8.0  # how wide a letter of a name is on average, and a digit
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
    numbers: Sequence[str] | None = None,
    too_few: str = "",
) -> Markup:
    """`counts[truth][answer]`; `words` the same figures, and `numbers` one, two, three … in the reader's digits.

    Tint is the cell's share of its row. Names stand above their columns where all of them fit there whole; else rows
    and columns are numbered alike, so that no head is cut on the narrowest screen.
    """
    if not names or not any(any(row) for row in counts):
        text = element("text", too_few, x=170, y=34, text_anchor="middle")
        return drawing(text, width=WIDTH, height=60, label=label, class_="plot")
    shown = words or [[str(count) for count in row] for row in counts]
    longest = max(map(len, names)) * LETTER
    left = min(LEFT_MOST, max(LEFT, longest + NAME_GAP))
    is_named = longest <= (WIDTH - left - RIGHT) / len(names)
    heads = list(names) if is_named else list(numbers or map(str, range(1, len(names) + 1)))
    number = 0.0 if is_named else NAME_GAP + max(map(len, heads)) * DIGIT
    left += number
    step = (WIDTH - left - RIGHT) / len(names)
    body = [element("text", columns_are, x=0, y=12), element("text", rows_are, x=0, y=30)]
    body += [
        element("text", head, x=left + index * step + (step - GAP) / 2, y=59, text_anchor="middle")
        for index, head in enumerate(heads)
    ]
    for index, row in enumerate(counts):
        y = TOP + index * ROW
        body += _name(names[index], left - NAME_GAP - number, y)
        if not is_named:
            body.append(element("text", heads[index], class_="strong", x=left - NAME_GAP, y=y + 21, text_anchor="end"))
        body += _row(row, shown[index], index=index, left=left, step=step)
    return drawing(*body, width=WIDTH, height=TOP + len(names) * ROW + 5, label=label, class_="plot")


def _row(counts: Sequence[int], shown: Sequence[str], *, index: int, left: float, step: float) -> Iterator[Markup]:
    y, total = TOP + index * ROW, sum(counts)
    for column, count in enumerate(counts):
        share = count / total if total else 0.0
        yield from _cell(share, shown[column], x=left + column * step, y=y, width=step - GAP, right=column == index)


def _name(name: str, room: float, y: float) -> Iterator[Markup]:
    """A name in its own letters on one line or two; what does not fit there is cut, and told whole by the title."""
    most = max(3, int(room / LETTER))
    lines = _broken(name, most)
    places = (y + 21,) if len(lines) == 1 else (y + 14, y + 28)
    for text, place in zip(lines, places, strict=True):
        if len(text) <= most:
            yield element("text", text, x=0, y=place)
        else:
            yield element("text", element("title", name), f"{text[: most - 1].rstrip()}…", x=0, y=place)


def _broken(name: str, most: int) -> list[str]:
    """The name, broken before the word with which it would be too long for its line."""
    if len(name) <= most or " " not in name:
        return [name]
    at = name.rfind(" ", 0, most + 1)
    at = at if at > 0 else name.index(" ")
    return [name[:at], name[at + 1 :]]


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
