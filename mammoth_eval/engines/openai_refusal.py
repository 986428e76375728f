"""What it means when a server refuses a request, and what the user can do about it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from typing import Any, Self

from mammoth_eval.engines.openai_body import FIELDS

SHOWN = 600
"""Characters of a server's own words that a message repeats, at most."""

_TAGS = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_SPENT = re.compile(
    r"insufficient[ _-](?:balance|quota|credit|fund)|credit balance is too low|(?:out of|more|enough|no|any) credits?\b"
    r"|payment required|account (?:is |has been |was )?(?:overdue|in arrears|suspended)|余额不足|欠费",
    re.IGNORECASE,
)
_WITHHELD = re.compile(
    r"\b(?:content_filter|content_policy_violation|data_inspection_failed|ResponsibleAIPolicyViolation)\b"
    r"|content management policy",
    re.IGNORECASE,
)
_TOO_MANY = re.compile(r"too long|too many|at most|maximum|up to \d|more than \d", re.IGNORECASE)
_PROSE = ("temperature", "seed", "stop")
"""Names of fields that are words of the language as well: a message has to speak of them as of fields."""


class Again(Exception):
    """A reply that came whole and is no completion."""


class Refusal(Exception):
    """A server's error: as the status of its answer, or in a body with status 200."""

    def __init__(self, status: int, message: str, code: str = "", fields: frozenset[str] = frozenset()) -> None:
        super().__init__(message)
        self.status = status
        """Of HTTP, or as the body says; 0 where it says none."""
        self.message = message
        """The server's own words, in one line."""
        self.code = code
        """What it says besides to a program: code, type, parameter."""
        self.fields = fields
        """The fields of the request that it names."""
        self.response: Any = None
        """Of HTTP, for its headers."""

    @classmethod
    def of(cls, response: Any) -> Self:
        """The refusal that an answer of HTTP with an error's status is."""
        charset = getattr(response, "charset_encoding", None) or "utf-8"
        try:
            body = json.loads(response.content.decode(charset))
        except (ValueError, LookupError, RecursionError):
            body = None
        found = cls._read(body, response.status_code) if isinstance(body, dict) else None
        refusal = found or cls(response.status_code, plain(response.content, charset) or "no reason given")
        refusal.status, refusal.response = response.status_code, response
        return refusal

    @classmethod
    def in_body(cls, body: Mapping[str, Any]) -> Self | None:
        """The error that a body of status 200 says; None where it says none."""
        if not _error(body) and body.get("object") != "error" and "detail" not in body and "message" not in body:
            return None
        return cls._read(body, 0)

    @classmethod
    def _read(cls, body: Mapping[str, Any], status: int) -> Self | None:
        error = _error(body) or body
        table = error if isinstance(error, dict) else {}
        details = table.get("detail", body.get("detail"))
        message = error if isinstance(error, str) else _words(table) or _details(details)
        if not message:
            return None
        code = " ".join(str(table[name]) for name in ("code", "type", "param") if table.get(name) is not None)
        number = str(table.get("code", body.get("code")))
        if not status and number.isdecimal() and 400 <= int(number) < 600:
            status = int(number)
        return cls(status, _line(message), code, named(message, f"{table.get('param')} {_places(details)}"))

    @property
    def spent(self) -> bool:
        """The account has no money left, which no further try changes.

        A rate limit may speak of a quota as well: there the code decides.
        """
        return self.status == 402 or _SPENT.search(f"{self.code} {self.message}") is not None

    @property
    def withheld(self) -> bool:
        """The server refuses to answer what this prompt asks, which says nothing of the next."""
        return self.status in (0, 400, 403, 422) and _WITHHELD.search(f"{self.code} {self.message}") is not None

    @property
    def passing(self) -> bool:
        """Another try is worth while."""
        return not self.spent and (self.status in (0, 408, 409, 425, 429) or self.status >= 500)

    def __str__(self) -> str:
        return f"{self.status}: {self.message}" if self.status else self.message


