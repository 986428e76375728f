"""Coverage-guided fuzzing of extraction and grading: nothing raises, hangs, executes, or says that a text differs from
itself.

``python tests/fuzz/grading.py [SECONDS] [CORPUS_DIR]`` (600 s by default; needs the package ``atheris``, which is no
dependency of the project). What it finds is written to ``crash-*`` in the current folder by libFuzzer; replay one with
``python tests/fuzz/grading.py crash-...``. Seeds are the case tables of the tests. An audit hook ends the run if
grading executes code, starts a program through a shell, removes files or opens a connection.
"""

import json
import sys
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["mammoth_eval"]):
    from mammoth_eval.extraction import from_stdout, from_text, program
    from mammoth_eval.graders import grade
    from mammoth_eval.graders.equal import high_precision
    from mammoth_eval.paper import correctness as paper
    from mammoth_eval.types import Policy

DEADLINE = 2.5
"""Seconds for one verdict: the promise of 2, and half a second for a busy machine."""
FORBIDDEN = ("os.system", "os.exec", "os.posix_spawn", "shutil.", "socket.connect", "exec")
POLICIES = (
    Policy(),
    Policy(decimals="rounded"),
    Policy(decimals="exact", units="strict", percent="strict", text="exact"),
)
DATA = Path(__file__).parent.parent / "data"
OPTIONS = ("12", "\\frac{1}{2}", "None of these")


def watch(event: str, _arguments: object) -> None:
    """End the run where grading does what it never may."""
    if event.startswith(FORBIDDEN):
        raise SystemExit(f"forbidden while grading: {event}")


def one_input(data: bytes) -> None:
    """Split the bytes into two texts and a policy, and run everything on them."""
    text = data[1:].decode("utf-8", errors="ignore")
    one, _, other = text.partition("\0")
    policy = POLICIES[data[0] % len(POLICIES)] if data else POLICIES[0]
    start = time.monotonic()
    grade(one, other, policy)
    took = time.monotonic() - start
    assert took < DEADLINE, f"{took:.1f} s"
    if one.strip():
        assert grade(one, one, policy).equal, "not equal to itself"
    grade(one, "B", policy, OPTIONS)
    paper.grade(one, other, Policy(paper="math"), ())
    from_text(text, form="open")
    from_text(text, form="choice", choices=OPTIONS)
    from_stdout(text, form="open")
    start = time.monotonic()
    program(text)
    assert time.monotonic() - start < DEADLINE, "the search for a program is slow"


def seeds(folder: Path) -> None:
    """The rows of the case tables as a corpus."""
    folder.mkdir(parents=True, exist_ok=True)
    for table in sorted(DATA.glob("grading*.jsonl")):
        for line in table.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            (folder / f"{table.stem}-{row['id']}").write_bytes(b"\0" + f"{row['pred']}\0{row['gold']}".encode())


def main() -> None:
    """Fuzz for so many seconds, or replay one file."""
    arguments = sys.argv[1:]
    if arguments and Path(arguments[0]).is_file():
        flags = [arguments[0]]
    else:
        corpus = Path(arguments[1] if len(arguments) > 1 else "corpus-grading")
        seeds(corpus)
        flags = [f"-max_total_time={arguments[0] if arguments else 600}", "-max_len=400", "-timeout=10", str(corpus)]
    grade(
        "\\sin 3x", "3\\sin x - 4\\sin^3 x"
    )  # what is loaded on first use, the worker too, before anything is watched
    high_precision.context()
    sys.addaudithook(watch)
    atheris.Setup([sys.argv[0], *flags], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
