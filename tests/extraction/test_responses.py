"""Whole responses in the style of today's models: the answer that is extracted equals the gold, and not the trap.

A row of ``responses.jsonl`` has a text, its gold (null: the response gives no answer) and, where the text has a value
that must not be taken, that value as its `trap`. `pending` says that a row is not read rightly yet, and how.
"""

import json

import pytest
from checkout import DATA

from mammoth_eval.verification import extract, verify

ROWS = [json.loads(line) for line in (DATA / "responses.jsonl").read_text(encoding="utf-8").splitlines()]


def marked(row):
    marks = [pytest.mark.xfail(reason=row["pending"], strict=True)] if "pending" in row else []
    return pytest.param(row, id=row["id"], marks=marks)


@pytest.mark.parametrize("row", [marked(row) for row in ROWS])
def test_a_response_gives_its_answer_and_not_another_value(row):
    choices, truncated = tuple(row.get("options", ())), row.get("truncated", False)
    if "trap" in row:
        assert not verify(row["text"], row["trap"], choices=choices, truncated=truncated).equal
    if row["gold"] is not None:
        assert verify(row["text"], row["gold"], choices=choices, truncated=truncated).equal
    elif not choices:
        assert extract(row["text"], "open", truncated=truncated) is None
