"""One training in several processes, one per GPU: ``accelerate launch`` with a configuration of
``training/accelerate/``.

``fsdp`` shards weights, gradients and optimiser with torch alone, ``zero3`` with DeepSpeed. The configurations lie in
the package once it is installed, so a name is enough wherever the command is given. What `accelerate launch` would end
with a traceback is found out before it starts.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mammoth_eval import resources
from mammoth_eval.engines.importing import import_module
from mammoth_eval.errors import DataError, UnknownName, UsageError

ENDINGS = (".yaml", ".yml", ".json")


def names() -> list[str]:
    """The configurations that ship with the project."""
    return sorted(path.stem for path in _folder().glob("*.yaml"))


def command(name_or_path: str, processes: int | None, arguments: Sequence[str]) -> list[str]:
    """The command that runs ``mammoth-eval`` with `arguments` in `processes` processes; None: one per GPU of this
    machine.

    Raises `UnknownName`, `DataError` or `UsageError` for a configuration or a number that cannot be, and `EngineError`
    with what to install.
    """
    path = _configuration(name_or_path)
    found = _read(path)
    if found.distributed_type.value == "DEEPSPEED":
        import_module("deepspeed", "deepspeed")
    count = _gpus() if processes is None else processes
    if count < 1:
        raise UsageError(f"--processes {count}: at least 1 is needed")
    return [
        *(sys.executable, "-m", "accelerate.commands.launch", "--config_file", str(path)),
        *("--num_processes", str(count), "--main_process_port", "0"),  # 0: a port that is free
        *("-m", "mammoth_eval", *arguments),
    ]


def _folder() -> Path:
    return resources.folder("training") / "accelerate"


def _configuration(name_or_path: str) -> Path:
    if name_or_path.endswith(ENDINGS):
        return Path(name_or_path)
    if name_or_path not in names():
        raise UnknownName("configuration of accelerate", name_or_path, names())
    return _folder() / f"{name_or_path}.yaml"


def _read(path: Path) -> Any:
    """The configuration as accelerate reads it."""
    config_args = import_module("accelerate.commands.config.config_args", "train")
    yaml = import_module("yaml", "train")
    try:
        return config_args.load_config_from_file(str(path))
    except (OSError, ValueError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise DataError(f"{path}: not a configuration of accelerate: {error}") from error


def _gpus() -> int:
    import torch

    count = int(torch.cuda.device_count())
    if not count:
        raise UsageError("--launch: no GPU is here to start a process on; name a number of processes with --processes")
    return count
