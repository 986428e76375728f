"""``mammoth-eval ablation``.

What a factor changes, from runs grouped by their metadata; published ablations beside ours.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from mammoth_eval import store
from mammoth_eval.cli import options, show
from mammoth_eval.errors import UsageError
from mammoth_eval.report import ablation, factors, published
from mammoth_eval.report.ablation import Ablation
from mammoth_eval.report.ablation_tables import ablation_grid
from mammoth_eval.report.sides import Side, load_sides
from mammoth_eval.stats import readable

BY_KINDS = {"cot": "cot", "pot": "pot"}
"""How a model trained on one kind of rationales alone is read, as in the paper's Table 6; any other by the hybrid."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The runs, the factor, the baseline."""
    parser.add_argument(
        "runs", nargs="*", type=Path, metavar="RUN", help=f"{options.RUN}; default: every run in the store"
    )
    factor = "mixture (subset), kinds (format), decoding, prompt, seed, or a name that run --factor gave; comma list"
    parser.add_argument("--factor", metavar="NAMES", help=f"{factor} (default: each that has several values)")
    parser.add_argument(
        "--baseline", default="", metavar="VALUE", help="changes are against this value (default: the first)"
    )
    reading = (
        "read runs of decoding both as cot, pot, hybrid or oracle, or native: models trained on one kind by that kind"
    )
    parser.add_argument(
        "--reading", metavar="NAME", help=f"{reading} (default: hybrid; native where kinds is the factor)"
    )
    parser.add_argument("--grader", metavar="NAME", help="compare under this grader (default: each run's own)")
    parser.add_argument("--no-published", action="store_true", help="leave out the published rows")
    options.add_skip_damaged(parser)
    options.add_partial(parser)
    options.add_results_dir(parser)
    options.add_format(parser, without=("csv",))
    parser.add_argument("--output", type=Path, metavar="FILE", help="write there instead of to standard output")


def main(args: argparse.Namespace) -> int:
    """One table per factor."""
    paths = store.chosen_runs(args.results_dir, args.runs)
    if not paths:
        raise UsageError(f"{args.results_dir}: no runs; make some with: mammoth-eval run")
    specs = [store.load_run(path).spec for path in paths]
    names = [factors.canonical(name) for name in options.names(args.factor)] or factors.varying(specs)
    if not names:
        raise UsageError("the runs differ in no factor: give run --factor name=value, or name one with --factor")
    for name in names:
        factors.require(name, specs)
    if args.baseline and len(names) > 1:
        raise UsageError(f"--baseline {args.baseline} needs one --factor, not {', '.join(names)}")
    made = [ablation.ablate([*_sides(paths, name, args)], name, args.baseline, partial=args.partial) for name in names]
    _show(made, args)
    return 0


def _sides(paths: list[Path], factor: str, args: argparse.Namespace) -> Iterator[Side]:
    for path in paths:
        yield from load_sides(path, args.grader, _readings(path, factor, args.reading), skip_damaged=args.skip_damaged)


def _readings(path: Path, factor: str, asked: str | None) -> tuple[str | None, ...]:
    """How a run is read: all ways where the decoding is the factor, by what was asked for, else its own."""
    spec = store.load_run(path).spec
    known = readable(spec.decoding)
    if factor == "decoding":
        return tuple(name for name in known if name != "oracle")
    if asked == "native" or (asked is None and factor == "kinds"):
        kind = factors.factor_of(spec, "kinds") or ""
        native = BY_KINDS.get(kind, known[0])
        return (native if native in known else None,)
    return (asked,)


def _show(ablations: list[Ablation], args: argparse.Namespace) -> None:
    rows = () if args.no_published else published.load()
    if args.format == "json":
        factor_names = {made.factor for made in ablations}
        theirs = [row.to_json() for row in rows if row.factor in factor_names]
        content = {"ablations": [made.to_json() for made in ablations], "published": theirs}
        show.write(json.dumps(content, indent=2, ensure_ascii=False) + "\n", args.output)
    else:
        show.show_grids([ablation_grid(made, rows) for made in ablations], args.format, "Ablations", args.output)
