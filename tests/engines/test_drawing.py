"""How the engine `transformers` draws: penalties by the formulas that vLLM and OpenAI publish, on rows of a batch."""

import asyncio

import pytest

pytest.importorskip("transformers")

import torch

from mammoth_eval.engines.transformers_draw import Row, draw
from mammoth_eval.types import Sampling


def drawn(rows, logits, width, **penalties):
    """The scores of rows, each (prompt, new tokens), behind the processors; rows are padded with 0 to `width`."""
    loop = asyncio.new_event_loop()
    sampling = Sampling(**penalties)
    batch = [Row(prompt, sampling, 9, loop) for prompt, _ in rows]
    ids = torch.tensor([[0] * (width - len(prompt)) + prompt + new for prompt, new in rows])
    loop.close()
    return draw(batch, torch.device("cpu"), width)(ids, torch.tensor([logits] * len(rows))).tolist()


def test_neutral_sampling_leaves_greedy_scores_alone():
    assert drawn([([1], [2])], [1.0, -1.0, 2.0, 0.5], 1) == [[1.0, -1.0, 2.0, 0.5]]


def test_the_repetition_penalty_divides_or_multiplies_what_was_seen_and_not_the_padding():
    found = drawn([([1], [2]), ([1, 3], [3])], [1.0, -1.0, 2.0, 0.5], 2, repetition_penalty=2.0)
    assert found == [[1.0, -2.0, 1.0, 0.5], [1.0, -2.0, 2.0, 0.25]]


def test_presence_and_frequency_count_the_answer_alone():
    found = drawn([([1], [2, 2])], [1.0, -1.0, 2.0, 0.5], 1, presence_penalty=0.25, frequency_penalty=0.5)
    assert found == [[1.0, -1.0, 0.75, 0.5]]
