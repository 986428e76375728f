"""Asking whether there is a pip changes nothing in the interpreter that asks."""

import subprocess
import sys

import pytest

LATER = """
from mammoth_eval import installing
{asked}
import distutils.core
import setuptools
"""
"""What torch does, and vLLM through it; Python 3.11 has a distutils of its own in the standard library."""


@pytest.mark.parametrize("asked", ["installing.has_pip()", "installing.pip('install', 'numpy')"])
def test_setuptools_can_be_imported_after_it(asked):
    pytest.importorskip("setuptools")
    words = [sys.executable, "-c", LATER.format(asked=asked)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
