"""What MODEL names: a model that ships with us, a folder, or a hub id; and a fingerprint of it for the run's spec."""

from __future__ import annotations

import fnmatch
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mammoth_eval import hub, resources
from mammoth_eval.engines import default_model
from mammoth_eval.errors import ModelError, UsageError
from mammoth_eval.hub import Pin

DEFAULT = "hybrid-135m"
"""What is evaluated where no model is named: the adapter of that name in ``adapters/``, on the embedded base model."""

ADAPTER = "adapter_config.json"
"""What makes a folder a LoRA adapter (PEFT's name)."""
WEIGHTS_ENGINES = ("vllm", "transformers")
"""Engines that load weights; to another engine a model is a name that its server knows, or a file."""
FILE_ENGINES = ("replay", "scripted")
ADAPTER_FILES = (ADAPTER, "adapter_model.*", "train.json")
"""What is taken of an adapter on the hub."""
WEIGHT_PATTERNS = {
    "vllm": ("consolidated*.safetensors", "*.safetensors", "*.bin", "*.pt"),
    "transformers": ("model*.safetensors", "pytorch_model*.bin"),
}
"""Weights that an engine reads of a repository that may hold them in several forms.

Those of the first pattern that fits any.
"""
SMALL = (".json", ".jinja", ".txt", ".model", ".tiktoken", ".py")
"""Files beside the weights: configuration, tokenizer, chat template, code."""
ELSEWHERE = {"load_format", "download_dir"}
"""Options of vllm with which it reads other files, or keeps them in another place."""
EDGE = 1 << 20
"""Bytes hashed at either end of weights of any form: enough to tell two checkpoints apart without reading 70 GB."""


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
    """What the checkpoint's ``train.json`` says of its training.

    Base, mixture, kinds, seed, ...; empty where there is none.
    """
    adapter: str = ""
    """Folder of the LoRA adapter that is laid over the weights at `location`; empty for none."""
    pins: tuple[Pin, ...] = ()
    """What is taken from the hub, at which commits; the weights first."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options for the engine.

    Those asked for, every name of the hub pinned to its commit, and ``lora`` for an adapter.
    """
    asked: Mapping[str, Any] = field(default_factory=dict)
    """The options asked for, as they identify a run.

    Names of the hub with their commits, `revision` in `fingerprint` alone.
    """


def resolve(name: str, engine: str, cache_dir: Path, options: Mapping[str, Any] | None = None) -> Model:
    """The model that `name` means to `engine`, with the engine's `options`; what is on the hub is pinned to its commit.

    The option `revision` is that of `name`; where that is the folder of an adapter, it is that of its base. The
    embedded base model is made on first use (a download and a conversion), and an adapter of the hub is downloaded.
    Raises `ModelError` for a path that is no folder, and for what the hub does not have or does not give.
    """
    asked = dict(options or {})
    if engine in FILE_ENGINES and Path(name).exists():
        path = Path(name).resolve()
        return Model(path.stem, str(path), fingerprint(path), options=asked, asked=asked)
    if engine not in WEIGHTS_ENGINES:
        return Model(name, name, "", options=asked, asked=asked)
    found = _find(name, str(asked.pop("revision", None) or ""), cache_dir)
    return _with_options(found, asked)


def _find(name: str, revision: str, cache_dir: Path, *, is_base: bool = False) -> Model:
    """The weights, and the adapter over them, that `name` means.

    `is_base`: of an adapter, so that it cannot be one itself.
    """
    if name == default_model.NAME:
        _refuse_revision(name, revision)
        folder = default_model.ensure(cache_dir)
        return Model(name, str(folder), fingerprint(folder))
    path = resources.folder("adapters") / name if name in adapters() else Path(name).expanduser()
    if path.is_dir():
        path = path.resolve()
        if (path / ADAPTER).is_file() and not (path / "config.json").is_file():
            return _adapted(path.name, path, fingerprint(path), revision, cache_dir, is_base=is_base)
        _refuse_revision(name, revision)
        return Model(path.name, str(path), fingerprint(path), training(path))
    if _is_path(name) or path.exists():
        raise ModelError(
            f"{name}: no such folder; give a folder with config.json and weights, or a hub id such as "
            f"TIGER-Lab/MAmmoTH-7B"
        )
    return _on_hub(name, revision, cache_dir, is_base=is_base)


def _on_hub(name: str, revision: str, cache_dir: Path, *, is_base: bool) -> Model:
    """A model, or an adapter, of the hub. After a colon: one quantisation among the files of a repository."""
    pinned = hub.pin(name.partition(":")[0], revision)
    if ":" in name or hub.file(pinned, "config.json") or not hub.file(pinned, ADAPTER):
        return Model(name, name, pinned.commit, pins=(pinned,), options={"revision": pinned.commit})
    folder = _downloaded_adapter(pinned)
    found = _adapted(name, folder, pinned.commit, "", cache_dir, is_base=is_base)
    return replace(found, pins=(*found.pins, pinned))


