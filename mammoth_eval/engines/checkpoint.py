"""Whether a model can be found and read, asked before an engine spends minutes on starting."""

from __future__ import annotations

import json
from pathlib import Path

from mammoth_eval.errors import ModelError

WEIGHTS = ("*.safetensors", "*.bin", "*.pt", "*.pth", "*.gguf")


def check(model: str, revision: str | None = None) -> None:
    """Look at `model`, a folder, a GGUF file or a hub id. Raises `ModelError` that says what is missing and what to do."""
    path = Path(model).expanduser()
    if path.is_dir():
        _check_folder(path)
    elif path.is_file():
        if path.suffix != ".gguf":
            raise ModelError(f"{model}: is a file; give the folder that holds config.json and the weights")
    elif model.startswith((".", "/", "~")) or model.count("/") > 1:
        raise ModelError(f"{model}: no such folder; give a folder with config.json and weights, or a hub id (owner/name)")
    elif ":" not in model:  # with a colon: a quantisation inside a hub repository, which the engine resolves
        _check_hub(model, revision)


def _check_folder(path: Path) -> None:
    if not (path / "config.json").is_file() and not (path / "params.json").is_file():
        adapter = (path / "adapter_config.json").is_file()
        hint = (
            "it is a LoRA adapter: give its base model, and this folder as the option lora" if adapter else "is it the right one?"
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
    """Fetch the model's configuration, which every engine asks for first."""
    from huggingface_hub import constants, errors, hf_hub_download

    try:
        hf_hub_download(model, "config.json", revision=revision)
    except errors.HFValidationError as error:
        raise ModelError(f"{model!r} is no hub id (owner/name) and no folder: {error}") from error
    except errors.GatedRepoError as error:
        raise ModelError(f"{model}: a gated model: ask for access on its page, then log in with `hf auth login`") from error
    except errors.RepositoryNotFoundError as error:
        raise ModelError(f"{model}: the hub has no such model (or it is private: `hf auth login`); see the spelling") from error
    except errors.RevisionNotFoundError as error:
        raise ModelError(f"{model}: no revision {revision!r} on the hub") from error
    except errors.LocalEntryNotFoundError as error:
        why = "offline mode is on" if constants.HF_HUB_OFFLINE else f"{constants.ENDPOINT} cannot be reached"
        hint = "give a folder instead, or the embedded smollm2-135m-instruct"
        raise ModelError(f"{model}: not in the local hub cache, and {why}; {hint}") from error
    except errors.EntryNotFoundError:
        return  # the repository is there: the engine knows whether it can do without config.json
