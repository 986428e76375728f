"""Whether a device is there and can do what is asked of it.

Number of GPUs, dtype, memory, threads; nothing is loaded for it.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Mapping

from mammoth_eval import nvidia
from mammoth_eval.engines import checkpoint, dtypes, memory
from mammoth_eval.engines.vllm_options import VllmOptions
from mammoth_eval.errors import EngineError, ModelError

BFLOAT16_FROM = 80
"""The compute capability from which a GPU calculates in bfloat16: 8.0, Ampere."""
FEW_CORES = 4
"""Up to so many cores all decode; above it vLLM keeps one for its scheduler."""
STEP_SECONDS = 3600
"""How long one step of a CPU may take."""
ELSEWHERE = ("data_parallel_address", "data_parallel_size_local", "distributed_executor_backend", "nnodes")
"""Arguments of vLLM that may place part of the work on another machine (all but ``mp``).

Its GPUs are not counted here.
"""
BOUND_BY_HAND = ("VLLM_CPU_OMP_THREADS_BIND", "VLLM_CPU_SIM_MULTI_NUMA")
"""Variables with which the user himself says which cores each part has."""

_log = logging.getLogger(__name__)


def require() -> None:
    """Raise `EngineError`, with what to look at, where vLLM found no device to run on."""
    from vllm.platforms import current_platform

    if current_platform.device_type:
        return
    import torch
    import vllm

    build = f"vllm {vllm.__version__} with torch {torch.__version__}"
    gpus = nvidia.find()
    if reason := nvidia.unfit(gpus):
        raise EngineError(f"{build}: {reason}")
    if not gpus:
        raise EngineError(
            f"{build} is the build for NVIDIA GPUs, and no GPU is found here (nvidia-smi lists none, or "
            f"CUDA_VISIBLE_DEVICES "
            "hides them); take --engine transformers or openai, or a machine with a GPU"
        )
    raise EngineError(
        f"{build}: the driver's tool lists {nvidia.describe(gpus)}, but no device answers to CUDA: is the driver's "
        f"library "
        "libcuda.so.1 here (in a container: started with --gpus all), and does CUDA_VISIBLE_DEVICES name a device "
        "that exists?"
    )


def check(model: str, options: VllmOptions, extra: Mapping[str, object]) -> None:
    """Raise `ModelError` for what cannot work here: more parts than there are GPUs, weights larger than the memory."""
    _check_count(options, extra)
    _check_memory(model, options, extra)


def dtype(asked: str | None) -> str:
    """`asked`, or bfloat16 if the device calculates in it, else float16 on a GPU (which is said) and float32 on a CPU.

    Raises `ModelError` where bfloat16 was asked of a GPU that has none.
    """
    from vllm.platforms import current_platform

    if current_platform.is_cpu():
        return asked or dtypes.of_cpu()
    if (
        asked not in (None, "bfloat16")
        or not current_platform.is_cuda()
        or current_platform.has_device_capability(BFLOAT16_FROM)
    ):
        return asked or "bfloat16"
    name = current_platform.get_device_name()
    if asked:
        raise ModelError(
            f"{name} has no bfloat16 (compute capability below 8.0): leave dtype out, or take dtype=float16"
        )
    _log.warning("%s has no bfloat16: the model runs in float16", name)
    return "float16"


def make_way(options: VllmOptions) -> None:
    """What a CPU needs and vLLM takes from the environment alone; what the user has set there stands.

    Time for a step: it ends an engine whose step takes five minutes, which many long prompts do on a few cores. All
    cores where there are few: it keeps one free, which on two cores halves the tokens per second.
    """
    from vllm.platforms import current_platform

    if not current_platform.is_cpu():
        return
    os.environ.setdefault("VLLM_EXECUTE_MODEL_TIMEOUT_SECONDS", str(STEP_SECONDS))
    ranks = options.tensor_parallel_size * options.pipeline_parallel_size * options.data_parallel_size
    if ranks == 1 and len(cores()) <= FEW_CORES and hasattr(os, "sched_setaffinity"):
        os.environ.setdefault("VLLM_CPU_OMP_THREADS_BIND", ",".join(map(str, cores())))


def cores() -> list[int]:
    """The cores that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def _check_count(options: VllmOptions, extra: Mapping[str, object]) -> None:
    from vllm.platforms import current_platform

    sizes = ("tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size")
    asked = {name: getattr(options, name) for name in sizes if getattr(options, name) != 1}
    needed = math.prod(asked.values())
    if needed == 1 or any(extra.get(name, "mp") != "mp" for name in ELSEWHERE):
        return
    if current_platform.is_cuda():
        there, kind = int(current_platform.device_count()), "GPUs"
    elif current_platform.is_cpu() and not any(name in os.environ for name in BOUND_BY_HAND):
        asked.pop("data_parallel_size", None)  # replicas may share a node, the parts of one may not
        needed = math.prod(asked.values())
        there, kind = _numa_nodes(), "NUMA nodes (on a CPU each part has one)"
    else:
        return
    if needed > there:
        product = " x ".join(f"{name} {size}" for name, size in asked.items())
        visible = os.environ.get("CUDA_VISIBLE_DEVICES") if current_platform.is_cuda() else None
        shown = f" (CUDA_VISIBLE_DEVICES={visible})" if visible is not None else ""
        raise ModelError(f"{product} needs {needed} {kind}; there {'is' if there == 1 else 'are'} {there}{shown}")


def _numa_nodes() -> int:
    from vllm.utils.cpu_resource_utils import get_visible_memory_node

    return len(get_visible_memory_node())


def _check_memory(model: str, options: VllmOptions, extra: Mapping[str, object]) -> None:
    """Refuse weights that are larger than the memory.

    Nothing is said where they are made smaller on the way, or laid elsewhere.
    """
    from vllm.platforms import current_platform

    if options.quantization or "cpu_offload_gb" in extra:
        return
    itemsize = 4 if options.dtype in ("float32", "float") else 2
    folder = checkpoint.snapshot(model, options.revision)
    if current_platform.is_cpu():
        memory.check(model, itemsize, memory.available(), "this machine", folder)
    elif current_platform.is_cuda() and (room := _gpu_bytes()) is not None:
        ranks = options.tensor_parallel_size * options.pipeline_parallel_size
        if extra.get("enable_expert_parallel"):
            ranks *= options.data_parallel_size  # each replica holds a part of the experts
        share = 1.0 if "kv_cache_memory_bytes" in extra else _share(options)
        place = f"{ranks} GPUs" if ranks > 1 else "one GPU"
        used = f" at gpu_memory_utilization {share:g}" if share < 1 else ""
        memory.check(
            model, itemsize, int(ranks * room * share), f"{place} of {room / memory.GIB:.1f} GiB{used}", folder
        )


def _share(options: VllmOptions) -> float:
    """The share of a GPU's memory that vLLM takes."""
    from vllm.config import CacheConfig

    return (
        CacheConfig.gpu_memory_utilization if options.gpu_memory_utilization is None else options.gpu_memory_utilization
    )


def _gpu_bytes() -> int | None:
    """Memory of the first GPU as the driver has it; None where it does not say, as for some parts of a GPU (MIG)."""
    from vllm.platforms import current_platform
    from vllm.third_party.pynvml import NVMLError

    try:
        return int(current_platform.get_device_total_memory())
    except (RuntimeError, ValueError, NVMLError):
        return None
