"""``mammoth-eval`` for ``accelerate launch`` on a machine without a GPU: FSDP takes the CPU for a device.

accelerate shards on accelerators alone and copies the model on CPUs (DDP) without a word. Its decision is the only
thing that is replaced here; torch's FSDP2 then runs over gloo as it would over NCCL.
"""

import inspect
import sys

from accelerate.state import AcceleratorState, PartialState
from accelerate.utils import DistributedType

set_up = AcceleratorState.__init__


def shard_on_cpu(self, *args, **kwargs):
    set_up(self, *args, **kwargs)
    plugin = inspect.signature(set_up).bind(self, *args, **kwargs).arguments.get("fsdp_plugin")
    if plugin is not None:
        if self._mixed_precision != "no":
            plugin.set_mixed_precision(self._mixed_precision)
        self.fsdp_plugin, self.distributed_type = plugin, DistributedType.FSDP
        PartialState._shared_state["distributed_type"] = DistributedType.FSDP


if __name__ == "__main__":
    from mammoth_eval.cli import main

    AcceleratorState.__init__ = shard_on_cpu
    sys.exit(main())
