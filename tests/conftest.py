"""What tests share: the data folder, and a clear word where it is absent."""

import os
from pathlib import Path

import pytest
from checkout import ROOT


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
