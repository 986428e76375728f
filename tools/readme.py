"""Render the tables of ``results/README.md`` again from ``results/summaries/``.

``make readme``, after a summary was added.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from mammoth_eval.report import grid
from mammoth_eval.report.result_tables import accuracy_grid
from mammoth_eval.report.results import RunSummary, load_saved

ROOT = Path(__file__).resolve().parent.parent
PLACE = re.compile(r"(?<=<!-- results -->\n).*?(?=<!-- end of results -->)", re.DOTALL)


def main() -> int:
    """Replace what stands between the two marks."""
    saved = [load_saved(path) for path in sorted((ROOT / "results" / "summaries").glob("*.json"))]
    if not saved:
        print("results/summaries/ holds no summary: mammoth-eval report --save results/summaries RUN", file=sys.stderr)
        return 1
    page = ROOT / "results" / "README.md"
    text = page.read_text(encoding="utf-8")
    if not PLACE.search(text):
        print("results/README.md: no place between <!-- results --> and <!-- end of results -->", file=sys.stderr)
        return 1
    page.write_text(PLACE.sub(lambda _: tables(saved), text), encoding="utf-8")
    return 0


def tables(saved: list[RunSummary]) -> str:
    """One table for the runs of the same benchmarks, in Markdown."""
    groups: dict[frozenset[str], list[RunSummary]] = {}
    for run in saved:
        groups.setdefault(frozenset(one.benchmark for one in run.summaries), []).append(run)
    return "\n\n".join(grid.to_markdown(accuracy_grid(group)).strip() for group in groups.values()) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
