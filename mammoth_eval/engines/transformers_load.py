"""Loading a checkpoint with transformers, and what it means when that fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mammoth_eval.engines import checkpoint, dtypes, memory
from mammoth_eval.engines.importing import import_module, import_transformers
from mammoth_eval.errors import ModelError, UsageError


@dataclass(frozen=True, slots=True)
class TransformersOptions:
    """How the checkpoint is loaded and decoded."""

    dtype: str | None = None
    """None: bfloat16; float16 on a GPU that has none, float32 on a CPU that has none."""
    device: str = "auto"
    """``auto``: the first GPU, else the CPU; or a torch device."""
    batch_size: int = 16
    """Rows decoded together."""
    max_model_len: int | None = None
    """Tokens of prompt and answer together; None: what the model says."""
    lora: str | None = None
    """Folder or hub id of a LoRA adapter."""
    revision: str | None = None
    """Branch, tag or commit of a hub model."""
    trust_remote_code: bool = False
    """Run the checkpoint's own Python code."""
    attn_implementation: str | None = None
    """transformers' name of it; None: its own choice."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A loaded model and what decoding needs of it."""

    model: Any
    tokenizer: Any
    context: int
    """Tokens of prompt and answer together, at most."""
    ends: frozenset[int]
    """Tokens that end an answer."""
    pad: int
    described: Mapping[str, object]


def load(model: str, options: TransformersOptions) -> Loaded:
    """The model on its device. Raises `ModelError` or `EngineError`."""
    torch, transformers = import_module("torch", "transformers"), import_transformers()
    checkpoint.check(model, options.revision)
    device = options.device if options.device != "auto" else ("cuda" if torch.cuda.is_available() else "cpu")
    name = options.dtype or _dtype(device)
    dtype = getattr(torch, name, None)
    if not isinstance(dtype, torch.dtype):
        raise UsageError(
            f"option dtype of engine transformers: {name!r} is no torch dtype; bfloat16, float16 or float32"
        )
    memory.check(model, dtype.itemsize, _room(device), device, checkpoint.snapshot(model, options.revision))
    transformers.utils.logging.disable_progress_bar()
    try:
        tokenizer, network = _read(model, options, dtype, device)
    except Exception as error:  # of the library, its readers of files and the checkpoint's own code: of any class
        raise _failure(model, device, error) from error
    ends = network.generation_config.eos_token_id
    ends = frozenset(ends if isinstance(ends, list) else [ends]) - {None} | ({tokenizer.eos_token_id} - {None})
    network.generation_config = transformers.GenerationConfig()  # else its penalties hold where a request says none
    own = int(getattr(network.config, "max_position_embeddings", 0) or 2048)
    if options.max_model_len and options.max_model_len > own:
        raise ModelError(
            f"{model}: max_model_len {options.max_model_len} is above the model's own context of {own} tokens"
        )
    described = {
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "device": str(network.device),
        "dtype": name,
        "context": options.max_model_len or own,
        "attention": getattr(network.config, "_attn_implementation", None),
        "lora": options.lora,
        "revision": options.revision,
    }
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else (min(ends) if ends else 0)
    return Loaded(network, tokenizer, options.max_model_len or own, ends, pad, described)


def _dtype(device: str) -> str:
    """The dtype where nothing is said."""
    import torch

    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
    return dtypes.of_cpu() if device == "cpu" else "bfloat16"


def _room(device: str) -> int | None:
    """Bytes that are free on a device; None where that is not known."""
    import torch

    if device.startswith("cuda") and torch.cuda.is_available():
        return int(torch.cuda.mem_get_info(device)[0])
    return memory.available() if device == "cpu" else None


def _read(model: str, options: TransformersOptions, dtype: Any, device: str) -> tuple[Any, Any]:
    """Tokenizer and network, an adapter laid over it where one is asked for."""
    transformers = import_transformers()
    common = {"revision": options.revision, "trust_remote_code": options.trust_remote_code}
    attention = {"attn_implementation": options.attn_implementation} if options.attn_implementation else {}
    tokenizer = transformers.AutoTokenizer.from_pretrained(model, **common)
    network = transformers.AutoModelForCausalLM.from_pretrained(model, dtype=dtype, **common, **attention).to(device)
    if options.lora:
        network = import_module("peft", "transformers").PeftModel.from_pretrained(network, options.lora)
    return tokenizer, network.eval()


def _failure(model: str, device: str, error: Exception) -> ModelError:
    """What it means that a checkpoint cannot be loaded."""
    said = (str(error).strip() or repr(error)).splitlines()[0]
    if memory.ran_out(error):
        return ModelError(f"{model}: does not fit into the memory of {device}: {memory.ADVICE} ({said})")
    return ModelError(f"{model}: transformers cannot load it: {said}")
