"""Values for tests, with defaults for what a test does not care about."""

from mammoth_eval.types import Attempt, AttemptScore, Completion, Execution, Problem, Record, Score


def problem(number=0, benchmark="toy", gold="4", question="What is 2 + 2?", **other):
    return Problem(f"{benchmark}/{number}", benchmark, question, gold, **other)


def completion(text="The answer is 4.", finish_reason="stop", tokens=5):
    return Completion(text, finish_reason, 7, tokens, 0.5)


def pot(answer="4", stdout="4\n", status="ok", error="", program="print(4)", text="```python\nprint(4)\n```", **other):
    execution = None if program is None else Execution(status, stdout, "", 0.01, error)
    return Attempt("pot", "toy/pot", completion(text, **other), program, execution, answer)


def cot(answer="4", text="The answer is 4.", **other):
    return Attempt("cot", "toy/cot", completion(text, **other), answer=answer)


def record(*attempts, number=0, scores=None, fault="", **other):
    return Record(problem(number, **other), attempts, scores or {}, fault, 1.0)


def scored(*parts, answer="4", outcome="correct", path="pot", samples=(), grader="exact"):
    """A score whose attempts are given as (method, answer, outcome)."""
    attempts = tuple(AttemptScore(method, 0, value, result) for method, value, result in parts)
    return {grader: Score(grader, answer, outcome, path, attempts, samples)}
