"""``docs/replays.md`` from the results of ``tools/replays.py``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from replays_data import Mixed, Result, Row

HEAD = """# Replays

Generations that others recorded and published, graded by us.
Made by `make replays DATA_DIR=DIR` (`tools/replays.py`), which imports each file (`mammoth-eval import`), runs its
programs in the sandbox and lays every verdict beside the authors' own.

- *reported*: the figure that the authors publish. *their file*: their rule applied again to their recorded answers.
  *exact* and *mammoth*: our two graders on the recorded texts.
  *differing rows*: right for one of the two (theirs, exact), not for the other.
- ToRA and the Rho tool model write a program, see its output and write a closing sentence; their figures come from
  that sentence (`--method cot` reads it as it was recorded).
  *program run* (`--method pot`) runs the first program again and takes its output instead: how a hybrid decoding would
  score it.
  It is a different quantity, lower by the rows that the sentence mends, most of them signs that it drops.
- `mammoth` is the rule of MAmmoTH's released code.
  It is lower where it compares strings (`5.000000000000002` is not 5, `11\\sqrt{2}` not `11\\sqrt2`) and on gsm8k texts
  of ToRA and Rho, of whose boxes it knows nothing: it takes the last number.
- The files say neither how a completion ended nor how many tokens it had: a text that was cut off counts as finished.
- The 8-shot gsm8k prompt of Codex holds nine questions of the test set itself (rows 0, 1, 2, 4, 5, 19, 97, 1001 and one
  more; the file's own first line shows it), so that figure is slightly too high whoever grades it.
- *errored*: our grader could not decide in time; such a row is neither right nor wrong (here it counts as not right).
- math500/359 of the Rho tool model takes about five seconds of CPU time, the sandbox's limit: on a slow or busy machine
  it ends as a timeout.
- Who is right: *ours*, *theirs*, or *form* where the value is right and the question asks for it in another form.
"""


MIXED = """
## The mixed hybrid of Rho-1B

Programs of the tool model, chain of thought of the CoT model where a program gives no answer.
These are two checkpoints, so no result of one model, but every stage of a hybrid run on real texts
(`mammoth-eval import A --method pot --then B`, then `mammoth-eval run --engine replay --model RUN --decoding hybrid`,
which must give the same).
*recovered*: the fallback gave the right answer. *lost*: a program's wrong answer where chain of thought was right.
"""


def page(results: Sequence[Result], mixed: Sequence[Mixed], judged: Mapping[str, Row]) -> str:
    """The whole of ``docs/replays.md``."""
    return "\n".join(
        [HEAD, _table(results), _hybrids(mixed), *(_list(one, judged) for one in results if one.differences)]
    )


def _table(results: Sequence[Result]) -> str:
    header = ("recorded", "set", "N", "reported", "their file", "exact", "mammoth", "errored", "differing rows")
    lines = ["| " + " | ".join(header) + " |", "|---|---|---:|---:|---:|---:|---:|---:|---:|"]
    for one in results:
        there = one.replay
        cells = [
            there.title,
            there.benchmark,
            str(len(one.records)),
            f"{there.reported:.1f}" if there.theirs else "",
            f"{one.share(one.again):.1f}",
            f"{one.share(one.correct('exact')):.1f}",
            f"{one.share(one.correct('mammoth')):.1f}",
            str(sum(record.scores["exact"].outcome == "fault" for record in one.records)),
            str(len(one.differences)),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _hybrids(mixed: Sequence[Mixed]) -> str:
    """What the programs of one checkpoint and the chain of thought of another make together."""
    header = (
        "set",
        "N",
        "PoT",
        "CoT",
        "hybrid",
        "oracle",
        "fallback",
        "recovered",
        "lost",
        "hybrid through the replay engine",
    )
    lines = [MIXED, "| " + " | ".join(header) + " |", "|---" + "|---:" * (len(header) - 1) + "|"]
    for one in mixed:
        figures = [f"{one.read[name]['accuracy']['value']:.1f}" for name in ("pot", "cot", "hybrid", "oracle")]
        hybrid = one.read["hybrid"]
        counts = [str(hybrid[name]) for name in ("fallback", "recovered", "lost")]
        cells = (one.benchmark, str(hybrid["n"]), *figures, *counts, f"{one.replayed['accuracy']['value']:.1f}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _list(one: Result, judged: Mapping[str, Row]) -> str:
    """The rows on which the two differ."""
    lines = [f"\n## {one.replay.title}, {one.replay.benchmark}\n"]
    lines += ["| row | gold | theirs | ours | who is right | why |", "|---|---|---|---|---|---|"]
    for found in one.differences:
        judgement = judged.get(f"{one.replay.name}:{found.record.problem.id}", {})
        theirs = f"{_cell(found.said)} ({'right' if found.theirs else 'wrong'})"
        ours = f"{_cell(found.score.answer)} ({found.score.outcome.replace('_', ' ')})"
        cells = (found.record.problem.id, _cell(found.record.problem.gold), theirs, ours)
        lines.append(
            "| " + " | ".join((*cells, judgement.get("right", "**not looked at**"), judgement.get("why", ""))) + " |"
        )
    return "\n".join(lines) + "\n"


def _cell(text: str | None) -> str:
    """A text of a model as a table's cell."""
    if text is None:
        return "none"
    short = " ".join(text.split())
    short = short if len(short) <= 60 else short[:59] + "…"
    return "`" + short.replace("`", "'").replace("|", "\\|") + "`"
