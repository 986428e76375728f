"""``mammoth-eval completion``: scripts that the shells themselves read."""

import shutil
import subprocess
import sys

import pytest

from mammoth_eval.cli import COMMANDS

pytestmark = pytest.mark.slow  # every shell is started

pytest.importorskip("shtab", reason="completion scripts are written by shtab, which is not installed")


@pytest.fixture(scope="module")
def script():
    """A function from a shell to its script, each made once."""
    made = {}

    def get(shell):
        if shell not in made:
            done = subprocess.run(
                [sys.executable, "-m", "mammoth_eval", "completion", shell], capture_output=True, text=True, check=True
            )
            assert done.stderr == ""
            made[shell] = done.stdout
        return made[shell]

    return get


def bash(script, tmp_path, commands):
    path = tmp_path / "completion.bash"
    path.write_text(script("bash"))
    program = f"source {path}\n{commands}"
    return subprocess.run(
        ["bash", "--norc", "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path, timeout=20
    )


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash here")
def test_bash_knows_the_completion_after_it_read_the_script(script, tmp_path):
    done = bash(script, tmp_path, "complete -p mammoth-eval")
    assert "-F _shtab_mammoth_eval mammoth-eval" in done.stdout
    assert done.stderr == ""


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash here")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("a", {"ablation", "audit"}),
        ("run --engine v", {"vllm"}),
        ("run --benchmarks gsm8", {"gsm8k"}),
        ("run --num_f", {"--num_fewshot"}),
        ("sandbox b", {"bench"}),
        ("report --save fold", {"folder"}),
        ("gradee", set()),
    ],
)
def test_bash_offers_commands_options_names_and_folders(script, tmp_path, words, offered):
    (tmp_path / "folder").mkdir()
    (tmp_path / "fold.txt").write_text("")
    asked = f"COMP_WORDS=(mammoth-eval {words}); COMP_CWORD={len(words.split())}; COMPREPLY=()"
    last = words.split()[-1]
    done = bash(
        script, tmp_path, f'{asked}\n_shtab_mammoth_eval mammoth-eval "{last}" ""\nprintf "%s\\n" "${{COMPREPLY[@]}}"'
    )
    assert set(done.stdout.split()) == offered


@pytest.mark.parametrize(("shell", "check"), [("bash", "bash -n"), ("zsh", "zsh -n"), ("fish", "fish --no-execute")])
def test_a_shell_finds_no_mistake_in_its_script(script, tmp_path, shell, check):
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here")
    path = tmp_path / "script"
    path.write_text(script(shell))
    done = subprocess.run([*check.split(), str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_command_is_in_every_script_and_no_old_name(script, shell):
    for name in COMMANDS:
        assert name in script(shell)
    assert "ablation-run" not in script(shell)


def test_a_script_is_written_without_an_engine_or_a_data_library():
    program = (
        "import sys\nfrom mammoth_eval.cli import main\nmain(['completion', 'bash'])\n"
        "print(sorted({'torch', 'vllm', 'transformers', 'datasets', 'pandas', 'sympy', 'trl', 'openai'} & "
        "set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
