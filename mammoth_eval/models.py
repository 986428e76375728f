"""What MODEL names: a model that ships with us, a folder, or a hub id; and a fingerprint of it for the run's spec."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mammoth_eval import resources
from mammoth_eval.engines import default_model
from mammoth_eval.errors import ModelError

DEFAULT = "hybrid-135m"
"""What is evaluated where no model is named: the adapter of that name in ``adapters/``, on the embedded base model."""

ADAPTER = "adapter_config.json"
"""What makes a folder a LoRA adapter (PEFT's name)."""
WEIGHTS_ENGINES = ("vllm", "transformers")
"""Engines that load weights; to another engine a model is a name that its server knows, or a file."""
FILE_ENGINES = ("replay", "scripted")
WEIGHTS = (".safetensors", ".bin", ".pt", ".gguf")
EDGE = 1 << 20
"""Bytes hashed at either end of a weights file: enough to tell two checkpoints apart without reading 70 GB."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model by name."""

    name: str
    """What tables show: the hub id, or the folder's name."""
    location: str
    """What the engine is given."""
    fingerprint: str
    """Changes when the weights, the configuration or the tokenizer do; empty where that cannot be known from here."""
    train: Mapping[str, Any] = field(default_factory=dict)
    """What the checkpoint's ``train.json`` says of its training: base, mixture, kinds, seed, ...; empty where there is none."""
    adapter: str = ""
    """Folder of the LoRA adapter that is laid over the weights at `location`; empty for none."""


def resolve(name: str, engine: str, cache_dir: Path) -> Model:
    """The model that `name` means to `engine`.

    The embedded base model is made on first use (a download and a conversion). Raises `ModelError` for a path that is no folder.
    """
    if engine in FILE_ENGINES and Path(name).exists():
        path = Path(name).resolve()
        return Model(path.stem, str(path), fingerprint(path))
    if engine not in WEIGHTS_ENGINES:
        return Model(name, name, "")
    if name == default_model.NAME:
        folder = default_model.ensure(cache_dir)
        return Model(name, str(folder), fingerprint(folder))
    path = resources.folder("adapters") / name if name in adapters() else Path(name).expanduser()
    if path.is_dir():
        if (path / ADAPTER).is_file() and not (path / "config.json").is_file():
            return _adapted(path.resolve(), engine, cache_dir)
        return Model(path.resolve().name, str(path.resolve()), fingerprint(path), training(path))
    if name.startswith((".", "/", "~")) or path.exists() or name.count("/") > 1:
        raise ModelError(
            f"{name}: no such folder; give a folder with config.json and weights, or a hub id such as TIGER-Lab/MAmmoTH-7B"
        )
    return Model(name, name, _hub_revision(name))


def adapters() -> list[str]:
    """The LoRA adapters that ship with the project, each trained by the command in its ``train.json``."""
    return sorted(path.parent.name for path in resources.folder("adapters").glob(f"*/{ADAPTER}"))


def training(folder: Path) -> dict[str, Any]:
    """What ``train.json`` of a checkpoint says; empty where there is none. Raises `ModelError` for one that is no JSON object."""
    path = folder / "train.json"
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path}: expected a JSON object that says base, mixture, kinds, seed")
    return content


def _adapted(folder: Path, engine: str, cache_dir: Path) -> Model:
    """A LoRA adapter by itself: its configuration names the base that it was trained on."""
    try:
        base_name = json.loads((folder / ADAPTER).read_text(encoding="utf-8"))["base_model_name_or_path"]
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{folder / ADAPTER}: does not say its base model ({error!r})") from error
    base = resolve(str(base_name), engine, cache_dir)
    digest = hashlib.sha256(f"{base.fingerprint}\0{fingerprint(folder)}".encode()).hexdigest()[:16]
    return Model(folder.name, base.location, digest, training(folder), str(folder))


def fingerprint(model: Path) -> str:
    """Sixteen hex digits over a file or a model folder: its small files whole, the size and both ends of its weights."""
    digest = hashlib.sha256()
    files = [model] if model.is_file() else [one for one in model.iterdir() if one.is_file() and not one.name.startswith(".")]
    for path in sorted(files):
        size = path.stat().st_size
        digest.update(f"{path.name}\0{size}\0".encode())
        with path.open("rb") as file:
            if path.suffix not in WEIGHTS or size <= 2 * EDGE:
                digest.update(file.read())
            else:
                digest.update(file.read(EDGE))
                file.seek(size - EDGE)
                digest.update(file.read())
    return digest.hexdigest()[:16]


def _hub_revision(name: str) -> str:
    """The commit of a hub model that the local hub cache holds; empty before its first download."""
    try:
        from huggingface_hub.constants import HF_HUB_CACHE
    except ImportError:
        return ""
    reference = Path(HF_HUB_CACHE) / f"models--{name.replace('/', '--')}" / "refs" / "main"
    return reference.read_text(encoding="utf-8").strip() if reference.is_file() else ""
