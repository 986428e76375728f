"""vLLM's configuration as on NVIDIA GPUs, made on a machine without one: a platform that says what the driver would.

`pretend` is called once, in a process of its own, before anything of vLLM is asked. Where vLLM was built for a CPU, an
empty module stands for the compiled part of the CUDA build that its platform imports: configuration needs nothing of
what is in it.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import types
from dataclasses import dataclass
from pathlib import Path

GIB = 2**30


@dataclass(frozen=True)
class Gpu:
    """One kind of GPU, and how many of it a machine has."""

    name: str
    gib: float
    capability: tuple[int, int]
    count: int = 8


GPUS = {
    "h100": Gpu("NVIDIA H100 80GB HBM3", 79.6, (9, 0)),
    "a100-80": Gpu("NVIDIA A100-SXM4-80GB", 79.3, (8, 0)),
    "a100-40": Gpu("NVIDIA A100-SXM4-40GB", 39.4, (8, 0)),
    "l4": Gpu("NVIDIA L4", 22.0, (8, 9), 4),
    "rtx4090": Gpu("NVIDIA GeForce RTX 4090", 23.5, (8, 9), 1),
    "t4": Gpu("Tesla T4", 14.6, (7, 5), 1),
    "mig": Gpu("NVIDIA A100-SXM4-40GB MIG 1g.5gb", 4.75, (8, 0), 1),
}


def is_cuda_build() -> bool:
    """Whether the compiled parts of vLLM's CUDA build are installed."""
    found = importlib.util.find_spec("vllm")
    return any(
        any(Path(place).glob("_C_stable_libtorch*.so")) for place in (found.submodule_search_locations or []) if found
    )


def empty_driver(folder: Path) -> Path:
    """A library under the name of NVIDIA's driver with next to nothing in it: the compiled parts of vLLM are linked to
    that name.

    Needs a C compiler. The folder goes into ``LD_LIBRARY_PATH``.
    """
    source = folder / "cuda.c"
    source.write_text("int cuInit(unsigned flags) { return 100; }\n")  # CUDA_ERROR_NO_DEVICE
    target = folder / "libcuda.so.1"
    subprocess.run(["cc", "-shared", "-fPIC", "-Wl,-soname,libcuda.so.1", "-o", str(target), str(source)], check=True)
    return folder


def pretend() -> type:
    """Make a GPU the platform that vLLM runs on.

    The class that is returned has it as `gpu`, and whether its memory is `silent`.
    """
    sys.setdlopenflags(os.RTLD_LAZY | os.RTLD_GLOBAL)  # what an empty driver lacks is never called
    if not is_cuda_build():
        sys.modules["vllm._C_stable_libtorch"] = types.ModuleType("vllm._C_stable_libtorch")
    import torch
    import vllm.platforms
    from vllm.platforms.cuda import NonNvmlCudaPlatform
    from vllm.platforms.interface import DeviceCapability
    from vllm.third_party.pynvml import NVMLError_NotSupported

    class Pretended(NonNvmlCudaPlatform):
        gpu: Gpu = GPUS["h100"]
        silent: bool = False

        @classmethod
        def get_device_capability(cls, device_id: int = 0) -> DeviceCapability:
            return DeviceCapability(*cls.gpu.capability)

        @classmethod
        def get_device_name(cls, device_id: int = 0) -> str:
            return cls.gpu.name

        @classmethod
        def get_device_total_memory(cls, device_id: int = 0) -> int:
            if cls.silent:
                raise NVMLError_NotSupported
            return int(cls.gpu.gib * GIB)

        @classmethod
        def device_count(cls) -> int:
            return cls.gpu.count

        @classmethod
        def num_compute_units(cls, device_id: int = 0) -> int:
            return 108

    def properties(device: object = None) -> types.SimpleNamespace:
        gpu = Pretended.gpu
        size = {"total_memory": int(gpu.gib * GIB), "multi_processor_count": 108}
        return types.SimpleNamespace(name=gpu.name, major=gpu.capability[0], minor=gpu.capability[1], **size)

    torch.cuda.get_device_properties = properties
    vllm.platforms._current_platform = Pretended()
    return Pretended
