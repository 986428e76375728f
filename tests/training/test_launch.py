"""Training in several processes: the configurations that ship, the command that starts them, what the processes share.

The long tests train for real, two processes on CPUs: FSDP2 over gloo (`fsdp_on_cpu`), ZeRO-3 with deepspeed's CPU
accelerator.
"""

import importlib.util
import json
import os
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import psutil
import pytest
import yaml
from checkout import ROOT, TESTS
from marks import long_run
from train_tools import make_model, write_rows

from mammoth_eval import resources
from mammoth_eval.cli import main
from mammoth_eval.errors import DataError, StoreError, UnknownName, UsageError
from mammoth_eval.installing import how_to_install
from mammoth_eval.training import launch, manifest, prepare
from mammoth_eval.training import rows as train_rows

torch = pytest.importorskip("torch")
pytest.importorskip("trl", reason="trl is not installed: make setup ARGS=--train")
pytest.importorskip("accelerate", reason="accelerate is not installed: make setup ARGS=--train")

from accelerate.commands import launch as accelerate_launch  # noqa: E402
from accelerate.utils import DeepSpeedPlugin, FullyShardedDataParallelPlugin  # noqa: E402
from accelerate.utils import launch as accelerate_environment  # noqa: E402

CONFIGURATIONS = resources.folder("training") / "accelerate"
DEEPSPEED = importlib.util.find_spec("deepspeed") is not None
WITH_DEEPSPEED = pytest.mark.skipif(not DEEPSPEED, reason="deepspeed is not installed: make setup ARGS=--deepspeed")
WITHOUT_DEEPSPEED = pytest.mark.skipif(DEEPSPEED, reason="deepspeed is installed")
EXTENSIONS = os.environ.get(
    "TORCH_EXTENSIONS_DIR", str(Path.home() / f".cache/torch_extensions/py{sys.version_info.minor}_cpu")
)
"""Where deepspeed keeps what it compiles for CPUs; minutes the first time."""
WITHOUT_GPU = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")


def parsed(name):
    """What `accelerate launch` makes of a configuration: its arguments, as for this project's command."""
    parser = accelerate_launch.launch_command_parser()
    words = [
        "--config_file",
        str(CONFIGURATIONS / f"{name}.yaml"),
        "--num_processes",
        "2",
        "-m",
        "mammoth_eval",
        "train",
    ]
    return parser, accelerate_launch._validate_launch_command(parser.parse_args(words))[0]


@pytest.mark.parametrize("name", launch.names())
def test_every_key_of_a_configuration_is_an_option_of_accelerate_launch(name):
    table = yaml.safe_load((CONFIGURATIONS / f"{name}.yaml").read_text())
    parser, _ = parsed(name)
    known = {action.dest for action in parser._actions}
    keys = [key for part in ("fsdp_config", "deepspeed_config") for key in table.pop(part, {})]
    assert [key for key in keys if key not in known] == []
    assert [key for key in table if key not in {*known, "compute_environment", "distributed_type"}] == []


@pytest.mark.parametrize("name", launch.names())
def test_a_configuration_leaves_the_precision_to_the_recipe(name):
    assert parsed(name)[1].mixed_precision == "no"


@pytest.fixture
def environment():
    """Environment variables of a test's own."""
    before = dict(os.environ)
    yield os.environ
    os.environ.clear()
    os.environ.update(before)


def test_the_fsdp_configuration_gives_a_plugin_that_shards_all_layers_and_saves_whole_weights(environment):
    environment.update(accelerate_environment.prepare_multi_gpu_env(parsed("fsdp")[1]))
    with warnings.catch_warnings(action="error"):
        plugin = FullyShardedDataParallelPlugin()
    assert (plugin.fsdp_version, plugin.reshard_after_forward, plugin.cpu_ram_efficient_loading) == (2, True, True)
    assert plugin.auto_wrap_policy.__name__ == "transformer_auto_wrap_policy"
    assert plugin.state_dict_type.name == "FULL_STATE_DICT"


@WITH_DEEPSPEED
def test_the_zero3_configuration_gives_a_plugin_of_stage_3_that_saves_whole_weights(environment):
    args = parsed("zero3")[1]
    args.deepspeed_fields_from_accelerate_config = ""  # as `accelerate launch` sets it
    environment.update(accelerate_environment.prepare_deepspeed_cmd_env(args)[1])
    with warnings.catch_warnings(action="error"):
        plugin = DeepSpeedPlugin()
    settings = plugin.deepspeed_config
    assert (plugin.zero3_init_flag, settings["gradient_clipping"]) == (True, 1.0)
    assert settings["gradient_accumulation_steps"] == "auto"
    assert settings["zero_optimization"] == {
        "stage": 3,
        "offload_optimizer": {"device": "none", "nvme_path": None},
        "offload_param": {"device": "none", "nvme_path": None},
        "stage3_gather_16bit_weights_on_model_save": True,
    }


