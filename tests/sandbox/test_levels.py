"""What is left where a container takes system calls away: found by trying, reported, refused where nothing protects."""

import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from checkout import TESTS

from mammoth_eval.sandbox.jail import landlock

NUMBERS = {
    "x86_64": {
        "unshare": "272",
        "landlock": "444",
        "seccomp": "317",
        "personality": "135",
        "pidfd_open": "434",
        "memfd_create": "319",
    }
}.get(
    platform.machine(),
    {
        "unshare": "97",
        "landlock": "444",
        "seccomp": "277",
        "personality": "92",
        "pidfd_open": "434",
        "memfd_create": "279",
    },
)

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="seccomp is of Linux")]
needs_landlock = pytest.mark.skipif(landlock.version() == 0, reason="the kernel has no Landlock")


def without(level, *calls):
    """What `sandbox_without.py` says; it must leave nothing behind."""
    words = [sys.executable, str(TESTS / "support" / "sandbox_without.py"), level, *(NUMBERS[call] for call in calls)]
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ, TMPDIR=folder)
        done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60, env=environment)
        assert list(Path(folder).iterdir()) == []
    return json.loads(done.stdout)


@needs_landlock
def test_without_namespaces_auto_takes_container_and_says_why():
    said = without("auto", "unshare")
    assert said["level"] == "container"
    assert "unshare" in said["layers"]["namespaces"]
    assert said["layers"]["landlock"] is True and said["layers"]["seccomp"] is True


@needs_landlock
def test_a_container_still_gives_programs_a_scratch_folder():
    assert without("auto", "unshare")["stdout"] == "3\n"


def test_without_namespaces_and_landlock_auto_refuses_and_says_what_is_missing():
    said = without("auto", "unshare", "landlock")["refused"]
    for part in ("unshare", "Landlock", "user namespaces", "lsm=landlock", "only by name: seccomp, process"):
        assert part in said


def test_a_weaker_level_is_taken_when_it_is_named():
    said = without("seccomp", "unshare", "landlock")
    assert said["level"] == "seccomp"
    assert said["layers"]["landlock"] == "not part of level seccomp"


def test_full_is_refused_rather_than_weakened():
    assert "unshare" in without("full", "unshare")["refused"]


def test_addresses_that_cannot_be_fixed_do_not_stop_it():
    assert without("auto", "personality")["stdout"] == "3\n"


@pytest.mark.parametrize("level", ["auto", "process"])
def test_a_system_without_pidfd_and_memfd_gives_the_same(level):
    said = without(level, "pidfd_open", "memfd_create")
    assert said["stdout"] == "3\n"
    assert said["statuses"] == ["ok", "error", "timeout", "timeout"]
