"""The doctor: what it finds, what it advises, and that a broken library neither stops nor fools it."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from mammoth_eval.doctor import Finding, Setting, is_healthy, means
from mammoth_eval.doctor.libraries import Library, judge
from mammoth_eval.nvidia import Gpu

TRY = """
import json, sys
from mammoth_eval.doctor.libraries import Library, findings
wanted = [Library(name, (name,), "fail", "a test", extra) for name, extra in json.loads(sys.argv[1])]
print(json.dumps([[one.name, one.state, one.text, one.advice] for one in findings(wanted, (), float(sys.argv[2]))]))
"""


def try_libraries(folder, modules, seconds=20.0):
    """Lay `modules` (name to source) as packages into `folder`, and give what is found on importing them.

    Name to finding.
    """
    for name, source in modules.items():
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(source)
    wanted = json.dumps([[name, "" if name.startswith("torch") else "openai"] for name in modules])
    environment = os.environ | {"PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", TRY, wanted, str(seconds)], capture_output=True, text=True, check=True, env=environment
    )
    return {name: Finding(name, state, text, advice) for name, state, text, advice in json.loads(done.stdout)}


def test_a_helper_built_for_another_torch_is_named_with_the_command_that_removes_it(tmp_path):
    broken = "raise RuntimeError('operator torchvision::nms does not exist')"
    found = try_libraries(tmp_path, {"torchvision": broken})["torchvision"]
    assert found.state == "fail"
    assert "operator torchvision::nms does not exist" in found.text
    assert re.search(r"pip uninstall .*torchvision$", found.advice)


def test_a_library_that_breaks_on_such_a_helper_blames_the_helper(tmp_path):
    modules = {"torchaudio": "raise OSError('undefined symbol')", "somelib": "import torchaudio"}
    found = try_libraries(tmp_path, modules)["somelib"]
    assert found.state == "fail"
    assert re.search(r"pip uninstall .*torchaudio$", found.advice)


def test_a_library_broken_by_itself_is_to_be_installed_anew(tmp_path):
    found = try_libraries(tmp_path, {"somelib": "import no_such_part"})["somelib"]
    assert "No module named 'no_such_part'" in found.text
    assert re.search(
        r"install it anew: .*(pip install --force-reinstall .*openai|make -C \S+ clean eval)", found.advice
    )


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("import os; os._exit(3)", "ended with code 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "ended with code -11"),
    ],
)
def test_a_library_that_takes_the_process_with_it_is_named_and_the_next_one_still_tried(tmp_path, end, expected):
    found = try_libraries(tmp_path, {"first": "", "crashes": end, "last": ""})
    assert [one.state for one in found.values()] == ["ok", "fail", "ok"]
    assert expected in found["crashes"].text


@pytest.mark.slow
def test_a_library_that_hangs_is_given_up_after_the_limit(tmp_path):
    found = try_libraries(tmp_path, {"hangs": "import time; time.sleep(600)", "last": ""}, seconds=1.0)
    assert [one.state for one in found.values()] == ["fail", "ok"]
    assert "takes more than 2 s" in found["hangs"].text


def test_what_a_library_prints_is_not_taken_for_a_finding(tmp_path):
    found = try_libraries(tmp_path, {"chatty": "import os; print('{}'); os.write(1, b'{}\\n')"})
    assert found["chatty"].state == "ok"


def test_a_library_that_nothing_wants_is_not_missed():
    assert judge(Library("torchvision", ("torchvision",), "ok", "", ""), {"installed": False}, ()) is None


def test_a_torch_that_sees_no_gpu_is_said_only_where_there_is_one():
    torch = Library("torch", ("torch",), "fail", "runs models", "transformers")
    report = {"installed": True, "version": "2", "error": "", "culprit": "", "cuda_devices": 0}
    assert [judge(torch, report, gpus).state for gpus in ((), (Gpu("a card"),))] == ["ok", "warn"]


@contextmanager
def serving(status):
    """A web server on this machine that answers everything with `status`."""

    class Answer(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("status", [200, 401, 503])
def test_a_hub_that_answers_anything_can_be_reached(status):
    with serving(status) as address:
        assert means.hub(address).facts["reachable"] is True


def test_a_hub_that_cannot_be_reached_is_a_warning_with_what_works_without_it():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found = means.hub(f"http://127.0.0.1:{free.getsockname()[1]}")
    assert (found.state, found.facts["reachable"]) == ("warn", False)
    assert "HF_ENDPOINT" in found.advice


def setting(tmp_path, data_dir=None):
    return Setting(data_dir, tmp_path / "cache", tmp_path / "results", "http://127.0.0.1:9")


def test_benchmark_files_of_a_data_folder_are_counted_by_name(tmp_path):
    (tmp_path / "benchmarks" / "gsm8k").mkdir(parents=True)
    (tmp_path / "benchmarks" / "gsm8k" / "test.jsonl").touch()
    facts = means.data(setting(tmp_path, tmp_path)).facts
    assert facts["here"] == ["gsm8k"]
    assert "math" in facts["absent"]


def test_a_data_folder_of_another_layout_is_told(tmp_path):
    found = means.data(setting(tmp_path, tmp_path))
    assert found.state == "warn"
    assert "has no folder benchmarks/" in found.advice


@pytest.mark.data
def test_the_whole_data_folder_has_every_benchmark_file(tmp_path, data_dir):
    assert means.data(setting(tmp_path, data_dir)).state == "ok"


def test_the_sandbox_is_described_by_its_level_and_layers():
    found = means.sandbox()
    assert found.facts["level"]
    assert found.state in ("ok", "warn")


@pytest.mark.parametrize(("states", "healthy"), [(("ok", "warn"), True), (("ok", "fail", "ok"), False)])
def test_only_a_failure_makes_the_machine_unfit(states, healthy):
    assert is_healthy([Finding("x", state, "") for state in states]) is healthy


@pytest.mark.slow
def test_the_command_prints_every_finding_and_exits_by_the_worst(tmp_path):
    command = [sys.executable, "-m", "mammoth_eval", "doctor", "--json", "--data-dir", str(tmp_path)]
    environment = os.environ | {"HF_ENDPOINT": "http://127.0.0.1:9"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    told = json.loads(done.stdout)
    names = [one["name"] for one in told["findings"]]
    assert {
        "python",
        "cores",
        "memory",
        "gpu",
        "disk",
        "compiler",
        "torch",
        "transformers",
        "vllm",
        "sandbox",
        "hub",
        "data",
    } <= set(names)
    assert len(names) == len(set(names))
    assert told["healthy"] is all(one["state"] != "fail" for one in told["findings"])
    assert done.returncode == (0 if told["healthy"] else 1)
    assert all(one["advice"] for one in told["findings"] if one["state"] != "ok")
