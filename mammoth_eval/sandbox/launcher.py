"""The processes of the sandbox, seen from the harness: the launcher, the tier servers, and new workers from them."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from mammoth_eval.errors import SandboxError
from mammoth_eval.sandbox import host
from mammoth_eval.sandbox.jail import protocol
from mammoth_eval.sandbox.jail.config import Config

_BOOT = """
import sys
sys.path.insert(0, sys.argv[4])
from jail import kernel
kernel.ignore_fork_hooks()
from jail.zygote import main
main()
"""
_HERE = str(Path(__file__).resolve().parent)
START_SECONDS = 120.0
"""How long the init, or a tier with its libraries, may take to start."""


class WorkerBroke(Exception):
    """A worker or a server ended, or said that its own work failed: a fault of the sandbox."""


class Process:
    """The launcher and all below it; ends with the harness, however that ends."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.tiers: dict[str, socket.socket] = {}
        self.control, theirs = socket.socketpair()
        self.control.setblocking(False)
        words = [
            sys.executable,
            "-S",
            "-s",
            "-P",
            "-c",
            _BOOT,
            str(theirs.fileno()),
            str(os.getpid()),
            config.to_json(),
            _HERE,
        ]
        self.launcher = subprocess.Popen(
            words, env=host.ENVIRONMENT | {"LD_BIND_NOW": "1"}, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        theirs.close()

    async def ready(self) -> None:
        """Wait until the init stands; `SandboxError` with its reason where it does not."""
        try:
            await answer(self.control)
        except WorkerBroke as error:
            self.launcher.kill()
            _, stderr = await asyncio.to_thread(self.launcher.communicate)
            raise SandboxError(str(error) or stderr.decode("utf-8", "replace").strip()[-400:]) from error

    async def worker(self, tier: str) -> socket.socket:
        """A new worker of `tier`; starts the tier's server first where there is none."""
        if tier not in self.tiers:
            self.tiers[tier] = await _spawn(self.control, tier)
        return await _spawn(self.tiers[tier], tier)

    async def close(self) -> None:
        """End every process below, and wait for it."""
        for sock in (self.control, *self.tiers.values()):
            sock.close()
        await asyncio.to_thread(self._reap)
        if self.config.scratch:
            shutil.rmtree(self.config.scratch, ignore_errors=True)

    def _reap(self) -> None:
        try:
            self.launcher.wait(10)
        except subprocess.TimeoutExpired:
            self.launcher.kill()
            self.launcher.wait()
        for stream in (self.launcher.stdout, self.launcher.stderr):
            if stream is not None:
                stream.close()


async def _spawn(server: socket.socket, tier: str) -> socket.socket:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    try:
        with theirs:
            socket.send_fds(server, [protocol.request(protocol.SPAWN, tier=tier)], [theirs.fileno()])
        await asyncio.wait_for(answer(ours), START_SECONDS)
    except BaseException as error:
        ours.close()
        if isinstance(error, OSError | TimeoutError):
            raise WorkerBroke(f"no new worker in tier {tier}: {error}") from error
        raise
    return ours


async def answer(sock: socket.socket) -> protocol.Reply:
    """The next reply on a socket; `WorkerBroke` where it is a fault, or none comes any more."""
    loop = asyncio.get_running_loop()
    try:
        data = await loop.sock_recv(sock, protocol.REPLY_BYTES)
        reply = protocol.read_reply(data)
    except (OSError, ValueError) as error:
        raise WorkerBroke(f"the worker ended without an answer ({error})") from error
    if reply.kind == protocol.FAULT:
        raise WorkerBroke(reply.text)
    return reply
