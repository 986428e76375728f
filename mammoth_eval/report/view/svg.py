"""SVG, written by hand: elements whose every text and attribute is escaped, scales, and the marks that plots share.

Nothing here carries a colour or a font: those are classes of ``style.css``, so that a plot follows the page into dark
and print.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH = 560
"""Units of every plot's view box, of about one pixel."""


def element(name: str, *inside: object, **attributes: object) -> Markup:
    """``<name attributes>inside</name>``.

    ``class_`` is written class, ``text_anchor`` text-anchor, numbers with one decimal.
    """
    written = Markup("").join(
        Markup(' {}="{}"').format(key.strip("_").replace("_", "-"), _text(value)) for key, value in attributes.items()
    )
    return Markup("<{0}{1}>{2}</{0}>").format(
        Markup(name), written, Markup("").join(escape(_text(part)) for part in inside)
    )


def _text(value: object) -> object:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else value


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to units of the view box."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Where `value` stands."""
        return self.start + (value - self.low) / ((self.high - self.low) or 1.0) * (self.end - self.start)

    def ticks(self, about: int = 5) -> list[float]:
        """Round values from `low` to `high`, roughly `about` of them."""
        step = nice((self.high - self.low) / about)
        first = math.ceil(self.low / step - 1e-9)
        return [number * step for number in range(first, math.floor(self.high / step + 1e-9) + 1)]


def nice(value: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not below `value`."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value * (1 - 1e-9))


def ceiling(values: Sequence[float], most: float) -> float:
    """A round end for an axis from 0 that holds all of `values`, at most `most`."""
    top = max(values, default=0.0)
    step = nice(top / 5)
    return min(most, step * max(1, math.ceil(top / step - 1e-9)))


def drawing(ident: str, title: str, text: str, height: float, *inside: Markup) -> Markup:
    """A whole plot, named and described for those who do not see it."""
    named = (element("title", title, id=f"{ident}-title"), element("desc", text, id=f"{ident}-text"))
    box = f"0 0 {WIDTH} {height:.0f}"
    size = {"viewBox": box, "width": WIDTH, "height": round(height)}
    return element("svg", *named, *inside, role="img", aria_labelledby=f"{ident}-title {ident}-text", **size)


def across(scale: Scale, top: float, bottom: float, unit: str = "") -> Markup:
    """Vertical grid lines with their values below."""
    parts = []
    for tick in scale.ticks():
        x = scale(tick)
        parts += [
            element("line", x1=x, x2=x, y1=top, y2=bottom, class_="grid"),
            label(x, bottom + 16, f"{tick:g}{unit}", "middle", "tick"),
        ]
    return Markup("").join(parts)


def label(x: float, y: float, text: str, anchor: str = "start", kind: str = "text") -> Markup:
    """A line of text."""
    return element("text", text, x=float(x), y=float(y), text_anchor=anchor, class_=kind)


_SHAPES = (
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0Z",
    "M-3.6-3.6h7.2v7.2h-7.2Z",
    "M0-4.8L4.6 3.6H-4.6Z",
    "M0-5L5 0L0 5L-5 0Z",
    "M0 4.8L4.6-3.6H-4.6Z",
)
SERIES = 8
"""Series that have a colour of their own."""


def mark(series: int, x: float, y: float) -> Markup:
    """The mark of a series: told apart by shape as well as by colour."""
    shape = _SHAPES[series % len(_SHAPES)]
    return element("path", d=shape, transform=f"translate({x:.1f} {y:.1f})", class_=f"mark s{series % SERIES}")


def swatch(series: int) -> Markup:
    """The mark alone, for a legend."""
    return element("svg", mark(series, 7, 7), width=14, height=14, viewBox="0 0 14 14", aria_hidden="true")
