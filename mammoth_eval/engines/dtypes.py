"""The dtype that a model runs in where nothing is said: bfloat16 where the device calculates in it."""

from __future__ import annotations

CPU_BFLOAT16 = ("avx512_bf16", "amx_bf16", "bf16")
"""What torch calls the instructions of x86 and ARM that multiply in bfloat16."""


def of_cpu() -> str:
    """float32 on a CPU without instructions for bfloat16, which imitates them at a small part of the speed."""
    import torch

    able = any(torch.cpu.get_capabilities().get(name) for name in CPU_BFLOAT16)
    return "bfloat16" if able else "float32"
