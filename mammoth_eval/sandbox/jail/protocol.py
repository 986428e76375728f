"""The messages between harness, servers and workers: structs of fixed size on stream sockets, with descriptors.

Nothing that a program writes travels here: its text and its output lie in memfds.
"""

from __future__ import annotations

import socket
import struct
from typing import NamedTuple

SPAWN, RUN, CANCEL, USAGE = 1, 2, 3, 4
"""Kinds of request: fork a tier or a worker; run a program; kill the program that runs; report the CPU time used."""

EXITED, SIGNALED, CPU_TIME, WALL_TIME, SCRATCH_FULL, CANCELLED, READY, FAULT = range(8)
"""Kinds of reply. `EXITED` and `SIGNALED` come from the wait status; the others say why the program was killed."""

_REQUEST = struct.Struct("<iiqdd16s")
_REPLY = struct.Struct("<iidd400s")
REQUEST_BYTES, REPLY_BYTES = _REQUEST.size, _REPLY.size
_PASSED_BYTES = socket.CMSG_SPACE(4 * struct.calcsize("i"))


class Request(NamedTuple):
    """What the harness asks; descriptors travel with it (`SPAWN`: a socket; `RUN`: program, stdout, stderr)."""

    kind: int
    value_mode: bool
    size: int
    """Bytes of the program."""
    cpu_seconds: float
    wall_seconds: float
    tier: str


class Reply(NamedTuple):
    """What a worker or a server answers."""

    kind: int
    code: int
    """Exit code or signal of the program."""
    wall_seconds: float
    cpu_seconds: float
    text: str
    """Reason of a `FAULT`."""


def request(
    kind: int,
    value_mode: bool = False,
    size: int = 0,
    cpu: float = 0.0,
    wall: float = 0.0,
    tier: str = "",
) -> bytes:
    """The bytes of a request."""
    return _REQUEST.pack(kind, value_mode, size, cpu, wall, tier.encode())


def reply(kind: int, code: int = 0, wall: float = 0.0, cpu: float = 0.0, text: str = "") -> bytes:
    """The bytes of a reply."""
    return _REPLY.pack(kind, code, wall, cpu, text.encode("utf-8", "replace")[-400:])


def read_request(data: bytes) -> Request:
    """The request in these bytes; `ValueError` where they are none."""
    if len(data) != REQUEST_BYTES:
        raise ValueError(f"a request of {len(data)} bytes, expected {REQUEST_BYTES}")
    kind, value_mode, size, cpu, wall, tier = _REQUEST.unpack(data)
    return Request(kind, bool(value_mode), size, cpu, wall, tier.rstrip(b"\0").decode())


def read_reply(data: bytes) -> Reply:
    """The reply in these bytes; `ValueError` where they are none."""
    if len(data) != REPLY_BYTES:
        raise ValueError(f"a reply of {len(data)} bytes, expected {REPLY_BYTES}")
    kind, code, wall, cpu, text = _REPLY.unpack(data)
    return Reply(kind, code, wall, cpu, text.rstrip(b"\0").decode("utf-8", "replace"))


def receive(sock: socket.socket) -> tuple[Request | None, list[int]]:
    """The next request and its descriptors; None at the end of the stream."""
    data, passed, _, _ = sock.recvmsg(REQUEST_BYTES, _PASSED_BYTES)
    fds: list[int] = []
    for _, _, ancillary in passed:
        fds += memoryview(ancillary).cast("i")
    return (read_request(data) if data else None), fds
