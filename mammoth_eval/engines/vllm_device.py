"""Whether the device that the installed vLLM was built for answers, asked before anything is loaded.

vLLM itself goes on without a device and fails late, with words that name none.
"""

from __future__ import annotations

import importlib.metadata

from mammoth_eval import nvidia
from mammoth_eval.errors import EngineError


def require_device() -> None:
    """Raise `EngineError`, with what to look at, where vLLM found no device to run on."""
    from vllm.platforms import current_platform

    if current_platform.device_type:
        return
    import torch

    build = f"vllm {_version('vllm')} with torch {torch.__version__}"
    gpus = nvidia.find()
    if reason := nvidia.unfit(gpus):
        raise EngineError(f"{build}: {reason}")
    if not gpus:
        raise EngineError(
            f"{build} is the build for NVIDIA GPUs, and no GPU is found here (nvidia-smi lists none, or CUDA_VISIBLE_DEVICES "
            "hides them); take --engine transformers or openai, or a machine with a GPU"
        )
    raise EngineError(
        f"{build}: the driver's tool lists {nvidia.describe(gpus)}, but no device answers to CUDA: is the driver's library "
        "libcuda.so.1 here (in a container: started with --gpus all), and does CUDA_VISIBLE_DEVICES name a device that exists?"
    )


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
