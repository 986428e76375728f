"""Whether a model's weights fit into the memory that there is, asked before minutes are spent on loading them.

The need is a lower bound, the weights alone: what is refused here cannot work, what passes may still run out.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

from mammoth_eval.errors import ModelError

RAN_OUT = r"out of memory|OutOfMemory|DefaultCPUAllocator|can't allocate memory|MemoryError"
"""What the errors of torch and of Python say when memory is short."""
ADVICE = (
    "take a smaller model, a dtype of 16 bits, a quantised checkpoint, or engine vllm with quantization or on more GPUs"
)

GIB = 2**30
_KINDS = ("model*.safetensors", "*.safetensors", "pytorch_model*.bin", "*.bin", "*.pth", "*.pt")
"""Patterns of weight files, the first that fits counts: a folder may hold the same weights in several forms."""
_GROUPS = (
    (r"^0::/(.*)$", Path("/sys/fs/cgroup"), "memory.max", "anon"),
    (r"^\d+:(?:\w+,)*memory(?:,\w+)*:/(.*)$", Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "total_rss"),
)
"""Control groups of version 2 and 1.

The line of ``/proc/self/cgroup``, their folder, the limit, the bytes that do not give way.
"""
_FLOATS = ("F32", "F16", "BF16", "F64")
"""Types in a safetensors file that are turned into the dtype asked for; quantised ones stay as they are."""


def ran_out(error: BaseException) -> bool:
    """Whether an error means that memory is short; a CPU's allocator says so with a mere `RuntimeError`."""
    return isinstance(error, MemoryError) or re.search(RAN_OUT, f"{type(error).__name__}: {error}") is not None


def check(model: str, itemsize: int, room: int | None, place: str, folder: Path | None = None) -> None:
    """Compare the weights of `model`, at `itemsize` bytes a number, with the `room` bytes that `place` has.

    They lie in `folder`, or `model` is their folder. Nothing is said of a model that is no folder here, or where `room`
    is not known (None). Raises `ModelError`.
    """
    need = weights(folder or Path(model).expanduser(), itemsize)
    if room is not None and need > room:
        raise ModelError(
            f"{model}: its weights take {need / GIB:.1f} GiB; on {place} there is room for {room / GIB:.1f} GiB: "
            f"{ADVICE}"
        )


def weights(folder: Path, itemsize: int) -> int:
    """Bytes that the weights of a model folder take at least, at `itemsize` bytes a number.

    0 where that is not known.
    """
    files = next((found for kind in _KINDS if (found := sorted(folder.glob(kind)))), []) if folder.is_dir() else []
    return sum(_size(path, itemsize) for path in files)


def _size(path: Path, itemsize: int) -> int:
    if path.suffix != ".safetensors":  # holds 32 bits a number at most
        return path.stat().st_size * itemsize // 4
    return sum(
        math.prod(tensor["shape"]) * itemsize
        if tensor["dtype"] in _FLOATS
        else tensor["data_offsets"][1] - tensor["data_offsets"][0]
        for tensor in _tensors(path)
    )


def _tensors(path: Path) -> Iterator[dict]:  # type: ignore[type-arg]
    """What the head of a safetensors file says of each tensor; none where it is damaged, which loading will say."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        try:
            head = json.loads(file.read(length)) if length <= path.stat().st_size else {}
        except ValueError:
            return
    yield from (tensor for name, tensor in head.items() if name != "__metadata__")


def available() -> int | None:
    """Bytes of main memory that this process can still have.

    Of the machine, or below the limit of its group; None if unknown.
    """
    rooms = [room for room in (_machine(), *_groups()) if room is not None]
    return min(rooms, default=None)


def _machine() -> int | None:
    found = re.search(r"^MemAvailable:\s*(\d+) kB", _text(Path("/proc/meminfo")), re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def _groups() -> Iterator[int]:
    """Room below the limit of this process's control group and of each above it, of either version of them."""
    for line, top, limit_file, held_name in _GROUPS:
        own = re.search(line, _text(Path("/proc/self/cgroup")), re.MULTILINE)
        place = top / own[1] if own else top
        for group in (one for one in (place, *place.parents) if one.is_relative_to(top)):
            limit = _text(group / limit_file).strip()
            # the page cache counts against the limit too, but it gives way
            held = re.search(rf"^{held_name} (\d+)$", _text(group / "memory.stat"), re.MULTILINE)
            if limit.isdigit():
                yield max(0, int(limit) - int(held[1] if held else 0))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
