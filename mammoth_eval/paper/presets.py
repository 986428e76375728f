"""The settings of the paper's released code.

`MAMMOTH`: Alpaca prompt, greedy, 1500 new tokens as in its README's commands, its program, fallback and option-matching
rules, its cleaning and correctness. `MAMMOTH_SC` is its self-consistency: 10 samples at temperature 0.7, majority of
cleaned answers.
"""

from __future__ import annotations

from dataclasses import replace

from mammoth_eval.presets import Preset

MAMMOTH = Preset(
    decoding="mammoth", prompt="alpaca", graders=("mammoth", "exact"), max_tokens=1500, waiting=1.0, thoughts="off"
)
MAMMOTH_SC = replace(MAMMOTH, temperature=0.7, samples=10)
