"""What vLLM is configured to on pretended GPUs: ``python gpu_settings.py < cases.json > found.json``, a process for all
cases.

A case is ``{"gpu", "model", "options", "silent"}``. What is found are numbers of the configuration, or why it was
refused, or what this build of vLLM lacks.
"""

import asyncio
import json
import os
import sys

from pretended_gpu import GPUS, pretend

platform = pretend()

from mammoth_eval.engines import make_engine, vllm_config, vllm_options, vllm_start  # noqa: E402 - after the platform is set
from mammoth_eval.errors import MammothError  # noqa: E402


def settle(case: dict) -> dict:
    """The configuration of one case as numbers, or ``{"refused": reason}``."""
    platform.gpu, platform.silent = GPUS[case["gpu"]], case.get("silent", False)
    options, extra = vllm_options.split_options(case["options"])
    try:
        arguments = vllm_start.prepare(case["model"], options, extra)
        config = vllm_config.configure(arguments)
    except (MammothError, ValueError):
        return {"refused": refusal(case)}
    except ImportError as error:  # a CPU build of vLLM cannot configure a quantised model for a GPU
        return {"missing": str(error)}
    return {
        **vllm_config.describe(config, arguments),
        "capacity": vllm_config.capacity(config),
        "world_size": config.parallel_config.world_size,
        "max_lora_rank": config.lora_config.max_lora_rank if config.lora_config else None,
        "attention": attention(config),
    }


def refusal(case: dict) -> str:
    """What the engine says when it is started so."""
    try:
        asyncio.run(make_engine("vllm", case["model"], **case["options"]).__aenter__())
    except MammothError as error:
        return str(error)
    return ""


def attention(config) -> str:
    """The attention backend that a layer of the model would get; empty where this build has none for a GPU."""
    from vllm.config import set_current_vllm_config
    from vllm.v1.attention.selector import get_attn_backend

    try:
        with set_current_vllm_config(config):
            head = config.model_config.get_head_size()
            return get_attn_backend(head, config.model_config.dtype, config.cache_config.cache_dtype).get_name()
    except (ImportError, ValueError, AttributeError) as error:
        print(f"no attention backend: {error!r}", file=sys.stderr)
        return ""


if __name__ == "__main__":
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # vLLM prints, and so do libraries below it
    sys.stdout = sys.stderr
    text = json.dumps({name: settle(case) for name, case in json.load(sys.stdin).items()})
    out.write(text)
    out.close()
