"""SVG text: elements built with everything escaped, and straight scales from values to places."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

Attribute = str | float | int | None


def place(value: float) -> str:
    """A coordinate with one decimal: finer than a screen shows, and stable for tests."""
    return f"{value:.1f}"


def element(tag: str, *children: Markup | str, **attributes: Attribute) -> Markup:
    """`element("text", "a & b", x=1.0, text_anchor="end")`; None leaves an attribute out, `_` stands for `-`."""
    told = Markup("").join(_attribute(name, value) for name, value in attributes.items() if value is not None)
    if not children:
        return Markup("<{tag}{told}/>").format(tag=tag, told=told)
    inner = Markup("").join(escape(child) for child in children)
    return Markup("<{tag}{told}>{inner}</{tag}>").format(tag=tag, told=told, inner=inner)


def _attribute(name: str, value: Attribute) -> Markup:
    told = name.rstrip("_") if name in {"class_"} else name.replace("_", "-")
    shown = place(value) if isinstance(value, float) else value
    return Markup(' {name}="{shown}"').format(name=_cased(told), shown=shown)


def _cased(name: str) -> str:
    """SVG writes two of its attributes with a capital inside."""
    return {"viewbox": "viewBox", "preserveaspectratio": "preserveAspectRatio"}.get(name, name)


def drawing(*children: Markup, width: float, height: float, label: str, class_: str, sized: bool = False) -> Markup:
    """A picture whose label says the finding, so that who cannot see it is told the same.

    A `sized` one keeps its size beside text; others grow with their column.
    """
    size: dict[str, Attribute] = {"width": f"{width:g}", "height": f"{height:g}"} if sized else {}
    box = f"0 0 {width:g} {height:g}"
    return element("svg", *children, class_=class_, viewbox=box, role="img", aria_label=str(label), **size)


def path(points: Sequence[tuple[float, float]], *, closed: bool = False) -> str:
    """Path data through the points; one point alone gives a zero-length stroke, which round caps show as a dot."""
    told = " ".join(f"{place(x)},{place(y)}" for x, y in points)
    lone = f" {told}" if len(points) == 1 else ""
    return f"M{told}{lone}{'Z' if closed else ''}"


@dataclass(frozen=True)
class Scale:
    """A straight line from values `low..high` to places `start..end`; what lies outside is held at the edge."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        if self.high == self.low:
            return (self.start + self.end) / 2
        share = (value - self.low) / (self.high - self.low)
        return self.start + min(1.0, max(0.0, share)) * (self.end - self.start)
