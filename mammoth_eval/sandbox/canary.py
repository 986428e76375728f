"""What stands outside the sandbox while cases run, and would show an escape: a secret, listeners, the process table."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import sysconfig
import tempfile
from pathlib import Path
from typing import Self

from mammoth_eval.sandbox import processes

SECRET, TOKEN, GOLD = "CANARY-SECRET-1618", "CANARY-ENV-2718", "CANARY" + "-GOLD"
_TOKENS = ("API_TOKEN", "HF_TOKEN", "OPENAI_API_KEY")
_ABSTRACT = "\0mb_canary"


class Canary:
    """Opened around a check: plants a secret file, tokens in the environment and listeners, and removes them again."""

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="mammoth-canary-"))
        self.folder.chmod(0o755)
        self.site = sysconfig.get_path("purelib")
        (self.folder / "secret.txt").write_text(SECRET)
        (self.folder / "secret.txt").chmod(0o644)
        self._gold = [GOLD * 3]
        self._sockets = [_listen(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))]
        self.port: int = self._sockets[0].getsockname()[1]
        for family, kind, address in self._addresses():
            with contextlib.suppress(OSError):  # a machine without IPv6, or a second check at the same time
                self._sockets.append(_listen(family, kind, address))
        self._before = {name: os.environ.get(name) for name in _TOKENS}
        os.environ.update(dict.fromkeys(_TOKENS, TOKEN))
        self._compiled = self._compiled_files()
        return self

    def _addresses(self) -> list[tuple[int, int, object]]:
        return [
            (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", self.port)),
            (socket.AF_INET6, socket.SOCK_STREAM, ("::1", self.port)),
            (socket.AF_UNIX, socket.SOCK_STREAM, str(self.folder / "s.sock")),
            (socket.AF_UNIX, socket.SOCK_STREAM, _ABSTRACT),
        ]

    def __exit__(self, *exception: object) -> None:
        for sock in self._sockets:
            sock.close()
        for name, value in self._before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        shutil.rmtree(self.folder, ignore_errors=True)

    def fill(self, text: str) -> str:
        """The text with the placeholders of case files filled."""
        pairs = {
            "@CANARY@": str(self.folder),
            "@PORT@": str(self.port),
            "@HPID@": str(os.getpid()),
            "@SITE@": self.site,
        }
        for name, value in pairs.items():
            text = text.replace(name, value)
        return text

    def reset(self) -> None:
        """Forget what was seen before."""
        self.connections()

    def connections(self) -> int:
        """How often a listener was reached since this was last asked."""
        seen = 0
        for sock in self._sockets:
            with contextlib.suppress(BlockingIOError):
                while True:
                    if sock.type == socket.SOCK_DGRAM:
                        sock.recv(100)
                    else:
                        sock.accept()[0].close()
                    seen += 1
        return seen

    def is_whole(self) -> bool:
        """Whether secret and socket are as they were planted."""
        secret = self.folder / "secret.txt"
        return (
            secret.is_file()
            and (self.folder.stat().st_mode & 0o777, secret.stat().st_mode & 0o777) == (0o755, 0o644)
            and secret.read_text() == SECRET
            and {path.name for path in self.folder.iterdir()} == {"s.sock", "secret.txt"}
        )

    def strays(self, launcher: int) -> list[int]:
        """Processes that programs left: below a worker (launcher, init, tier, worker), or adopted by the init."""
        return processes.at_depth(launcher, 4)

    def _compiled_files(self) -> dict[str, float]:
        folder = Path(self.site) / "sympy" / "__pycache__"
        return {str(path): path.stat().st_mtime for path in folder.glob("*.pyc")} if folder.is_dir() else {}

    def complaints(self, launcher: int) -> list[str]:
        """What is not as it must be after any case."""
        observed = {
            "the canary was changed": not self.is_whole(),
            "a listener was reached": bool(self.connections()),
            "a process is left": bool(self.strays(launcher)),
            "compiled files of sympy changed": self._compiled_files() != self._compiled,
        }
        return [text for text, is_true in observed.items() if is_true]


def _listen(family: int, kind: int, address: object) -> socket.socket:
    sock = socket.socket(family, kind)
    try:
        sock.bind(address)  # type: ignore[arg-type]
        if kind == socket.SOCK_STREAM:
            sock.listen()
    except OSError:
        sock.close()
        raise
    sock.setblocking(False)
    return sock
