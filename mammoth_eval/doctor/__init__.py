"""What this machine can do.

One finding for each thing that a run needs or can use, with what to do where it is missing.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from mammoth_eval import nvidia
from mammoth_eval.doctor import libraries, machine, means
from mammoth_eval.doctor.finding import Finding, Setting

__all__ = ["Finding", "Setting", "examine", "is_healthy"]


def examine(setting: Setting) -> list[Finding]:
    """Every finding, the machine's first; takes about as long as importing vllm."""
    gpus = nvidia.find()
    with ThreadPoolExecutor() as pool:
        torch = pool.submit(libraries.findings, libraries.LIBRARIES, gpus, setting.seconds)
        others = pool.submit(libraries.findings, libraries.OTHERS, gpus, setting.seconds)
        reach = pool.submit(means.hub, setting.hub)
        first = [
            machine.python(),
            machine.cores(),
            machine.memory(),
            machine.gpu(gpus),
            machine.disk(setting),
            machine.compiler(),
        ]
        last = [means.sandbox(), means.model(setting.cache_dir), means.data(setting)]
        return [*first, *torch.result(), *others.result(), *last, reach.result()]


def is_healthy(findings: list[Finding]) -> bool:
    """Whether the default job can run here."""
    return all(one.state != "fail" for one in findings)
