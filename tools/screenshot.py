"""Take the README's picture of the report from the real page.

``python tools/screenshot.py RUN [--output docs/view.png]``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from browser import Browser, find

from mammoth_eval.report import view

ROOT = Path(__file__).resolve().parent.parent
WIDTH, HEIGHT, SCALE = 1280, 800, 1.25


def main(words: list[str] | None = None) -> int:
    """Write the page of the runs, open it, take its picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "view.png", metavar="FILE")
    parser.add_argument(
        "--fragment", default="samples", help="which place of the page, e.g. samples=1:gsm8k/0 (default: samples)"
    )
    parser.add_argument("--dark", action="store_true")
    args = parser.parse_args(words)
    command = find()
    if command is None:
        print("no Chromium on this machine; install one, or name it in MAMMOTH_BROWSER", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder, Browser(command) as browser:
        page = view.write([view.load_run(path) for path in args.runs], Path(folder) / "report.html")
        browser.size(WIDTH, HEIGHT, SCALE)
        browser.colours("dark" if args.dark else "light")
        browser.open(page, f"#{args.fragment}")
        browser.screenshot(args.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
