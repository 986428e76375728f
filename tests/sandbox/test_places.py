"""The sandbox works wherever Python lies: in a temporary folder, in shared memory, where the scratch would be."""

import os
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

import pytest
from checkout import ROOT

from mammoth_eval.sandbox.jail.namespaces import scratch_place

PROGRAM = """
import asyncio
from mammoth_eval.sandbox import open_sandbox
from mammoth_eval.errors import SandboxError

async def main():
    try:
        async with open_sandbox("full", workers=1) as sandbox:
            done = await sandbox.run(
                "import own, tempfile\\nwith tempfile.TemporaryFile() as f: print(f.write(b'abc'), own.NAME)"
            )
            print(done.stdout, done.error)
    except SandboxError as error:
        print(error)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the private root is of Linux")
@pytest.mark.parametrize("parent", ["/tmp", "/dev/shm", "/var/tmp"])
def test_level_full_works_from_an_environment_in(parent):
    if not os.access(parent, os.W_OK | os.X_OK):
        pytest.skip(f"{parent} cannot be written to")
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        venv.create(folder, symlinks=True)
        Path(sysconfig.get_path("purelib", "venv", {"base": folder}), "own.py").write_text("NAME = 'installed there'")
        environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
        words = [f"{folder}/bin/python", "-c", PROGRAM]
        said = subprocess.run(words, capture_output=True, text=True, check=True, env=environment).stdout
        if "user namespaces" in said and "unshare" in said:
            pytest.skip(said)
        assert said == "3 installed there\n \n"


@pytest.mark.parametrize(
    ("visible", "place"),
    [
        (["/usr/lib"], "/scratch"),
        (["/scratch/venv/lib"], "/scratch-"),
        (["/scratch"], "/scratch-"),
        (["/scratches/lib"], "/scratch"),
    ],
)
def test_the_scratch_hides_nothing_that_python_needs(visible, place):
    assert scratch_place(visible) == place
