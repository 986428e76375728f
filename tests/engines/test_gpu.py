"""The engine `vllm` as it would be configured on NVIDIA GPUs: batch sizes, parallel sizes, adapters, memory.

One process settles all cases, with vLLM's own configuration objects under a pretended platform; nothing is loaded. With
a CPU build of vLLM all but the attention backend is asked.
"""

import ctypes.util
import json
import os
import shutil
import subprocess
import sys

import pytest
from checkout import TESTS
from marks import needs_vllm
from pretended_gpu import empty_driver, is_cuda_build

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    needs_vllm,
]

SUPPORT = TESTS / "support"
RANKS = (8, 16, 24, 64)


def model(folder, *, heads=32, kv_heads=8, numbers=1_000_000, kind="BF16"):
    """A Llama's configuration, and weights of which only the head of the file is there."""
    folder.mkdir()
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 128 * heads,
        "intermediate_size": 256 * heads,
        "num_attention_heads": heads, "num_key_value_heads": kv_heads, "num_hidden_layers": 32, "vocab_size": 32000,
        "max_position_embeddings": 4096, "rms_norm_eps": 1e-5, "torch_dtype": "bfloat16", "head_dim": 128,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    head = json.dumps({"w": {"dtype": kind, "shape": [numbers], "data_offsets": [0, numbers]}}).encode()
    (folder / "model.safetensors").write_bytes(len(head).to_bytes(8, "little") + head)
    return str(folder)


def adapter(folder, rank):
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps({"r": rank}))
    return str(folder)


def cases(place):
    """Every case by name."""
    seven, seventy = model(place / "seven"), model(place / "seventy", heads=64, numbers=70_000_000_000)
    nine, small = model(place / "nine", heads=9, kv_heads=3), model(place / "seven-full", numbers=7_000_000_000)
    packed = model(place / "packed", numbers=35_000_000_000, kind="I8")
    found = {gpu: (gpu, seven, {}) for gpu in ("h100", "a100-80", "a100-40", "l4", "rtx4090", "t4", "mig")}
    found |= {f"rank {rank}": ("h100", seven, {"lora": adapter(place / f"r{rank}", rank)}) for rank in RANKS}
    found |= {f"tp {size}": ("h100", seven, {"tensor_parallel_size": size}) for size in (2, 4, 8)}
    found |= {
        "tp 2 of 9 heads": ("h100", nine, {"tensor_parallel_size": 2}),
        "tp 3 of 9 heads": ("h100", nine, {"tensor_parallel_size": 3}),
        "tp 8 of 4 GPUs": ("l4", seven, {"tensor_parallel_size": 8}),
        "tp 4, dp 4 of 8 GPUs": ("h100", seven, {"tensor_parallel_size": 4, "data_parallel_size": 4}),
        "tp 2 of a part": ("mig", seven, {"tensor_parallel_size": 2}),
        "tp 2, dp 2": ("h100", seven, {"tensor_parallel_size": 2, "data_parallel_size": 2}),
        "tp 2, pp 2": ("h100", seven, {"tensor_parallel_size": 2, "pipeline_parallel_size": 2}),
        "own batch": ("h100", seven, {"max_num_seqs": 48, "max_num_batched_tokens": 4096}),
        "bfloat16 of t4": ("t4", seven, {"dtype": "bfloat16"}),
        "70B on one": ("h100", seventy, {}),
        "70B on two": ("h100", seventy, {"tensor_parallel_size": 2}),
        "70B in fp8": ("h100", seventy, {"quantization": "fp8"}),
        "35 GB of integers": ("a100-40", packed, {}),
        "7B in a part": ("mig", small, {}),
        "7B in a silent part": ("mig", small, {}),
        "7B in a small share": ("a100-40", small, {"gpu_memory_utilization": 0.3}),
        "7B in float32": ("rtx4090", small, {"dtype": "float32"}),
    }
    return {
        name: {"gpu": gpu, "model": path, "options": options, "silent": "silent" in name}
        for name, (gpu, path, options) in found.items()
    }


def joined(first, name):
    """`first` before what the environment has under `name`."""
    return os.pathsep.join([first, *filter(None, [os.environ.get(name)])])


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    asked = json.dumps(cases(tmp_path_factory.mktemp("models")))
    changed = {"PYTHONPATH": joined(str(SUPPORT), "PYTHONPATH"), "VLLM_LOGGING_LEVEL": "ERROR"}
    if is_cuda_build() and ctypes.util.find_library("cuda") is None:
        if shutil.which("cc") is None:
            pytest.skip("a CUDA build of vllm without the driver's library, and no C compiler to make an empty one")
        changed["LD_LIBRARY_PATH"] = joined(str(empty_driver(tmp_path_factory.mktemp("driver"))), "LD_LIBRARY_PATH")
    done = subprocess.run(
        [sys.executable, str(SUPPORT / "gpu_settings.py")],
        input=asked,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **changed},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) | {"said": done.stderr}


