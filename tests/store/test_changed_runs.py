"""Changed run folders, 30 for each reading command: no traceback, no hang, nothing written but the named output.

`tests/fuzz/run_folders.py` tries every command on as many as one likes.
"""

import io

import pytest
from read_mutants import READERS, attack, two_runs

from mammoth_eval.cli.terminal import Terminal

pytestmark = pytest.mark.slow
EACH = 30


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Two runs that nobody changed."""
    return two_runs(tmp_path_factory.mktemp("base"))


@pytest.mark.parametrize("number", range(len(READERS)), ids=list(READERS))
def test_a_changed_run_is_read_or_refused_in_one_line(number, stored, tmp_path):
    base, other = stored
    reader = list(READERS)[number]
    found = {}
    for seed in range(number * EACH, (number + 1) * EACH):
        outcomes, change = attack(base, other, tmp_path / "trial", seed, [reader])
        found[f"{seed}: {change}"] = outcomes[reader]
    assert {change: outcome for change, outcome in found.items() if outcome not in ("read", "refused")} == {}
    assert set(found.values()) == {"read", "refused"}, "the changes show nothing"


def test_what_is_printed_commands_no_terminal():
    out = io.StringIO()
    terminal = Terminal(file=out, force_terminal=True, width=80)
    terminal.print("a \x1b[2J b", "c \x9b31m", style="bold")
    said = out.getvalue()
    assert "\x1b[2J" not in said
    assert "\x9b" not in said
    assert "\\u001b" in said
    assert "\x1b[1m" in said  # its own style
