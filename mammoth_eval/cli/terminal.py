"""The terminal as everything is printed to it: no text of a model, a file or a server commands it."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from mammoth_eval.safe_text import printable


class Terminal(Console):
    """A console of rich that writes out the control characters of whatever it is given; styles stay its own."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of `renderable`, their texts printable."""
        for segment in super().render(renderable, options):
            text = printable(segment.text) if not segment.control else segment.text
            yield segment if text == segment.text else Segment(text, segment.style)