def _adapted(name: str, folder: Path, own: str, revision: str, cache_dir: Path, *, is_base: bool) -> Model:
    """A LoRA adapter by itself.

    Its configuration names the base that it was trained on; `own` is its own fingerprint.
    """
    if is_base:
        raise ModelError(f"{name}: is an adapter, and the base of another one: merge it into its own base first")
    try:
        settings = json.loads((folder / ADAPTER).read_text(encoding="utf-8"))
        base_name = str(settings["base_model_name_or_path"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{folder / ADAPTER}: does not say its base model ({error!r})") from error
    trained_on = "" if Path(base_name).expanduser().is_dir() else str(settings.get("revision") or "")
    base = _find(base_name, revision or trained_on, cache_dir, is_base=True)
    digest = hashlib.sha256(f"{base.fingerprint}\0{own}".encode()).hexdigest()[:16]
    options = {**base.options, "lora": str(folder)}
    return Model(name, base.location, digest, training(folder), str(folder), base.pins, options)


def _with_options(model: Model, asked: Mapping[str, Any]) -> Model:
    """The model with the options asked for; an adapter and a tokenizer of the hub among them are pinned."""
    options, known, pins = {**model.options, **asked}, dict(asked), list(model.pins)
    if asked.get("lora"):
        if model.adapter:
            raise UsageError(
                f"lora={asked['lora']}: {model.name} is an adapter already, and one is laid over a model at a time"
            )
        if not Path(str(asked["lora"])).expanduser().is_dir():
            adapter = _adapter_option(str(asked["lora"]))
            pins.append(adapter)
            options["lora"], known["lora"] = str(adapter.snapshot), f"{adapter.name}@{adapter.commit}"
    tokenizer = str(asked.get("tokenizer") or (model.pins[0].name if model.pins else ""))
    wanted = str(asked.get("tokenizer_revision") or "")
    if (asked.get("tokenizer") or wanted) and tokenizer and not Path(tokenizer).expanduser().is_dir():
        pinned = hub.pin(tokenizer, wanted)
        pins.append(pinned)
        options["tokenizer_revision"] = known["tokenizer_revision"] = pinned.commit
    return replace(model, pins=tuple(pins), options=options, asked=known)


def _adapter_option(name: str) -> Pin:
    """The adapter of the hub that the option `lora` names, downloaded."""
    if _is_path(name):
        raise ModelError(f"lora={name}: no such folder; give a folder with {ADAPTER}, or a hub id (owner/name)")
    pinned = hub.pin(name)
    if not hub.file(pinned, ADAPTER):
        raise ModelError(f"lora={name}: holds no {ADAPTER}, so it is not an adapter")
    _downloaded_adapter(pinned)
    return pinned


def _downloaded_adapter(pinned: Pin) -> Path:
    """The folder of an adapter of the hub, all that belongs to it there."""
    files = hub.files(pinned)
    wanted = {name: files[name] for pattern in ADAPTER_FILES for name in fnmatch.filter(files, pattern)}
    hub.fetch(pinned, hub.absent(pinned, wanted))
    if not any(pinned.snapshot.glob("adapter_model.*")):
        raise ModelError(
            f"{pinned.name}: has an {ADAPTER} and no adapter_model file: an unfinished download, or upload?"
        )
    return pinned.snapshot


def _is_path(name: str) -> bool:
    """Whether a name that is no folder can only be meant as one."""
    return name.startswith((".", "/", "~")) or name.count("/") > 1


def _refuse_revision(name: str, revision: str) -> None:
    if revision:
        raise UsageError(
            f"revision={revision}: {name} is a folder on this machine and has no revisions; leave the option out"
        )


def downloads(model: Model, engine: str) -> dict[str, int]:
    """Files of a model of the hub that `engine` reads and the cache does not have, with their sizes in bytes.

    None where an option makes the engine look elsewhere. What is not foreseen here the engine downloads itself.
    """
    if not model.pins or model.location.partition(":")[0] != model.pins[0].name or ELSEWHERE & model.options.keys():
        return {}
    files = hub.files(model.pins[0])
    quantised = model.location.partition(":")[2]
    kinds = (f"*{quantised}*.gguf",) if quantised else WEIGHT_PATTERNS[engine]
    weights = next((found for kind in kinds if (found := fnmatch.filter(files, kind))), [])
    wanted = [name for name in files if name in weights or Path(name).suffix in SMALL]
    return hub.absent(model.pins[0], {name: files[name] for name in wanted})


def local(model: Model) -> Model:
    """The same model as a folder on this machine, for code that loads folders; downloaded where it is on the hub."""
    if not model.pins or model.location != model.pins[0].name:
        return model
    hub.fetch(model.pins[0], downloads(model, "transformers"))
    return replace(model, location=str(model.pins[0].snapshot))


def adapters() -> list[str]:
    """The LoRA adapters that ship with the project, each trained by the command in its ``train.json``."""
    return sorted(path.parent.name for path in resources.folder("adapters").glob(f"*/{ADAPTER}"))


def training(folder: Path) -> dict[str, Any]:
    """What ``train.json`` of a checkpoint says.

    Empty where there is none. Raises `ModelError` for one that is no JSON object.
    """
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


def fingerprint(model: Path) -> str:
    """Sixteen hex digits over a file or a model folder.

    Of everything but configuration, tokenizer and code (`SMALL`), which is hashed whole: the size and both ends.
    """
    digest = hashlib.sha256()
    files = (
        [model]
        if model.is_file()
        else [one for one in model.iterdir() if one.is_file() and not one.name.startswith(".")]
    )
    for path in sorted(files):
        size = path.stat().st_size
        digest.update(f"{path.name}\0{size}\0".encode())
        with path.open("rb") as file:
            if path.suffix in SMALL or size <= 2 * EDGE:
                digest.update(file.read())
            else:
                digest.update(file.read(EDGE))
                file.seek(size - EDGE)
                digest.update(file.read())
    return digest.hexdigest()[:16]