def test_each_process_is_given_the_same_command_and_does_not_launch_again():
    words = launch.command("fsdp", 4, ["train", "--mixture", "g"])
    assert words[:3] == [sys.executable, "-m", "accelerate.commands.launch"]
    assert words[words.index("--num_processes") + 1] == "4"
    assert words[-5:] == ["-m", "mammoth_eval", "train", "--mixture", "g"]


@pytest.mark.parametrize(
    ("name", "processes", "error", "message"),
    [
        ("fsbp", 2, UnknownName, "unknown configuration of accelerate 'fsbp'; did you mean 'fsdp'?"),
        ("none.yaml", 2, DataError, r"none\.yaml: not a configuration of accelerate"),
        ("fsdp", 0, UsageError, "--processes 0: at least 1 is needed"),
    ],
)
def test_what_cannot_be_launched_is_named(name, processes, error, message):
    with pytest.raises(error, match=message):
        launch.command(name, processes, [])


@pytest.mark.parametrize(
    "text", ["distributed_type: NOTHING", "num_processes: 2", "distributed_type: FSDP\nfspd_config: {}", "- 1", "{"]
)
def test_a_file_that_is_no_configuration_of_accelerate_is_named(tmp_path, text):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(DataError, match=r"mine\.yaml: not a configuration of accelerate"):
        launch.command(str(tmp_path / "mine.yaml"), 2, [])


@WITHOUT_GPU
def test_without_a_gpu_the_number_of_processes_must_be_named():
    with pytest.raises(
        UsageError, match="no GPU is here to start a process on; name a number of processes with --processes"
    ):
        launch.command("fsdp", None, [])


def test_a_number_of_processes_without_launch_is_an_error(capsys):
    assert main(["train", "--mixture", "g", "--processes", "2"]) == 2
    assert "--processes: only with --launch" in capsys.readouterr().err


@WITHOUT_DEEPSPEED
def test_zero3_without_deepspeed_says_what_to_install_before_anything_is_prepared(own_cache, tmp_path, capsys):
    assert main(["train", "--mixture", "g", "--launch", "zero3", "--processes", "2"]) == 1
    assert capsys.readouterr().err == f"mammoth-eval train: deepspeed is not installed: {how_to_install('deepspeed')}\n"
    assert not (tmp_path / "cache").exists()


@WITHOUT_DEEPSPEED
def test_a_process_of_another_launcher_that_asks_for_deepspeed_says_what_to_install(
    environment, own_cache, tmp_path, capsys
):
    environment["ACCELERATE_USE_DEEPSPEED"] = "true"
    assert main(["train", "--mixture", "g", "--base", str(tmp_path)]) == 1
    assert f"deepspeed is not installed: {how_to_install('deepspeed')}" in capsys.readouterr().err
    assert not (tmp_path / "cache").exists()


def test_a_process_waits_for_the_one_that_curates_and_takes_its_rows(tmp_path):
    source, tests = write_rows(tmp_path / "mine.jsonl", 2), prepare.against([], None, tmp_path)
    prepare.cached(str(source), tests, None, tmp_path / "first")
    (made,) = (tmp_path / "first" / "curated").glob("*[0-9a-f].jsonl")
    shared, taken = tmp_path / "second" / "curated" / made.name, []
    waiting = threading.Thread(
        target=lambda: taken.append(prepare.cached(str(source), tests, None, tmp_path / "second"))
    )
    with resources.alone(shared.with_suffix(".lock")):
        waiting.start()
        waiting.join(timeout=0.5)
        assert waiting.is_alive()
        train_rows.write(shared, train_rows.read(made)[:1])  # as the first process would, and told apart from its own
    waiting.join(timeout=30)
    assert [len(found) for found in taken] == [1]


