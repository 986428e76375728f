"""A name out of a file that is not ours is one plain component of a path, or it is refused."""

import pytest

from mammoth_eval import paths
from mammoth_eval.errors import StoreError

NAMES = {
    "": "names no file",
    ".": "names no file",
    "..": "names no file",
    "../victim": "leads to another folder",
    "/etc/victim": "leads to another folder",
    "a/b": "leads to another folder",
    "..\\victim": "leads to another folder",
    "a\0b": "has characters that no file name should have",
    "a\nb": "has characters that no file name should have",
    "\x1b[2J": "has characters that no file name should have",
    "lone \ud800 surrogate": "has characters that no file name should have",
    "a" * 256: "is longer than 255 bytes",
    "数" * 86: "is longer than 255 bytes",
}


@pytest.mark.parametrize(("name", "fault"), NAMES.items(), ids=[ascii(name)[:20] for name in NAMES])
def test_a_name_that_is_no_plain_file_name_is_refused_with_its_fault_and_its_file(name, fault):
    with pytest.raises(StoreError) as refused:
        paths.component(name, "run.json")
    assert str(refused.value).startswith("run.json: ")
    assert str(refused.value).endswith(f"{fault}; expected a plain file name")
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("name", ["gsm.toml", "a b", ".hidden", "...", "~", "-rf", "é 数", "a" * 255, "CON"])
def test_a_plain_file_name_is_taken_as_it_is(tmp_path, name):
    assert paths.below(tmp_path, name, where="run.json") == tmp_path / name


@pytest.mark.parametrize("link", ["folder", "folder/file", "folder/dangling"])
def test_no_path_below_a_folder_leads_through_a_symbolic_link(tmp_path, link):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "victim").write_text("mine")
    out = tmp_path / "out"
    target = {"folder": "elsewhere", "folder/file": "victim", "folder/dangling": "missing"}[link]
    (out / link).parent.mkdir(parents=True)
    (out / link).symlink_to(tmp_path / target)
    with pytest.raises(StoreError, match="is a symbolic link"):
        paths.below(out, *(link if "/" in link else f"{link}/file").split("/"), where="run.json")
