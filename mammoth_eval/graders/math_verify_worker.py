"""The process in which Math-Verify compares: ``python -m mammoth_eval.graders.math_verify_worker``.

A question is ``[answer, gold]``. The library's own deadlines are off, since the child that asks it is killed at ours.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

from mammoth_eval.graders import worker


def main() -> None:
    """Serve until the input ends."""
    worker.serve(decide, _load, first=True)  # its time is not the first question's


def _load() -> None:
    """Load the library and use it once, so that every child to come finds it ready."""
    list(decide(["1", "1"]))


def decide(question: Any) -> Iterator[tuple[bool | None, str]]:
    """Whether the answer equals the gold, as LaTeX first and plain expressions second."""
    library = importlib.import_module("math_verify")
    try:
        own, gold = (library.parse(f"${text}$", parsing_timeout=None) for text in question)
        yield bool(library.verify(gold, own, timeout_seconds=None)), ""
    except Exception as error:  # noqa: BLE001 (a foreign library's boundary: whatever it raises is its fault)
        yield None, f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    main()
