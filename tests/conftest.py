"""What tests share: the data folder, and a clear word where it is absent; what holds in every process of theirs."""

import os
import sys
from pathlib import Path

import pytest
from checkout import ROOT, TESTS

# One thread for each operation of torch, here and in the processes that tests start: where cores are shared, threads
# that wait for one another spin, and the same few tokens take five times as long. vLLM sets the threads of its workers
# itself.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(items):
    """Refuse a test with the mark `engine` in another folder, where `make test` would not run it."""
    stray = [
        item.nodeid
        for item in items
        if item.get_closest_marker("engine") and TESTS / "engines" not in item.path.parents
    ]
    if stray:
        raise pytest.UsageError(f"tests with the mark engine must be in tests/engines: {', '.join(stray)}")


def find_data_dir() -> Path | None:
    """``MAMMOTH_DATA_DIR``, else ``shared/data`` beside the checkout; None where there is neither."""
    named = os.environ.get("MAMMOTH_DATA_DIR")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    return folder if (folder / "benchmarks").is_dir() else None


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder with ``benchmarks/``, ``recorded/`` and ``train/``."""
    folder = find_data_dir()
    if folder is None:
        pytest.skip("no benchmark files: set MAMMOTH_DATA_DIR to a folder with benchmarks/ and recorded/")
    return folder


@pytest.fixture
def own_cache(tmp_path):
    """A cache of the test's own with nothing in it, through the variable that commands read."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    yield
    os.environ.pop("XDG_CACHE_HOME")
    if before is not None:
        os.environ["XDG_CACHE_HOME"] = before


@pytest.fixture(autouse=True)
def vllm_stays_out_of_this_process():
    """A test that imports vLLM here breaks those after it.

    Its import depends on what else is loaded, and cannot be undone.
    """
    yield
    assert "vllm" not in sys.modules, "vllm was imported in pytest's process: ask it in a process of its own"
