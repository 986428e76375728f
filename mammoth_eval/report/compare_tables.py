"""Comparisons as tables: benchmarks with intervals and p-values, flipped problems, the matrix of several runs."""

from __future__ import annotations

from mammoth_eval.report import unfinished
from mammoth_eval.report.compare import Cell, Comparison, Flip, Matrix, overall
from mammoth_eval.report.differences import LONG
from mammoth_eval.report.grid import Grid

TIE = "≈"
_HOW = (
    "difference: B minus A in points on the same problems, with its 95 % bootstrap interval over problems.",
    "p: McNemar's test, mid-p, which holds its level; exact: the same test's exact p-value, which is conservative; "
    "the mean: sign-flip test.",
)


def comparison_grid(comparison: Comparison) -> Grid:
    """One row a benchmark, the mean last."""
    cells = [*comparison.cells, *([comparison.mean] if comparison.mean else [])]
    header = (
        "benchmark",
        "N",
        "A",
        "B",
        "difference",
        "95 % interval",
        "only A",
        "only B",
        "p",
        "exact",
        "Holm",
        "verdict",
    )
    rows = tuple(_row(cell) for cell in cells)
    several = (
        ("Holm: p corrected for the number of benchmarks; the verdict goes by it.",)
        if len(comparison.cells) > 1
        else ()
    )
    notes = (
        *_HOW,
        *several,
        *_left_out(comparison),
        *unfinished.said(comparison.unfinished),
        *_graders(comparison),
    )
    title = f"A: {comparison.a} ({comparison.grader[0]})\nB: {comparison.b} ({comparison.grader[1]})"
    return Grid(title, header, rows, notes, left=1)


def _row(cell: Cell) -> tuple[str, ...]:
    result = cell.result
    figures = (
        f"{result.a:.1f}",
        f"{result.b:.1f}",
        signed(result.difference),
        f"{signed(result.low)} to {signed(result.high)}",
    )
    exact = "" if result.p_exact is None else p_text(result.p_exact)
    corrected = "" if cell.benchmark == "mean" else p_text(cell.corrected)
    return (
        cell.benchmark,
        str(result.n),
        *figures,
        str(result.only_a),
        str(result.only_b),
        p_text(result.p),
        exact,
        corrected,
        verdict(cell),
    )


def verdict(cell: Cell) -> str:
    """In words: which is better, or that it is not known."""
    if not cell.significant:
        return "not significant"
    return "B is better" if cell.result.difference > 0 else "A is better"


def signed(points: float) -> str:
    """``+1.2``; never ``-0.0``."""
    return f"{round(points, 1) + 0.0:+.1f}"


def p_text(p: float) -> str:
    """A p-value, never as 0."""
    return f"{p:.3f}" if p >= 0.0005 else "<0.001"


def _left_out(comparison: Comparison) -> tuple[str, ...]:
    """Which problems are not in the pairs."""
    said = []
    for cell in comparison.cells:
        counts = {"asked of A alone": cell.only_a, "asked of B alone": cell.only_b, "errored": cell.errored}
        if any(counts.values()):
            said.append(f"{cell.benchmark}: " + ", ".join(f"{n} {what}" for what, n in counts.items() if n))
    if comparison.changed:
        said.append(
            f"with another question or gold in B than in A: {len(comparison.changed)}, "
            f"the first {comparison.changed[0]}"
        )
    return (f"Only problems that both were asked are compared; left out: {'; '.join(said)}.",) if said else ()


def _graders(comparison: Comparison) -> tuple[str, ...]:
    ours, theirs = comparison.grader
    if ours == theirs:
        return ()
    return (f"A is graded by {ours}, B by {theirs}: part of the difference may be the graders'.",)


def flips_grid(comparison: Comparison, limit: int) -> Grid:
    """The flipped problems with both answers: those that B gained and those that it lost, `limit` of each."""
    gained, lost = ([flip for flip in comparison.flips if flip.gained == side] for side in (True, False))
    shown = [*gained[:limit], *lost[:limit]]
    rows = tuple(("gained" if flip.gained else "lost", flip.problem, flip.gold, *_answers(flip)) for flip in shown)
    note = f"{len(gained)} gained, {len(lost)} lost by B" + (
        f"; {limit} of each are shown." if len(shown) < len(comparison.flips) else "."
    )
    return Grid("Flipped problems", ("", "problem", "gold", "A", "B"), rows, (note,), left=5)


def _answers(flip: Flip) -> tuple[str, str]:
    a, b = (
        _cut(answer) if answer is not None else outcome.replace("_", " ")
        for answer, outcome in zip(flip.answers, flip.outcomes, strict=True)
    )
    return a, b


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONG else text[: LONG - 3] + "..."


def matrix_grid(matrix: Matrix) -> Grid:
    """Row minus column in points; a pair that does not differ is marked as a tie."""
    size = len(matrix.runs)
    cells = [[""] * size for _ in range(size)]
    for i, j, comparison, p in matrix.pairs:
        cell = overall(comparison)
        mark = "" if cell.result.significant(p) else f" {TIE}"
        cells[i][j] = signed(-cell.result.difference) + mark
        cells[j][i] = signed(cell.result.difference) + mark
    header = ("row minus column", *(str(place) for place in range(1, size + 1)))
    rows = tuple((f"{place} {run}", *row) for place, (run, row) in enumerate(zip(matrix.runs, cells, strict=True), 1))
    notes = (
        f"{TIE}: a tie, not significant (paired, Holm over the {len(matrix.pairs)} pairs).",
        "Each pair on the benchmarks and problems that both were asked: " + _bases(matrix),
        *unfinished.said(side for _, _, comparison, _ in matrix.pairs for side in comparison.unfinished),
    )
    return Grid("Every pair", header, rows, notes)


def _bases(matrix: Matrix) -> str:
    """On what each pair is compared; said once where it is the same for all."""
    said = {
        (i, j): ", ".join(f"{cell.result.n} {cell.benchmark}" for cell in comparison.cells)
        for i, j, comparison, _ in matrix.pairs
    }
    if len(set(said.values())) == 1:
        return f"{next(iter(said.values()))}."
    return "; ".join(f"{i + 1} and {j + 1}: {text}" for (i, j), text in said.items()) + "."
