"""Rows -> tokens, exactly as the evaluation will ask: the prompt object renders, the engines' own function tokenises.

Target = output and end token; the loss is on the target alone (MAmmoTH, arXiv 2309.05653). Prompt and target are
tokenised apart, as they are when a model answers. A choice row is asked like any other: the multi-choice ending of the
evaluation is not trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mammoth_eval.engines.tokens import prompt_tokens
from mammoth_eval.errors import DataError
from mammoth_eval.prompts import Prompt
from mammoth_eval.training.rows import TRIGGER, Row
from mammoth_eval.types import Method, Problem, Query

IGNORED = -100
"""Label of a token that the loss does not see."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """One row as a model is trained on it."""

    input_ids: list[int]
    labels: list[int]
    """`IGNORED` on the prompt; the token itself on the target."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The rows that fit, and how many did not."""

    examples: tuple[Encoded, ...]
    rows: tuple[Row, ...]
    """Those that fit, as `examples`."""
    too_long: int
    longest: int
    """Tokens of the longest row, fitting or not."""

    @property
    def tokens(self) -> int:
        """Tokens of one epoch, prompts included."""
        return sum(len(example.input_ids) for example in self.examples)


def query(row: Row, prompt: Prompt) -> Query:
    """The request that the evaluation would make for the row's question."""
    asks = row.kind == "pot" and row.instruction.endswith(TRIGGER)  # other words than ours are part of the question
    method: Method = "pot" if asks else "cot"
    return prompt.query(
        Problem("train", "train", row.instruction.removesuffix(TRIGGER) if asks else row.instruction, ""), method
    )


def encode(row: Row, prompt: Prompt, tokenizer: Any, model: str) -> Encoded:
    """The tokens of one row."""
    start = prompt_tokens(query(row, prompt), tokenizer, model)
    target = [*tokenizer.encode(row.output, add_special_tokens=False), tokenizer.eos_token_id]
    return Encoded([*start, *target], [IGNORED] * len(start) + target)


def encode_all(rows: Sequence[Row], prompt: Prompt, tokenizer: Any, model: str, max_length: int) -> Counted:
    """All rows.

    Those of more than `max_length` tokens are left out and counted. Raises `DataError` where none is left.
    """
    if tokenizer.eos_token_id is None:
        raise DataError(f"{model}: its tokenizer has no end token, so the model could never learn to stop")
    encoded = [encode(row, prompt, tokenizer, model) for row in rows]
    fitting = [
        (example, row) for example, row in zip(encoded, rows, strict=True) if len(example.input_ids) <= max_length
    ]
    longest = max((len(example.input_ids) for example in encoded), default=0)
    if not fitting:
        raise DataError(
            f"none of {len(rows)} rows fits into {max_length} tokens (the longest has {longest}); raise max_length"
        )
    examples, kept = zip(*fitting, strict=True)
    return Counted(examples, kept, len(encoded) - len(fitting), longest)
