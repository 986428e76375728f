"""Starting vLLM: options, what they become on a GPU and on a CPU, and what a failed start means."""

from __future__ import annotations

import asyncio
import dataclasses
import difflib
import json
import logging
import os
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mammoth_eval.engines import checkpoint, vllm_config, vllm_device
from mammoth_eval.engines.importing import import_module
from mammoth_eval.engines.vllm_guard import Guard
from mammoth_eval.engines.vllm_log import ProcessLog, failed_start
from mammoth_eval.engines.vllm_options import VllmOptions
from mammoth_eval.errors import UsageError

CPU_CACHE_BYTES = 2 << 30
"""KV cache on a CPU where nothing is said: vLLM's own default would take most of the memory."""

QUIET = ("ERROR", "CRITICAL")
LORA_RANKS = (8, 16, 32, 64, 128, 256, 512)


@dataclass(frozen=True, slots=True)
class Served:
    """A started engine and what is asked of it for every request."""

    engine: Any
    tokenizer: Any
    context: int
    """Tokens of prompt and answer together, at most."""
    capacity: int
    """Requests at once that keep it busy."""
    seeds_hold: bool
    """Whether seeded sampling works: on a CPU not with chunked prefill."""
    lora: Any
    described: Mapping[str, object]
    guard: Guard
    log: ProcessLog | None
    """What its processes write; None where they write to the terminal."""


async def start(model: str, options: VllmOptions, extra: Mapping[str, object]) -> Served:
    """A running engine for `model`, loaded in a thread so that a display goes on.

    Raises `ModelError` or `EngineError`.
    """
    os.environ.setdefault("VLLM_LOGGING_STREAM", "ext://sys.stderr")
    os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
    level = os.environ["VLLM_LOGGING_LEVEL"] = options.log_level.upper()
    logging.getLogger("vllm").addHandler(
        logging.NullHandler()
    )  # what it says before it sets up its own log goes nowhere
    import_module("vllm", "vllm")
    import_module("vllm.v1.engine.async_llm", "vllm")
    from vllm.platforms import current_platform

    vllm_device.require()
    arguments = prepare(model, options, extra)
    vllm_device.make_way(options)
    await asyncio.to_thread(checkpoint.check, model, options.revision)
    log = ProcessLog() if level in QUIET else None
    guard = Guard()
    try:
        engine = await asyncio.to_thread(_launch, arguments, log)
    except BaseException:
        guard.close()
        raise
    config = engine.vllm_config
    described = vllm_config.describe(config, arguments)
    return Served(
        engine,
        engine.get_tokenizer(),
        context=described["context"],
        capacity=vllm_config.capacity(config),
        seeds_hold=not (current_platform.is_cpu() and described["chunked_prefill"]),
        lora=_adapter(options),
        described=described,
        guard=guard,
        log=log,
    )


def _launch(arguments: dict[str, Any], log: ProcessLog | None) -> Any:
    from vllm.usage.usage_lib import UsageContext
    from vllm.v1.engine.async_llm import AsyncLLM

    class Engine(AsyncLLM):  # type: ignore[misc]
        """Shut down by name alone: vLLM's own finaliser does it again, and fails where the interpreter is ending."""

        def __del__(self) -> None:
            return

    try:
        with log.inherited() if log else nullcontext():
            return Engine.from_vllm_config(
                vllm_config.configure(arguments),
                usage_context=UsageContext.LLM_CLASS,
                enable_log_requests=arguments.get("enable_log_requests", False),
                disable_log_stats=arguments["disable_log_stats"],
            )
    except (OSError, ValueError, RuntimeError, TypeError, ImportError, MemoryError, NotImplementedError) as error:
        failure = failed_start(arguments["model"], error, log)
        if log and str(log.path) not in str(failure):
            log.remove()
        raise failure from error
    finally:
        if log:  # what kills the engine stands in the file, and in our own message
            logging.getLogger("vllm.v1.engine.async_llm").setLevel(logging.CRITICAL)
        # vLLM sets its log up anew as it starts, on a stream that ended with the block above
        for handler in logging.getLogger("vllm").handlers:
            if isinstance(handler, logging.StreamHandler):
                handler.setStream(sys.stderr)


def _adapter(options: VllmOptions) -> Any:
    if options.lora is None:
        return None
    from vllm.lora.request import LoRARequest

    return LoRARequest("adapter", 1, options.lora)


def _room_for(lora: str) -> int:
    """The least of the ranks that vLLM offers which holds the adapter's own.

    16, its default, where that is not on this machine.
    """
    path = Path(lora) / "adapter_config.json"
    rank = int(json.loads(path.read_text(encoding="utf-8")).get("r", 16)) if path.is_file() else 16
    return next((size for size in LORA_RANKS if size >= rank), rank)


def prepare(model: str, options: VllmOptions, extra: Mapping[str, object]) -> dict[str, Any]:
    """Arguments for ``AsyncEngineArgs``, once all that the device cannot do has been refused."""
    _check_names(extra)
    options = dataclasses.replace(options, dtype=vllm_device.dtype(options.dtype))
    vllm_device.check(model, options, extra)
    return _arguments(model, options, extra)


def _check_names(extra: Mapping[str, object]) -> None:
    """Raise `UsageError` for an option that is neither ours nor vLLM's."""
    from vllm.engine.arg_utils import AsyncEngineArgs

    known = {field.name for kind in (AsyncEngineArgs, VllmOptions) for field in dataclasses.fields(kind)} - {"model"}
    for name in extra:
        if name not in known or name.startswith("_"):
            near = difflib.get_close_matches(name, known, n=1)
            names = ", ".join(field.name for field in dataclasses.fields(VllmOptions))
            hint = f"; did you mean {near[0]!r}?" if near else "."
            raise UsageError(
                f"unknown option of engine vllm {name!r}{hint} There are: {names}, and every engine argument of vLLM"
            )


def _arguments(model: str, options: VllmOptions, extra: Mapping[str, object]) -> dict[str, Any]:
    """What is not set is left to vLLM."""
    from vllm.platforms import current_platform

    own = {name: value for name, value in dataclasses.asdict(options).items() if value is not None}
    lora = own.pop("lora", None)
    own.pop("log_level")
    arguments: dict[str, Any] = {
        "model": model,
        "use_tqdm_on_load": False,
        "disable_log_stats": True,
        "enable_prefix_caching": True,
        **own,
    }
    if options.revision and "tokenizer" not in extra:
        arguments["tokenizer_revision"] = options.revision  # older releases take the newest otherwise
    if lora:
        arguments |= {"enable_lora": True, "max_lora_rank": _room_for(lora)}
    if current_platform.is_cpu():
        arguments.setdefault("enforce_eager", True)
        arguments["kv_cache_memory_bytes"] = CPU_CACHE_BYTES
        # vLLM takes back the random number drawn after a part of a prompt, which a CPU's generator cannot do: the
        # engine would die
        arguments["enable_chunked_prefill"] = False
    return {**arguments, **extra}
