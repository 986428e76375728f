"""Whether a model can be found and read, asked before an engine spends minutes on starting."""

from __future__ import annotations

import json
from pathlib import Path

from mammoth_eval import hub
from mammoth_eval.errors import ModelError

WEIGHTS = ("*.safetensors", "*.bin", "*.pt", "*.pth", "*.gguf")


def check(model: str, revision: str | None = None) -> None:
    """Look at `model`, a folder, a GGUF file or a hub id.

    Raises `ModelError` that says what is missing and what to do.
    """
    path = Path(model).expanduser()
    if path.is_dir():
        _check_folder(path)
    elif path.is_file():
        if path.suffix != ".gguf":
            raise ModelError(f"{model}: is a file; give the folder that holds config.json and the weights")
    elif model.startswith((".", "/", "~")) or model.count("/") > 1:
        raise ModelError(
            f"{model}: no such folder; give a folder with config.json and weights, or a hub id (owner/name)"
        )
    elif ":" not in model:  # with a colon: a quantisation inside a hub repository, which the engine resolves
        _check_hub(model, revision)


def snapshot(model: str, revision: str | None) -> Path:
    """The folder with the files of `model`.

    Itself, or where the hub's cache keeps those of a hub id at the commit `revision`.
    """
    path = Path(model).expanduser()
    if path.is_dir() or not hub.COMMIT.fullmatch(revision or ""):
        return path
    return hub.Pin("model", model.partition(":")[0], revision or "", revision or "").snapshot


def _check_folder(path: Path) -> None:
    if not (path / "config.json").is_file() and not (path / "params.json").is_file():
        adapter = (path / "adapter_config.json").is_file()
        hint = (
            "it is a LoRA adapter: give its base model, and this folder as the option lora"
            if adapter
            else "is it the right one?"
        )
        raise ModelError(f"{path}: this folder has no config.json, so it holds no model; {hint}")
    if (path / "config.json").is_file():
        try:
            json.loads((path / "config.json").read_text(encoding="utf-8"))
        except ValueError as error:
            raise ModelError(f"{path / 'config.json'}: cannot be read: {error}") from error
    if not any(next(path.glob(pattern), None) for pattern in WEIGHTS):
        raise ModelError(f"{path}: has a config.json and no weights ({', '.join(WEIGHTS)}): an unfinished download?")


def _check_hub(model: str, revision: str | None) -> None:
    """Ask for the model's configuration, which every engine reads first.

    Whether a model can do without one, the engine knows.
    """
    hub.file(hub.pin(model, revision or ""), "config.json")
