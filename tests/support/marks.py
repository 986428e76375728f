"""Marks that several files share: what a test needs, and why it does not run everywhere."""

import importlib.util
import os

import pytest

long_run = pytest.mark.skipif(
    "MAMMOTH_LONG_TESTS" not in os.environ, reason="takes minutes; set MAMMOTH_LONG_TESTS=1 to run it"
)
HAS_VLLM = importlib.util.find_spec("vllm") is not None
"""Found, not imported: in a process that has imported much else, vLLM's import fails, and it stays there."""
needs_vllm = pytest.mark.skipif(not HAS_VLLM, reason="vllm is not installed: make test installs it")
