"""Foreign text where something would obey it: a terminal its control characters, a spreadsheet its formulas."""

from __future__ import annotations

import re

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""All but tab and newline; those that turn the direction of a line; halves of characters, which cannot be printed."""
_FORMULA = re.compile(r"[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
"""What a spreadsheet takes for the start of a formula (OWASP's list)."""
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?%?", re.IGNORECASE)


def printable(text: str) -> str:
    r"""`text` with control characters written out (``\u001b``): what a model wrote must not command the terminal.

    JSON stays the same JSON.
    """
    return _CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def spreadsheet_cell(value: object) -> object:
    """A value for a spreadsheet: a text that it would run stands behind an apostrophe; numbers are as they were."""
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value