def test_a_cache_that_cannot_be_written_is_named(tmp_path):
    source = write_rows(tmp_path / "mine.jsonl", 2)
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(StoreError, match=r"mine-.*\.lock: cannot be written"):
        prepare.cached(str(source), prepare.against([], None, tmp_path), None, tmp_path / "cache")


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A model, rows and a mixture."""
    folder = tmp_path_factory.mktemp("launch")
    (folder / "model").mkdir()
    make_model(folder / "model")
    write_rows(folder / "rows.jsonl", 32)
    (folder / "apples.toml").write_text('against = ["gsm8k"]\n[[sources]]\nname = "rows.jsonl"\n')
    return folder


def start(folder, name, out, *settings):
    """A training of eight steps, in two processes or (``one``) in a single one."""
    words = ["train", "--mixture", "apples.toml", "--base", "model", "--out", out, "--recipe", "mammoth-7b"]
    for setting in ("epochs=1", "batch=4", "micro_batch=2", "max_length=200", "save_steps=2", "log_steps=1", *settings):
        words += ["--set", setting]
    command = [sys.executable, "-m", "mammoth_eval", *words]
    if name == "zero3":
        command += ["--launch", "zero3", "--processes", "2"]
    if name == "fsdp":
        command = [*launch.command("fsdp", 2, [])[:-2], str(TESTS / "support" / "fsdp_on_cpu.py"), *words]
    return subprocess.Popen(
        command, cwd=folder, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / "cache"), "OMP_NUM_THREADS": "1",
             "DS_ACCELERATOR": "cpu", "PYTHONWARNINGS": "ignore", "TORCH_EXTENSIONS_DIR": EXTENSIONS},
    )  # fmt: skip


def train(folder, name, out, *settings):
    """The losses of a training, done once, and its folder."""
    if not manifest.is_finished(folder / out):
        running = start(folder, name, out, *settings)
        _, said = running.communicate(timeout=600)
        assert running.returncode == 0, said
    state = json.loads((folder / out / "checkpoint-8" / "trainer_state.json").read_text())
    return [entry["loss"] for entry in state["log_history"] if "loss" in entry], folder / out


def weights(out):
    from safetensors.torch import load_file

    return load_file(out / "model.safetensors")


BOTH = pytest.mark.parametrize("name", ["fsdp", pytest.param("zero3", marks=WITH_DEEPSPEED)])


@long_run
@BOTH
def test_two_processes_learn_what_one_learns(workplace, name):
    alone, out_alone = train(workplace, "one", "one-exact", "bf16=false")
    shared, out = train(workplace, name, f"{name}-exact", "bf16=false")
    assert json.loads((out / "train.json").read_text())["result"]["processes"] == 2
    assert shared == pytest.approx(alone, rel=1e-5)
    whole = weights(out)
    assert all(torch.allclose(tensor, whole[key], atol=1e-4) for key, tensor in weights(out_alone).items())


@long_run
@BOTH
def test_two_processes_in_bfloat16_learn_nearly_what_one_learns_and_save_what_is_served(workplace, name):
    alone, _ = train(workplace, "one", "one-bf16")
    shared, out = train(workplace, name, f"{name}-bf16")
    assert shared == pytest.approx(alone, rel=1e-2)  # FSDP gives the loss itself back in bfloat16: three digits
    assert {tensor.dtype for tensor in weights(out).values()} == {torch.bfloat16}
    assert json.loads((out / "config.json").read_text())["dtype"] == "bfloat16"


@long_run
@BOTH
def test_a_process_that_is_killed_ends_all_and_the_same_command_goes_on(workplace, name):
    _, whole = train(workplace, name, f"{name}-exact", "bf16=false")
    running = start(workplace, name, f"{name}-killed", "bf16=false")
    while "step 5/" not in (line := running.stderr.readline()):
        assert line, "it ended before its fifth step"
    workers = [child for child in psutil.Process(running.pid).children(recursive=True) if "RANK" in child.environ()]
    assert len(workers) == 2
    workers[-1].kill()
    running.communicate(timeout=120)
    assert running.returncode != 0
    assert not any(worker.is_running() for worker in workers)
    running = start(workplace, name, f"{name}-killed", "bf16=false")
    _, said = running.communicate(timeout=600)
    assert "going on from" in said
    resumed = weights(workplace / f"{name}-killed")
    assert all(torch.allclose(tensor, resumed[key], atol=1e-6) for key, tensor in weights(whole).items())


@long_run
@BOTH
def test_what_two_processes_save_is_evaluated(workplace, name, data_dir, capsys):
    _, out = train(workplace, name, f"{name}-bf16")
    words = [
        "run",
        "--engine",
        "transformers",
        "--model",
        str(out),
        "--benchmarks",
        "svamp",
        "--limit",
        "2",
        "--max-tokens",
        "4",
    ]
    words += ["--quiet", "--json", "--data-dir", str(data_dir), "--results-dir", str(workplace / f"{name}-results")]
    capsys.readouterr()
    assert main(words) == 0
    (summary,) = json.loads(capsys.readouterr().out)
    assert summary["spec"]["train"]["mixture"] == "apples"


@long_run
@BOTH
def test_two_processes_train_an_adapter(workplace, name):
    losses, out = train(workplace, name, f"{name}-adapter", "lora=4", "learning_rate=0.01")
    assert losses[-1] < losses[0]
    assert (out / "adapter_model.safetensors").is_file()
