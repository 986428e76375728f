"""The size of a server's reply is limited as it is read: one that never ends fills no memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from mammoth_eval.engines.openai_refusal import Again

LARGEST = 32 << 20
"""Bytes of a reply, at most, as they come over the wire: far more than the longest thoughts of today's models."""
LARGEST_PACKED = 1 << 20
"""The same of a reply that is compressed, which nobody asked for."""


async def hold_to_size(response: Any) -> None:
    """Let the body of `response` raise `Again` when it is read beyond the largest size.

    A hook for the client's HTTP library, which is httpx or its successor httpx2 by the release of `openai`; each takes
    only streams of its own kind.
    """
    packed = response.headers.get("content-encoding", "identity") != "identity"
    stream = response.stream
    own = next(kind for kind in type(stream).__mro__ if kind.__name__ == "AsyncByteStream")
    limited = type("LimitedStream", (_Limited, own), {})
    response.stream = limited(stream, LARGEST_PACKED if packed else LARGEST)


class _Limited:
    """The bytes of a reply up to a limit. Raises `Again` beyond."""

    def __init__(self, stream: Any, limit: int) -> None:
        self._stream, self._limit = stream, limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > self._limit:
                raise Again(f"a reply of more than {self._limit >> 20} MiB")
            yield chunk

    async def aclose(self) -> None:
        """Close the reply."""
        await self._stream.aclose()
