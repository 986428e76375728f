"""When a request to a server is tried again, after how long, and what a refusal says of the room in the context."""

from __future__ import annotations

import logging
import math
import random
import re
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from mammoth_eval.engines.openai_refusal import SHOWN, Again, Refusal

_log = logging.getLogger(__name__)

LONGEST_PAUSE = 30.0
"""Seconds between two tries, at most, where the server says nothing."""
LONGEST_ASKED = 60.0
"""Seconds between two tries, at most, whatever Retry-After says."""
WORTH_A_WORD = 5.0
"""Seconds of a wait that is said, at most once in `SILENCE` seconds of each server."""
SILENCE = 60.0

_LIMIT = re.compile(r"maximum context length is (\d+)")
_PROMPT = re.compile(
    r"(?P<least>at least )?(?P<a>\d+) (?:input|prompt) tokens|(?P<b>\d+) in the (?:messages|prompt)|resulted in "
    r"(?P<c>\d+)"
)
_ABOUT_CONTEXT = re.compile(
    r"context_length_exceeded|context[ _](?:length|size|window)|max_model_len|maximum model length|prompt (?:is )?too "
    r"long",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Endpoint:
    """One server and how busy we keep it."""

    url: str
    client: Any
    under_way: int = 0
    failed_at_last: bool = False
    """Its last reply was an error: others are asked first."""
    left_out: bool = False
    """It refuses what another server answers: asked no more."""
    said_at: float = -math.inf
    """When a wait for it was last said, on the monotonic clock."""


def retry_reason(error: Again | Refusal) -> str | None:
    """Why another try is worth while, in words; None where it is not."""
    if isinstance(error, Refusal):
        kind = "status" if error.status else "an error instead of a completion:"
        return f"{kind} {error}" if error.passing else None
    return str(error)[:SHOWN]


def pause(error: Exception, attempt: int, first: float) -> float:
    """Seconds to wait before the next try.

    Doubled each time, spread by a quarter; Retry-After is heard up to `LONGEST_ASKED`.
    """
    wait = min(first * 2.0**attempt, LONGEST_PAUSE) * random.uniform(0.75, 1.25)
    response = getattr(error, "response", None)
    asked = retry_after(response.headers.get("retry-after", "")) if response is not None else 0.0
    return max(wait, min(asked, LONGEST_ASKED))


def retry_after(value: str) -> float:
    """Seconds from now that a Retry-After names, by their number or by a date (RFC 9110); 0 for what is neither."""
    if re.fullmatch(r"\d+(\.\d+)?", value.strip()):
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    return max(0.0, date.timestamp() - time.time())


def say_wait(endpoint: Endpoint, reason: str, seconds: float) -> None:
    """Log a wait that a person might take for a hang."""
    now = time.monotonic()
    if seconds >= WORTH_A_WORD and now - endpoint.said_at >= SILENCE:
        endpoint.said_at = now
        _log.warning("%s: %s; tried again in %.0f s", endpoint.url, reason, seconds)


def room_left(message: str, limit: int) -> tuple[int | None, int]:
    """New tokens that fit after a refusal, and the prompt's tokens where the server counts them (else 0).

    None: the refusal is not about the context. 0: the prompt alone does not fit, or the server does not say what would.
    The sentences read are those of OpenAI and of vLLM, old and new; that something else is too long (`stop`) is no such
    refusal.
    """
    if not _ABOUT_CONTEXT.search(message):
        return None, 0
    limits, prompts = _LIMIT.search(message), _PROMPT.search(message)
    if limits is None or prompts is None:
        return 0, 0
    context, prompt = int(limits[1]), int(prompts["a"] or prompts["b"] or prompts["c"])
    if prompt >= context:
        return 0, prompt
    # "at least": the server stopped counting where prompt and new tokens together no longer fit
    return (limit // 2 if prompts["least"] else min(context - prompt, limit - 1)), prompt
