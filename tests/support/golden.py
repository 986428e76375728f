"""Golden files: what a table must look like to the byte."""

import re

import pytest
from checkout import DATA

FOLDER = DATA / "golden"


def check(name, text):
    """After a wanted change: delete the file, run the test once (it fails and writes it), and read the difference."""
    path = FOLDER / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        pytest.fail(f"{name} did not exist; it is written now: read it, then commit it")
    assert text == path.read_text(encoding="utf-8")


def rounded(text):
    """`text` with long decimals cut to six digits: the last ones are the processor's."""
    return re.sub(r"\d+\.\d{8,}(e-\d+)?", lambda found: f"{float(found[0]):.6g}", text)
