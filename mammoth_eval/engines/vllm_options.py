"""What the engine `vllm` takes: the arguments that an evaluation sets, and any other of vLLM's own."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from mammoth_eval.engines.options import parse_value, read_options


@dataclass(frozen=True, slots=True)
class VllmOptions:
    """The arguments of vLLM that an evaluation sets; the names are vLLM's."""

    dtype: str | None = None
    """None: bfloat16; float16 on a GPU that has none, float32 on a CPU that has none."""
    tensor_parallel_size: int = 1
    """GPUs that share each layer."""
    pipeline_parallel_size: int = 1
    """Groups of GPUs that hold the layers in turn."""
    data_parallel_size: int = 1
    """Replicas of the whole model."""
    max_model_len: int | None = None
    """Tokens of prompt and answer together; None: what the model says."""
    lora: str | None = None
    """Folder or hub id of a LoRA adapter."""
    quantization: str | None = None
    """vLLM's name of it; None: what the checkpoint says."""
    gpu_memory_utilization: float | None = None
    """Share of a GPU's memory to use; None: vLLM's own."""
    enforce_eager: bool | None = None
    """None: on a CPU, where compiling costs minutes and gains little; not on a GPU."""
    trust_remote_code: bool = False
    """Run the checkpoint's own Python code."""
    seed: int = 0
    """Of the engine; each request has its own besides."""
    revision: str | None = None
    """Branch, tag or commit of a hub model."""
    log_level: str = "ERROR"
    """Of vLLM's own log.

    At ``ERROR`` it is kept aside and read when vLLM fails; at ``WARNING`` and below it goes to stderr.
    """


def split_options(raw: Mapping[str, object]) -> tuple[VllmOptions, dict[str, object]]:
    """The options that this package knows, and the rest, which are vLLM's to know."""
    known = {field.name for field in dataclasses.fields(VllmOptions)}
    extra = {
        name: parse_value(value) if isinstance(value, str) else value
        for name, value in raw.items()
        if name not in known
    }
    return read_options("vllm", VllmOptions, {name: value for name, value in raw.items() if name in known}), extra
