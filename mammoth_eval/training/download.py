"""Files of training sets at pinned addresses: fetched once into the cache, and held by their hash."""

from __future__ import annotations

import hashlib
import http.client
import urllib.error
import urllib.request
from pathlib import Path

from mammoth_eval import resources
from mammoth_eval.errors import DataError, DownloadError
from mammoth_eval.store import write_atomically

SECONDS = 60.0
"""Without a byte for so long a server has failed."""


def fetch(address: str, sha256: str, target: Path, hint: str) -> Path:
    """`target`, fetched from `address` where it is not there; one process fetches while others wait.

    `hint` is the file of the data folder that would do as well. Raises `DataError` or `StoreError`.
    """
    if not target.is_file():
        with resources.alone(target.with_suffix(".lock")):
            if not target.is_file():
                write_atomically(target, [_checked(_read(address, hint), sha256, address)])
    return target


def _read(address: str, hint: str) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=SECONDS) as answer:
            content: bytes = answer.read()
            return content
    except (OSError, http.client.HTTPException) as error:  # URLError and time-outs are of the first kind
        if isinstance(error, urllib.error.HTTPError):
            error.close()  # it holds the connection
        raise DownloadError(
            f"cannot download {address}: {error}; without a network give {hint} in --data-dir"
        ) from error


def _checked(content: bytes, sha256: str, address: str) -> bytes:
    digest = hashlib.sha256(content).hexdigest()
    if digest != sha256:
        raise DataError(f"{address}: has sha256 {digest}, expected {sha256}")
    return content
