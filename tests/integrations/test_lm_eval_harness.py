"""lm-evaluation-harness itself, on tasks that name our `process_results`.

its dummy model answers ``lol`` to everything.
"""

import json
import os
import subprocess
import sys

import pytest
from checkout import ROOT

from mammoth_eval.errors import UsageError
from mammoth_eval.integrations.lm_eval import grader, process_results

TASK = """\
task: {name}
dataset_path: json
dataset_kwargs:
  data_files: {{test: {data}}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{question}}}}"
doc_to_target: "{{{{answer}}}}"
generation_kwargs: {{until: ["\\n\\n"], do_sample: false}}
process_results: !function {function}
metric_list:
  - {{metric: exact_match, aggregation: mean, higher_is_better: true}}
  - {{metric: no_answer, aggregation: mean, higher_is_better: false}}
  - {{metric: fault, aggregation: mean, higher_is_better: false}}
"""
RUN = """
import json, sys
import lm_eval
from lm_eval.tasks import TaskManager
folder, *tasks = sys.argv[1:]
found = lm_eval.simple_evaluate(
    model="dummy", tasks=tasks, task_manager=TaskManager(include_path=folder, include_defaults=False), log_samples=True
)
print(json.dumps({name: found[name] for name in ("results", "samples")}, default=str))
"""
TASKS = {
    "plain": ("mammoth_eval.integrations.lm_eval.process_results", ["lol", "42", "lol", ""]),
    "worked": ("scoring.process_results", ["He laughs.\n#### lol", "1 + 2 = 3\n#### 3"]),
}
"""Task to its function and the golds of its rows; an empty gold cannot be graded."""
SCORING = "from mammoth_eval.integrations.lm_eval import grader\nprocess_results = grader(gold='answer', worked=True)\n"


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """What one run of the harness over `TASKS` says, in a process of its own and without the network."""
    pytest.importorskip("lm_eval", reason="lm_eval is not installed: pip install 'lm-eval>=0.4.12'")
    folder = tmp_path_factory.mktemp("tasks")
    for name, (function, golds) in TASKS.items():
        data = folder / f"{name}.jsonl"
        data.write_text(
            "".join(json.dumps({"question": f"Question {at}", "answer": gold}) + "\n" for at, gold in enumerate(golds))
        )
        (folder / f"{name}.yaml").write_text(TASK.format(name=name, data=data, function=function))
    (folder / "scoring.py").write_text(SCORING)
    offline = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "hub"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", RUN, str(folder), *TASKS]
    done = subprocess.run(command, env={**os.environ, **offline}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_a_task_that_names_our_function_is_scored_by_it(evaluated):
    results = evaluated["results"]["plain"]
    samples = sorted(evaluated["samples"]["plain"], key=lambda sample: sample["doc_id"])
    assert [sample.get("exact_match") for sample in samples] == [1.0, 0.0, 1.0, None]
    assert [sample["fault"] for sample in samples] == [0.0, 0.0, 0.0, 1.0]
    assert results["exact_match,none"] == pytest.approx(2 / 3)
    assert results["exact_match_stderr,none"] == pytest.approx(1 / 3)
    assert (results["no_answer,none"], results["fault,none"]) == (0.0, 0.25)


@pytest.mark.slow
def test_a_file_beside_the_task_sets_what_the_gold_is(evaluated):
    assert evaluated["results"]["worked"]["exact_match,none"] == 0.5


def test_several_completions_of_a_document_give_their_mean():
    found = process_results({"answer": "8"}, [["\\boxed{8}", "\\boxed{7}", "\\boxed{8}", ""]])
    assert found == {"exact_match": 0.5, "fault": 0.0, "no_answer": 0.25}


def test_a_choice_is_read_with_its_options():
    choose = grader("aqua", gold="key", choices="options")
    assert choose({"key": "B", "options": ["7", "8"]}, ["So it is 8."])["exact_match"] == 1.0
    assert choose({"key": "B", "options": ["7", "8"]}, ["So it is 7."])["exact_match"] == 0.0


def test_a_document_without_the_field_is_named_with_those_that_it_has():
    with pytest.raises(UsageError, match=r"no field 'answer'.*question, target"):
        process_results({"question": "Q", "target": "8"}, ["8"])
