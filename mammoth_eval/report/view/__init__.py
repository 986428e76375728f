"""``report.html``: runs as one page that opens from disk, without a server and without the network.

``page.html``, ``style.css`` and the scripts stand beside this file and are put into the page when it is written. The
page's own policy (CSP) lets run that one script and that one style sheet, by their hashes, and lets it load nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import jinja2
from markupsafe import Markup

from mammoth_eval import __version__, rules
from mammoth_eval.report import factors
from mammoth_eval.report.ablation import ablate
from mammoth_eval.report.ablation_tables import ablation_grid
from mammoth_eval.report.grid import Grid
from mammoth_eval.report.hybrid_tables import hybrid_grids
from mammoth_eval.report.result_tables import accuracy_grid, failures_grid, outcome_grid, path_grid, samples_grid
from mammoth_eval.report.results import RunSummary
from mammoth_eval.report.sides import Side, load_side
from mammoth_eval.report.view import heat, plots
from mammoth_eval.report.view.plots import Figure
from mammoth_eval.report.view.runs import KEPT, ViewRun, load_run
from mammoth_eval.report.view.samples import samples_of, to_script
from mammoth_eval.store import RunSpec

FOLDER = Path(__file__).resolve().parent
SCRIPTS = ("theme.js", "dom.js", "python.js", "filter.js", "list.js", "sample.js", "main.js")
"""In the order in which they are joined: one script, so that they see one another's names."""

_SHOWN = (
    "model",
    "engine",
    "engine_args",
    "decoding",
    "prompt",
    "rules",
    "sampling",
    "samples",
    "preset",
    "factors",
    "sandbox",
    "versions",
)


def write(runs: Sequence[ViewRun], path: Path, kept: int = KEPT) -> Path:
    """Write the page of `runs` to `path`, with at most `kept` records to browse."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(runs, kept), encoding="utf-8", errors="replace")  # a lone surrogate, which UTF-8 cannot hold
    return path


def page(runs: Sequence[ViewRun], kept: int = KEPT) -> str:
    """The page as text."""
    style, script = (FOLDER / "style.css").read_text(encoding="utf-8"), script_text()
    samples = samples_of(runs, kept)
    summaries = [run.summary for run in runs]
    tables = (
        accuracy_grid(summaries),
        outcome_grid(summaries),
        path_grid(summaries),
        failures_grid(summaries),
        samples_grid(summaries),
    )
    sides = _sides(runs)
    grids = [table for table in tables if table is not None] + _ablations(sides)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(
        title=_title(runs),
        subtitle=_subtitle(runs),
        version=__version__,
        grids=grids,
        details=[(run.summary.run, hybrid_grids(run.summary.run, run.hybrid)) for run in runs],
        plots=_plots(summaries, sides),
        settings=[{"id": run.summary.run, "facts": _facts(run.spec)} for run in runs],
        records=len(samples["records"]),
        data=Markup(to_script(samples)),
        style=Markup(style),
        style_hash=_hash(style),
        script=Markup(script),
        script_hash=_hash(script),
    )


def _sides(runs: Sequence[ViewRun]) -> list[Side]:
    """Several runs, to be paired problem by problem.

    Read a second time, for the page keeps no more records than it shows.
    """
    return [load_side(run.path, run.summary.grader, skip_damaged=True) for run in runs] if len(runs) > 1 else []


def _ablations(sides: Sequence[Side]) -> list[Grid]:
    """One heat map a factor in which the runs differ."""
    names = factors.varying([side.spec for side in sides]) if sides else []
    values = {name: {factors.factor_of(side.spec, name, side.reading) for side in sides} - {None} for name in names}
    return [ablation_grid(ablate(sides, name), ()) for name in names if len(values[name]) > 1]


def _plots(summaries: Sequence[RunSummary], sides: Sequence[Side]) -> list[Figure]:
    """Those for which there is something to draw."""
    figures = [
        plots.accuracy(summaries),
        heat.differences(sides, [series.name for series in plots.series_of(summaries)]) if sides else None,
        plots.outcomes(summaries),
        plots.failures(summaries),
        plots.tokens(summaries),
    ]
    return [figure for figure in figures if figure is not None]


def script_text() -> str:
    """The page's script: the files of `SCRIPTS`, joined."""
    return '"use strict";\n' + "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in SCRIPTS)


def _hash(text: str) -> str:
    """How a Content-Security-Policy names a script or a style sheet."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _title(runs: Sequence[ViewRun]) -> str:
    models = list(dict.fromkeys(run.spec.model for run in runs))
    return models[0] if len(models) == 1 else f"{len(models)} models"


def _subtitle(runs: Sequence[ViewRun]) -> str:
    sets = {summary.benchmark for run in runs for summary in run.summary.summaries}
    problems = sum(run.total for run in runs)
    graders = ", ".join(dict.fromkeys(rules.graded_by(run.summary.grader, run.summary.spec.rules) for run in runs))
    counted = [_count(len(runs), "run"), _count(len(sets), "benchmark"), _count(problems, "record")]
    return f"{', '.join(counted)}; graded by {graders}."


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"


def _facts(spec: RunSpec) -> list[tuple[str, str]]:
    """The settings of a run as text; those that are empty are left out."""
    facts = [(name.replace("_", " "), getattr(spec, name)) for name in _SHOWN]
    facts.append(("benchmarks", ", ".join(spec.benchmarks)))
    return [(name, _text(value)) for name, value in facts if value not in (None, "", {}, [])]


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(
            f"{name} {entry if isinstance(entry, str) else json.dumps(entry, ensure_ascii=False)}"
            for name, entry in value.items()
        )
    return str(value)


__all__ = [
    "FOLDER",
    "KEPT",
    "SCRIPTS",
    "ViewRun",
    "load_run",
    "page",
    "samples_of",
    "script_text",
    "to_script",
    "write",
]
