"""The order in which a training sees its rows: drawn from the seed and the epoch alone.

So a training that was killed goes on with the very batches that it would have had, in any number of processes; drawn
from the state of a generator, an order is lost with the process that drew it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

CHUNK = 50
"""Batches among which rows are sorted by length, at most."""


class Order:
    """Places of rows, in another order each epoch: a sampler of torch's DataLoader.

    With `lengths` (tokens of each row), rows of about one length stand together, so that little of a batch is padding,
    and the longest row of all comes first: what does not fit into memory fails at once.
    """

    def __init__(self, count: int, seed: int, *, batch: int = 1, lengths: Sequence[int] = ()) -> None:
        self.count = count
        self.seed = seed
        self.batch = batch
        self.lengths = lengths
        self.epoch = 0

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[int]:
        places = list(range(self.count))
        random.Random(f"{self.seed}/{self.epoch}").shuffle(places)
        return iter(self._grouped(places) if self.lengths else places)

    def _grouped(self, places: Sequence[int]) -> list[int]:
        """The same places, sorted by length within chunks of several batches."""
        size = self.batch * max(1, min(CHUNK, self.count // (4 * self.batch)))
        chunks = [places[start : start + size] for start in range(0, len(places), size)]
        found = [place for chunk in chunks for place in sorted(chunk, key=lambda row: -self.lengths[row])]
        longest = max(range(len(found)), key=lambda place: self.lengths[found[place]])
        found[0], found[longest] = found[longest], found[0]
        return found


def make_callback(order: Order) -> Any:
    """A callback of the trainer that tells `order` each epoch as it begins, the one that a resumed training is in too.

    Not `set_epoch`: of a resumed training in several processes the libraries do not pass it on to a sampler.
    """
    from transformers import TrainerCallback

    class Epochs(TrainerCallback):  # type: ignore[misc]
        """The trainer's count of epochs is a fraction where it goes on within one."""

        def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            """Called before the epoch's rows are drawn."""
            order.epoch = int(state.epoch or 0)

    return Epochs()
