"""A stored prompt of somebody else's is rendered for reading only where that takes little time and room."""

import time

import pytest
import runs

from mammoth_eval import prompts
from mammoth_eval.cli import main
from mammoth_eval.report.bounded import is_bounded

HOSTILE = [
    "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
    "{% for a in exemplars %}{% for b in exemplars %}x{% endfor %}{% endfor %}",
    "{% for a in range(99999) %}{{ problem.question }}{% endfor %}",
    "{{ 'a' * 10000000000 }}",
    "{{ 10 ** 10 ** 10 }}",
    "{{ 'a'|center(10000000000) }}",
    "{{ problem.question|replace('a', 'b' * 99) }}",
    "{% set n = namespace(x='a') %}{% for e in exemplars %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{{ lipsum(100000) }}",
    "{% include 'x' %}",
    "{{ problem.question }}" * 201,
    "x" * 100_001,
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "{% for a in exemplars recursive %}{{ loop(exemplars) }}{% endfor %}",
    "{{ problem.question.format(1) }}",
    "{% if %}",
]


@pytest.mark.parametrize("template", HOSTILE, ids=range(len(HOSTILE)))
def test_what_could_take_long_or_grow_is_not_rendered(template):
    assert not is_bounded(template)


def test_too_many_exemplars_are_not_rendered():
    assert not is_bounded("{{ problem.question }}", 1_000_001)


@pytest.mark.parametrize("name", prompts.names())
def test_our_own_styles_are(name):
    prompt = prompts.get(name)
    assert is_bounded(prompt.template, sum(map(len, prompt.files.values())))


@pytest.mark.parametrize("template", HOSTILE[:3])
def test_a_page_and_an_export_of_such_a_run_are_made_without_its_prompts(template, tmp_path):
    source = f'+++\ndescription = "x"\n+++\n{template}'
    digest = prompts.parse("theirs", "theirs", source.encode(), dict).hash
    path = runs.make(tmp_path, prompt="theirs", prompt_text=source, prompt_hash=digest)
    start = time.monotonic()
    assert main(["view", str(path), "--output", str(tmp_path / "page.html")]) == 0
    assert main(["export", str(path), "--format", "lm-eval", "--output", str(tmp_path / "out")]) == 0
    assert time.monotonic() - start < 10