def advice(refusal: Refusal) -> str:
    """What can be done about a refused field, as the end of a message; empty where none is named."""
    if "stop" in refusal.fields or re.search(r"\bstops?\b", refusal.message, re.IGNORECASE):
        if _TOO_MANY.search(refusal.message):
            return (
                "; for a server that takes few stop texts give --engine-arg max_stops=4 (or what it takes): the others "
                "are applied here"
            )
        return "; give --engine-arg omit=stop: stop texts are applied here then" if "stop" in refusal.fields else ""
    if "max_completion_tokens" in refusal.fields and "max_tokens" not in refusal.fields:
        return "; give --engine-arg max_tokens_name=max_tokens"
    names = sorted(refusal.fields & set(FIELDS))
    if not names:
        return ""
    leave = f"leave it out of requests with --engine-arg omit={','.join(names)}"
    if "temperature" in names:
        default = re.search(r"default \((\d+(?:\.\d+)?)\)", refusal.message)
        return f"; give --temperature {default[1] if default else 1}, or {leave}"
    return f"; take back the setting {names[0]}, or {leave}"


def stops_taken(refusal: Refusal, sent: int) -> int:
    """How many of the stop texts `sent` a server takes, after a refusal because of their number; 0 where it was not.

    As many as it says, or else 4, which is OpenAI's limit.
    """
    if not re.search(r"\bstops?\b", f"{refusal.message} {' '.join(refusal.fields)}", re.IGNORECASE):
        return 0
    if not _TOO_MANY.search(refusal.message):
        return 0
    said = re.search(
        r"(?:at most|up to|maximum(?: (?:length|number|of))*|more than)[ :=]*(\d+)", refusal.message, re.IGNORECASE
    )
    taken = int(said[1]) if said else 4
    return taken if 0 < taken < sent else 0


def plain(content: bytes, charset: str = "") -> str:
    """The start of a body as a person reads it: tags of HTML left out, in one line."""
    try:
        text = content.decode(charset or "utf-8", "replace")
    except LookupError:
        text = content.decode("utf-8", "replace")
    return _line(html.unescape(_TAGS.sub(" ", text)) if "<" in text else text)


def named(message: str, param: str = "") -> frozenset[str]:
    """The fields of a request that a refusal names; `param` is where it names them for a program."""
    return frozenset(name for name in (*FIELDS, "max_tokens", "max_completion_tokens") if _names(name, message, param))


def _names(name: str, message: str, param: str) -> bool:
    if re.search(rf"\b{name}\b", param):
        return True
    if name not in _PROSE:
        return re.search(rf"\b{name}\b", message) is not None
    quoted = rf"['\"`]{name}['\"`]"
    spoken = rf"\b(?:argument|parameter|field|property|param|input)s?\b[^.]{{0,60}}?\b{name}\b"
    subject = rf"\A\W*{name}\b|\b{name}\b:? (?:is|are|was|has|must|should|does|may|cannot|not) "
    return re.search(f"{quoted}|{spoken}|{subject}", message, re.IGNORECASE) is not None


def _error(body: Mapping[str, Any]) -> Any:
    """What a body says under the names of an error, the first of a list; None where it says nothing."""
    error = body.get("error") or body.get("errors") or body.get("base_resp")
    return (error[0] if error else None) if isinstance(error, list) else error


def _words(table: Mapping[str, Any]) -> str:
    """The message of an error."""
    return next((text for name in _MESSAGE if isinstance(text := table.get(name), str) and text), "")


_MESSAGE = ("message", "status_msg", "msg", "error")


def _details(details: Any) -> str:
    """The reasons of a refused schema, each with the place it is about."""
    if isinstance(details, str):
        return details
    rows = [row for row in details if isinstance(row, dict)] if isinstance(details, list) else []
    return "; ".join(f"{_place(row)}: {row.get('msg', row.get('message', ''))}".strip(": ") for row in rows)


def _places(details: Any) -> str:
    rows = details if isinstance(details, list) else []
    return " ".join(_place(row) for row in rows if isinstance(row, dict))


def _place(row: Mapping[str, Any]) -> str:
    place = row.get("loc", "")
    return ".".join(map(str, place)) if isinstance(place, list) else str(place)


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else line[: SHOWN - 3] + "..."
