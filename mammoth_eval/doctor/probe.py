"""Import libraries one after another and say what became of each: ``probe.py JSON``, run by its path in a process of
its own.

Standard library only, and nothing of this package: what is tried is the environment alone. One JSON line is written as
soon as a library has been tried, so that the last line tells where a crash happened.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import json
import os
import sys
import traceback
from collections.abc import Sequence

TORCH_HELPERS = ("torchvision", "torchaudio", "torchcodec")


def try_import(name: str, module: str, distributions: Sequence[str]) -> dict[str, str | bool | int]:
    """Whether `name` is installed, its version, and what went wrong when `module` was imported."""
    if importlib.util.find_spec(name) is None:
        return {"name": name, "installed": False}
    report: dict[str, str | bool | int] = {
        "name": name,
        "installed": True,
        "version": version(distributions),
        "error": "",
        "culprit": "",
    }
    try:
        importlib.import_module(module)
    except Exception as error:  # noqa: BLE001 - whatever a foreign library raises at import is what is to be reported
        text = "".join(traceback.format_exception(error))
        lines = str(error).splitlines() or [""]
        report["error"] = f"{type(error).__name__}: {lines[0]}"
        report["culprit"] = next((helper for helper in TORCH_HELPERS if helper in text), "")
    if name == "torch" and not report["error"]:
        report["cuda_devices"] = sys.modules[name].cuda.device_count()
    return report


def version(distributions: Sequence[str]) -> str:
    """The version of the first of `distributions` that is installed.

    A library's own ``__version__`` is at times an old one.
    """
    for name in distributions:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return ""


def main() -> None:
    """Try each; what the libraries print goes nowhere."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for name, module, distributions in json.loads(sys.argv[1]):
        print(json.dumps(try_import(name, module, distributions)), file=out, flush=True)


if __name__ == "__main__":
    sys.path.pop(0)  # this file's own folder
    main()
