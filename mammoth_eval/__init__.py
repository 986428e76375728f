"""mammoth_eval: hybrid (program first, then chain of thought) evaluation of mathematics models.

The public API is what `__all__` names. Each name is imported when it is first used, so that ``import mammoth_eval`` is
quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mammoth_eval.engines import make_engine
    from mammoth_eval.evaluation import evaluate, evaluate_async
    from mammoth_eval.report.stored import Run, load_run
    from mammoth_eval.sandbox import Sandbox, open_sandbox, run_program
    from mammoth_eval.types import Execution, Policy, Record, Verdict
    from mammoth_eval.verification import extract, grade, verify

__version__ = "0.1.0"

_HOMES = {
    "Execution": "types",
    "Policy": "types",
    "Record": "types",
    "Run": "report.stored",
    "Sandbox": "sandbox",
    "Verdict": "types",
    "evaluate": "evaluation",
    "evaluate_async": "evaluation",
    "extract": "verification",
    "grade": "verification",
    "load_run": "report.stored",
    "make_engine": "engines",
    "open_sandbox": "sandbox",
    "run_program": "sandbox",
    "verify": "verification",
}

__all__ = [
    "Execution",
    "Policy",
    "Record",
    "Run",
    "Sandbox",
    "Verdict",
    "evaluate",
    "evaluate_async",
    "extract",
    "grade",
    "load_run",
    "make_engine",
    "open_sandbox",
    "run_program",
    "verify",
]


def __getattr__(name: str) -> Any:
    """A public name, from the module that it lives in."""
    if name not in _HOMES:
        raise AttributeError(f"module 'mammoth_eval' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"mammoth_eval.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
