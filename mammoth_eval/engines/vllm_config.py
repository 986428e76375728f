"""What vLLM is configured to: batch sizes as for evaluation, and what of it moves a number or the speed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mammoth_eval.engines import vllm_device

CPU_REQUESTS = 16
"""Requests at once for each core of a CPU.

Two cores gave 33 new tokens per second with 24 at once, 35 with 48, 45 with 192.
"""


def configure(arguments: Mapping[str, Any]) -> Any:
    """The configuration that vLLM makes of the arguments, with the batch sizes of ``LLM.generate``: nothing is loaded
    for it.

    In process vLLM would take its defaults for no use in particular, 128 requests at once on any GPU.
    """
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.usage.usage_lib import UsageContext

    return AsyncEngineArgs(**arguments).create_engine_config(UsageContext.LLM_CLASS)


def capacity(config: Any) -> int:
    """Requests at once that keep an engine of this configuration busy: all that its replicas decode together.

    Fewer on a CPU: more gain little there, and all records would come at the end.
    """
    from vllm.platforms import current_platform

    most = int(config.scheduler_config.max_num_seqs * config.parallel_config.data_parallel_size)
    return min(most, CPU_REQUESTS * len(vllm_device.cores())) if current_platform.is_cpu() else most


def describe(config: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Versions, device, and what the configuration came to."""
    import torch
    import transformers
    import vllm
    from vllm.platforms import current_platform

    parallel = config.parallel_config
    return {
        "engine": "vllm",
        "vllm": vllm.__version__,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "device": current_platform.get_device_name() or current_platform.device_type,
        "dtype": str(config.model_config.dtype).removeprefix("torch."),
        "context": int(config.model_config.max_model_len),
        "eager": bool(config.model_config.enforce_eager),
        "prefix_caching": bool(config.cache_config.enable_prefix_caching),
        "chunked_prefill": bool(config.scheduler_config.enable_chunked_prefill),
        "max_num_seqs": int(config.scheduler_config.max_num_seqs),
        "max_num_batched_tokens": int(config.scheduler_config.max_num_batched_tokens),
        "tensor_parallel_size": int(parallel.tensor_parallel_size),
        "pipeline_parallel_size": int(parallel.pipeline_parallel_size),
        "data_parallel_size": int(parallel.data_parallel_size),
        "arguments": {
            name: value
            if isinstance(value, str | int | float | bool | None)
            else json.loads(json.dumps(value, default=str))
            for name, value in arguments.items()
            if name != "model"
        },
    }
