"""Progress of a training.

A line with step, loss, tokens per second and time left; and a stop where the loss is no number.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from mammoth_eval.errors import TrainingError


def make_callback(tell: Callable[[str], None]) -> Any:
    """A callback of the trainer that gives `tell` one line at each log."""
    from transformers import TrainerCallback

    class Progress(TrainerCallback):  # type: ignore[misc]
        """Counts from where this session began, not from where a resumed training once did."""

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.started, self.first = time.monotonic(), state.global_step

        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
            logs = logs or {}
            if "loss" not in logs or not state.is_world_process_zero:
                return
            loss = float(logs["loss"])
            if not math.isfinite(loss):
                raise TrainingError(
                    f"step {state.global_step}: the loss is {loss}: lower the learning rate, or set bf16=false, "
                    "with another --out; checkpoints of before are kept"
                )
            seconds = max(1e-9, time.monotonic() - self.started)
            rate = (state.global_step - self.first) / seconds
            tokens = float(logs.get("num_tokens", 0.0))  # TRL, too, counts from where this session began
            speed = f"{tokens / seconds:,.0f} tokens/s  " if tokens else ""
            left = (state.max_steps - state.global_step) / rate if rate else 0.0
            tell(f"step {state.global_step}/{state.max_steps}  loss {loss:.3f}  {speed}{clock(left)} left")

    return Progress()


def clock(seconds: float) -> str:
    """``1:02:03`` or ``2:03``."""
    minutes, second = divmod(int(seconds + 0.5), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
