"""Write what the documentation takes from the code: ``python tools/docs.py``, part of ``make docs``.

The pages of ``docs/reference/`` are made whole: commands out of the parsers, keys of files and fields of records out of
the dataclasses and the docstrings under their fields. In the other pages a block ``text`` under a block ``sh`` is what
those commands print: both are run here, on a benchmark of three problems and an engine that follows a script. A test
holds that all of it is as it would be written today.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from docs_pages import REFERENCE
from docs_run import DOCS, ROOT, RUN_WITH_OUTPUT, with_outputs

NOTE = "<!-- Written by tools/docs.py out of the code; do not edit. -->\n\n"


def main() -> int:
    """Write every page, or say which are not as they would be written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; 1 where a page is not up to date")
    args = parser.parse_args()
    written = pages()
    stale = [path for path, text in written.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if args.check:
        for path in stale:
            print(f"{path.relative_to(ROOT)}: not up to date: make docs", file=sys.stderr)
        return int(bool(stale))
    for path in stale:
        path.write_text(written[path], encoding="utf-8")
        print(f"docs: wrote {path.relative_to(ROOT)}")
    return 0


def pages() -> dict[Path, str]:
    """Path to text of all that is made here."""
    return reference() | outputs()


def reference() -> dict[Path, str]:
    """The pages that are made whole."""
    return {DOCS / "reference" / f"{name}.md": NOTE + make() for name, make in REFERENCE.items()}


def outputs() -> dict[Path, str]:
    """The other pages that show what commands print."""
    others = [ROOT / "README.md", *(path for path in sorted(DOCS.rglob("*.md")) if path.parent.name != "reference")]
    found = {path: path.read_text(encoding="utf-8") for path in others}
    return {path: with_outputs(text) for path, text in found.items() if RUN_WITH_OUTPUT.search(text)}


if __name__ == "__main__":
    raise SystemExit(main())
