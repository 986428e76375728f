"""Our extraction and grader in tasks of lm-evaluation-harness, as the ``process_results`` of a task's YAML.

.. code-block:: yaml

    process_results: !function mammoth_eval.integrations.lm_eval.process_results
    metric_list:
      - {metric: exact_match, aggregation: mean, higher_is_better: true}
      - {metric: no_answer, aggregation: mean, higher_is_better: false}
      - {metric: fault, aggregation: mean, higher_is_better: false}

``exact_match`` is 1 where the answer equals the gold. A document that the grader cannot decide has none, so that it
moves no mean, and counts in ``fault``; the harness says that its metrics have different numbers of values. Other
columns, policies and forms: ``process_results = grader(...)`` in a Python file beside the YAML, named there as
``!function file.process_results``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mammoth_eval.errors import UsageError
from mammoth_eval.reward import configured

Metrics = dict[str, float]
ProcessResults = Callable[[Mapping[str, Any], Sequence[Any]], Metrics]


def grader(benchmark: str = "", **options: Any) -> ProcessResults:
    """A ``process_results`` under the policy of `benchmark` and `options`, the fields of `mammoth_eval.reward.Reward`.

    ``gold`` names the document's field of right answers (``answer``), ``worked=True`` reads them out of worked
    solutions, as GSM8K has them. Raises `UsageError` for an option that does not exist.
    """
    reward = configured(benchmark, **options)

    def process(doc: Mapping[str, Any], results: Sequence[Any]) -> Metrics:
        """The metrics of one document; means over its completions where there are several.

        Raises `UsageError` where the document has no such field: then no document has.
        """
        if reward.gold not in doc:
            there = ", ".join(map(str, doc))
            raise UsageError(f"lm_eval: the document has no field {reward.gold!r} (gold=...); there are: {there}")
        texts = [text for result in results for text in ([result] if isinstance(result, str) else result)]
        rows = len(texts)
        judged = reward.judge_all(
            texts, [doc[reward.gold]] * rows, [doc.get(reward.choices)] * rows, [reward.thinks] * rows
        )
        outcomes = [one.outcome for one in judged]
        decided = [outcome for outcome in outcomes if outcome != "fault"]
        shares = {"fault": 1 - len(decided) / rows, "no_answer": sum(one.answer is None for one in judged) / rows}
        return {"exact_match": decided.count("correct") / len(decided), **shares} if decided else shares

    return process


process_results = grader()
"""For documents whose field ``answer`` is the right answer itself."""