BATCHES = {
    "h100": (1024, 16384),
    "a100-80": (256, 8192),
    "a100-40": (256, 8192),
    "l4": (256, 8192),
    "rtx4090": (256, 8192),
    "mig": (256, 8192),
}


@pytest.mark.parametrize("gpu", BATCHES)
def test_batches_are_as_large_as_those_of_the_offline_class(found, gpu):
    assert (found[gpu]["max_num_seqs"], found[gpu]["max_num_batched_tokens"]) == BATCHES[gpu]
    assert found[gpu]["capacity"] == BATCHES[gpu][0]
    assert found[gpu]["chunked_prefill"]


def test_batch_sizes_that_are_asked_for_are_taken(found):
    assert (found["own batch"]["max_num_seqs"], found["own batch"]["max_num_batched_tokens"]) == (48, 4096)


@pytest.mark.parametrize("gpu", ["h100", "a100-80", "a100-40", "l4", "rtx4090"])
@pytest.mark.skipif(
    not is_cuda_build(), reason="the installed vllm is a CPU build, without attention backends for GPUs"
)
def test_attention_is_flash_attention_from_ampere_on(found, gpu):
    assert found[gpu]["attention"] == "FLASH_ATTN"


@pytest.mark.parametrize("gpu", ["h100", "a100-80", "l4", "mig"])
def test_dtype_is_bfloat16_where_the_gpu_has_it(found, gpu):
    assert found[gpu]["dtype"] == "bfloat16"


def test_a_gpu_without_bfloat16_runs_in_float16_and_that_is_said(found):
    assert found["t4"]["dtype"] == "float16"
    assert "Tesla T4 has no bfloat16: the model runs in float16" in found["said"]


def test_bfloat16_asked_of_a_gpu_without_it_is_refused(found):
    assert "Tesla T4 has no bfloat16 (compute capability below 8.0)" in found["bfloat16 of t4"]["refused"]
    assert "dtype=float16" in found["bfloat16 of t4"]["refused"]


@pytest.mark.parametrize(("rank", "room"), [(8, 8), (16, 16), (24, 32), (64, 64)])
def test_room_for_an_adapter_is_the_least_that_holds_its_rank(found, rank, room):
    assert found[f"rank {rank}"]["max_lora_rank"] == room


@pytest.mark.parametrize("size", [2, 4, 8])
def test_a_model_is_split_over_as_many_gpus_as_asked_for(found, size):
    assert (found[f"tp {size}"]["tensor_parallel_size"], found[f"tp {size}"]["world_size"]) == (size, size)


def test_stages_multiply_and_replicas_add_to_what_is_decoded_at_once(found):
    assert (found["tp 2, pp 2"]["pipeline_parallel_size"], found["tp 2, pp 2"]["world_size"]) == (2, 4)
    assert found["tp 2, pp 2"]["capacity"] == 1024
    assert found["tp 2, dp 2"]["data_parallel_size"] == 2
    assert found["tp 2, dp 2"]["capacity"] == 2 * 1024


def test_a_size_that_does_not_divide_the_heads_is_refused_with_those_that_do(found):
    assert "attention heads (9) must be divisible" in found["tp 2 of 9 heads"]["refused"]
    assert "Possible are: 1, 3, 9" in found["tp 2 of 9 heads"]["refused"]
    assert found["tp 3 of 9 heads"]["tensor_parallel_size"] == 3


TOO_MANY = [
    ("tp 8 of 4 GPUs", "tensor_parallel_size 8 needs 8 GPUs; there are 4"),
    ("tp 4, dp 4 of 8 GPUs", "tensor_parallel_size 4 x data_parallel_size 4 needs 16 GPUs; there are 8"),
    ("tp 2 of a part", "tensor_parallel_size 2 needs 2 GPUs; there is 1"),
]


@pytest.mark.parametrize(("case", "words"), TOO_MANY)
def test_more_gpus_than_there_are_are_refused_with_both_numbers(found, case, words):
    assert words in found[case]["refused"]


TOO_LARGE = [
    (
        "70B on one",
        "weights take 130.4 GiB; on one GPU of 79.6 GiB at gpu_memory_utilization 0.92 there is room for 73.2 GiB",
    ),
    (
        "7B in a part",
        "weights take 13.0 GiB; on one GPU of 4.8 GiB at gpu_memory_utilization 0.92 there is room for 4.4 GiB",
    ),
    (
        "7B in a small share",
        "weights take 13.0 GiB; on one GPU of 39.4 GiB at gpu_memory_utilization 0.3 there is room for 11.8 GiB",
    ),
    ("7B in float32", "weights take 26.1 GiB; on one GPU of 23.5 GiB"),
]


@pytest.mark.parametrize(("case", "words"), TOO_LARGE)
def test_weights_larger_than_the_share_of_the_gpus_are_refused_with_both_sizes(found, case, words):
    assert words in found[case]["refused"]


@pytest.mark.parametrize("case", ["70B on two", "70B in fp8", "35 GB of integers", "7B in a silent part"])
def test_weights_that_may_fit_are_not_refused(found, case):
    assert "refused" not in found[case]
