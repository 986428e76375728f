"""What vLLM's processes write, kept off the terminal and read when they fail.

The engine core and its workers are child processes that write warnings and whole tracebacks. They get a file as their
stdout and stderr, so that a progress display and piped output stay clean; when they die, the file says why.
"""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from mammoth_eval.engines import memory
from mammoth_eval.errors import EngineError, ModelError

_PREFIX = re.compile(r"^(\(.*?pid=\d+\) )?((ERROR|WARNING|INFO|DEBUG) \S+ \S+ \[[^\]]*\] )?")
_CAUSE = re.compile(r"^(?:[\w.]*\.)?(\w*(?:Error|Exception|Killed)): (.+)$")
_HEADS = re.compile(r"attention heads \((\d+)\) must be divisible by tensor parallel size")
_VAGUE = ("Engine core initialization failed", "WorkerProc initialization failed", "cancelled")

KILLED = (
    "its process left no error: most often the system killed it for want of memory "
    f"({memory.ADVICE}; a smaller max_model_len needs less too); --engine-arg log_level=INFO shows how far it came"
)

MEMORY_HINTS = (
    (memory.RAN_OUT,
     "the model is too large for this memory: set tensor_parallel_size, quantization or a smaller max_model_len"),
    ((
        r"No available memory for the cache blocks|KV cache is needed|larger than the available KV cache|kv cache "
        r"allocation is less"
    ),
     "too little memory is left for the KV cache: lower max_model_len, raise gpu_memory_utilization or "
     "kv_cache_memory_bytes"),
    (r"Free memory on device|desired (?:GPU|CPU) memory utilization",
     "other processes hold the memory: free it, or lower gpu_memory_utilization"),
)  # fmt: skip


class ProcessLog:
    """The file that the child processes write to."""

    def __init__(self) -> None:
        handle, name = tempfile.mkstemp(prefix="mammoth-eval-vllm-", suffix=".log")
        os.close(handle)
        self.path = Path(name)

    @contextmanager
    def inherited(self) -> Iterator[None]:
        """Children started here write to the file; our own writing goes where it went before."""
        streams = (sys.stdout, sys.stderr)
        for stream in streams:
            stream.flush()
        saved = [os.dup(number) for number in (1, 2)]
        with self.path.open("ab") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        sys.stdout, sys.stderr = (
            _onto(stream, number, copy) for stream, number, copy in zip(streams, (1, 2), saved, strict=True)
        )
        try:
            yield
        finally:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            sys.stdout, sys.stderr = streams
            for number, copy in zip((1, 2), saved, strict=True):
                os.dup2(copy, number)
                os.close(copy)

    def cause(self) -> str:
        """The first error in the file that says more than that something failed; empty where there is none."""
        found = ""
        for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
            match = _CAUSE.match(_PREFIX.sub("", line).strip())
            if match and not any(words in match[2] for words in _VAGUE):
                found = found or f"{match[1]}: {match[2]}"
        return found

    def remove(self) -> None:
        """Delete the file."""
        self.path.unlink(missing_ok=True)


def _onto(stream: TextIO, number: int, copy: int) -> TextIO:
    """A stream on the saved descriptor, where `stream` writes to descriptor `number`.

    Another stream (a capture) as it is.
    """
    try:
        if stream.fileno() != number:
            return stream
    except (OSError, ValueError):
        return stream
    return io.TextIOWrapper(
        io.FileIO(copy, "w", closefd=False), encoding="utf-8", errors="replace", line_buffering=True
    )


def failed_start(model: str, error: Exception, log: ProcessLog | None) -> ModelError | EngineError:
    """What a failed start means: memory, an argument, or the engine itself; the log's place where it says more."""
    reported = log.cause() if log else ""
    said = reported or _first_words(error)
    for pattern, hint in MEMORY_HINTS:
        if re.search(pattern, f"{said} {error}", re.IGNORECASE):
            return ModelError(f"{model}: {hint} ({said})")
    if not reported and any(words in said for words in _VAGUE):
        reported = said = f"{said.partition('. See')[0]}; {KILLED}"
    where = f"; the whole log: {log.path}" if log and reported else ""
    if isinstance(error, ValueError | OSError | NotImplementedError):
        return ModelError(f"{model}: vllm cannot serve it as asked: {said}{_possible_sizes(said)}{where}")
    return EngineError(f"{model}: vllm could not start: {said}{where}")


def _possible_sizes(said: str) -> str:
    """Where the tensor parallel size does not divide the attention heads, those that do."""
    found = _HEADS.search(said)
    heads = int(found[1]) if found else 0
    sizes = [str(size) for size in range(1, heads + 1) if heads % size == 0]
    return f" Possible are: {', '.join(sizes)}" if sizes else ""


def died(log: ProcessLog | None) -> str:
    """What it means that a running engine died.

    Whether the same command can help, or the cause must be removed first.
    """
    reported = log.cause() if log else ""
    if not reported:
        return f"vllm's engine process died: {KILLED if log else 'its own words stand above'}"
    assert log is not None
    where = f"({reported}; the whole log: {log.path})"
    for pattern, hint in MEMORY_HINTS:
        if re.search(pattern, reported, re.IGNORECASE):
            return f"vllm's engine process died: {hint} {where}"
    return f"vllm's engine process died {where}; the same command will end in the same way until the cause is removed"


def _first_words(error: Exception) -> str:
    """The message without the report around it: pydantic wraps the sentence that counts."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    wrapped = next((line for line in lines if line.startswith("Value error, ")), None)
    if wrapped:
        return wrapped.removeprefix("Value error, ").partition(" [type=")[0]
    return lines[0] if lines else type(error).__name__
