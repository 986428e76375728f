"""``mammoth-eval list``: everything that can be chosen is named, without loading an engine."""

import json
import subprocess
import sys

import pytest

from mammoth_eval import benchmarks, cli, prompts
from mammoth_eval.cli.list import KINDS
from mammoth_eval.decoding import DECODINGS
from mammoth_eval.engines import ENGINES
from mammoth_eval.graders import GRADERS

NAMES = {
    "benchmarks": benchmarks.names(),
    "engines": list(ENGINES),
    "decodings": list(DECODINGS),
    "prompts": prompts.names(),
    "graders": list(GRADERS),
}


def listed(capsys, *words):
    assert cli.main(["list", *words]) == 0
    return capsys.readouterr().out


def test_json_has_every_kind_with_every_name(capsys):
    found = json.loads(listed(capsys, "--json"))
    assert {kind: [entry["name"] for entry in entries] for kind, entries in found.items()} == NAMES


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_alone_is_listed_alone(kind, capsys):
    assert list(json.loads(listed(capsys, kind, "--json"))) == [kind]


@pytest.mark.parametrize("kind", ["benchmarks", "prompts", "decodings", "graders"])
def test_every_entry_is_described(kind):
    assert all(entry["description"] for entry in KINDS[kind]())


def test_table_has_every_name(capsys):
    words = listed(capsys).split()
    assert {name for names in NAMES.values() for name in names} <= set(words)


def test_unknown_kind_is_wrong_usage(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["list", "models"])
    assert stop.value.code == 2
    assert "invalid choice: 'models'" in capsys.readouterr().err


def test_listing_loads_no_engine_and_no_dataset():
    program = (
        "import sys\nfrom mammoth_eval import cli\ncli.main(['list'])\n"
        "print(sorted({'torch', 'vllm', 'datasets'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
