"""GPUs as the driver's tool lists them: several, partitioned, described by an old tool."""

import pytest

from mammoth_eval import nvidia
from mammoth_eval.nvidia import Gpu

GIB = 2**30
TWO = """\
GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5d5b)
GPU 1: NVIDIA A100-SXM4-80GB (UUID: GPU-9a1c)
"""
PARTITIONED = """\
GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-5d5b)
  MIG 3g.40gb     Device  0: (UUID: MIG-c7)
  MIG 1c.3g.40gb  Device  1: (UUID: MIG-c8)
GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-9a1c)
"""


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """Lays a driver tool into the path.

    What it lists, and how it describes each GPU (nothing: it knows no such question).
    """

    def lay(listing, rows=""):
        (tmp_path / "listing").write_text(listing)
        (tmp_path / "rows").write_text(rows)
        script = tmp_path / "nvidia-smi"
        answer = f'cat "{tmp_path}/rows"' if rows else "exit 2"
        script.write_text(f'#!/bin/sh\n[ "$1" = -L ] && exec cat "{tmp_path}/listing"\n{answer}\n')
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    return lay


def test_several_gpus_have_name_driver_capability_and_memory(tool):
    tool(
        TWO,
        "NVIDIA A100-SXM4-40GB, 580.95.05, 8.0, 40960, Disabled\nNVIDIA A100-SXM4-80GB, 580.95.05, 8.0, 81920, "
        "Disabled\n",
    )
    first, second = nvidia.find()
    assert first == Gpu("NVIDIA A100-SXM4-40GB", "580.95.05", (8, 0), 40 * GIB)
    assert second.memory == 80 * GIB
    assert nvidia.unfit((first, second)) == ""
    assert (
        nvidia.describe((first, second))
        == "NVIDIA A100-SXM4-40GB (40 GiB), NVIDIA A100-SXM4-80GB (80 GiB), driver 580.95.05"
    )
    assert nvidia.describe((first, first)).startswith("2 x NVIDIA A100-SXM4-40GB (40 GiB)")


def test_a_tool_that_only_lists_gives_names_and_nothing_is_refused(tool):
    tool(TWO)
    assert nvidia.find() == (Gpu("NVIDIA A100-SXM4-40GB"), Gpu("NVIDIA A100-SXM4-80GB"))
    assert nvidia.unfit(nvidia.find()) == ""


def test_a_tool_that_answers_every_question_with_its_list_is_understood(tool):
    tool("GPU 0: a card\n", "GPU 0: a card\n")
    assert nvidia.find() == (Gpu("a card"),)


def test_instances_stand_for_a_partitioned_gpu_with_their_own_memory(tool):
    tool(PARTITIONED, "NVIDIA H100 80GB HBM3, 580.95.05, 9.0, 81559, Enabled\n" * 2)
    *instances, whole = nvidia.find()
    assert [one.memory for one in instances] == [40 * GIB, 40 * GIB]
    assert not any(one.partitioned for one in instances)
    assert whole.partitioned
    assert nvidia.unfit((*instances, whole)) == ""


def test_a_partitioned_gpu_without_instances_is_refused_with_what_to_do(tool):
    tool("GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-5d5b)\n", "NVIDIA H100 80GB HBM3, 580.95.05, 9.0, 81559, Enabled\n")
    assert "MIG is on and no instance is made" in nvidia.unfit(nvidia.find())


def test_fields_that_a_gpu_does_not_have_are_unknown(tool):
    tool("GPU 0: NVIDIA GB10 (UUID: GPU-1)\n", "NVIDIA GB10, 580.95.05, 12.1, [N/A], [N/A]\n")
    assert nvidia.find() == (Gpu("NVIDIA GB10", "580.95.05", (12, 1)),)


@pytest.mark.parametrize("hidden", ["", "-1", " "])
def test_gpus_hidden_from_cuda_are_not_found(tool, monkeypatch, hidden):
    tool(TWO)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert nvidia.find() == ()


@pytest.mark.parametrize(("driver", "refused"), [("579.1", True), ("580.65.06", False), ("590.44", False), ("", False)])
def test_a_driver_is_old_below_580(driver, refused):
    assert bool(nvidia.unfit((Gpu("one", driver),))) == refused


def test_one_gpu_that_is_new_enough_is_enough():
    assert nvidia.unfit((Gpu("old", "580.1", (7, 0)), Gpu("new", "580.1", (8, 9)))) == ""
    assert "old (7.0)" in nvidia.unfit((Gpu("old", "580.1", (7, 0)),))
