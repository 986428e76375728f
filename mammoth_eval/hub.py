"""The model hub: which commit a name stands for, and the files at that commit.

Whatever is taken from the hub is pinned first: `pin` asks which commit a branch, a tag or a shortened hash is, before a
run is planned, so that the run has the same identity from its first start on. Everything after that names the commit.
Where the hub is not asked (``HF_HUB_OFFLINE``) or does not answer, the cache of ``huggingface_hub`` says what the
revision last was.

Every failure becomes one sentence: a `ModelError`, or a `BenchmarkError` for a data set.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mammoth_eval import resources
from mammoth_eval.errors import BenchmarkError, DownloadError, ModelError, UsageError

if TYPE_CHECKING:
    from huggingface_hub import DatasetInfo, ModelInfo

Kind = Literal["model", "dataset"]
DEFAULT_REVISION = "main"
COMMIT = re.compile(r"[0-9a-f]{40}")
INSTEAD = {"model": "; give a folder instead, or the embedded smollm2-135m-instruct", "dataset": ""}
"""What to do where the hub cannot be had; of rows their reader says it."""
_BRANCH_TEXT = re.compile(r"(?!.*\.\.)[\w][\w./-]*")
"""Revisions that may become a path below ``refs`` of the cache."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A repository of the hub at one commit."""

    kind: Kind
    name: str
    """``owner/name``, as it was asked for."""
    revision: str
    """Branch, tag or commit, as it was asked for."""
    commit: str
    """Forty hexadecimal digits."""
    note: str = ""
    """Where the commit comes from if not from the hub, or the name that the repository has now."""

    def __str__(self) -> str:
        asked = "" if self.revision == self.commit else f" ({self.revision})"
        return f"{self.name} at commit {self.commit}{asked}" + (f"; {self.note}" if self.note else "")

    @property
    def snapshot(self) -> Path:
        """Where the cache of ``huggingface_hub`` keeps the files of this commit, as far as they were downloaded."""
        return _storage(self.kind, self.name) / "snapshots" / self.commit


def pin(name: str, revision: str = "", kind: Kind = "model") -> Pin:
    """The commit that `revision` of `name` is now; an empty `revision` is the default branch.

    A commit that is in the cache is not asked for. Raises `ModelError` (`BenchmarkError` for a data set) where there is
    no such repository or revision, it may not be read, or neither the hub nor the cache knows.
    """
    wanted = revision or DEFAULT_REVISION
    known = Pin(kind, name, wanted, wanted)
    if COMMIT.fullmatch(wanted) and known.snapshot.is_dir():
        return known
    try:
        info = _ask(kind, name, revision or None)
    except errors() as error:
        if _is_answer(error):
            raise explain(error, kind, name, wanted) from error
        return _remembered(kind, name, wanted, error)
    renamed = f"the hub calls it {info.id} now" if info.id != name else ""
    found = Pin(kind, name, wanted, info.sha or "", renamed)
    if not COMMIT.fullmatch(found.commit):
        raise explain(ValueError("it names no commit"), kind, name, wanted)
    _remember(found)
    return found


def _ask(kind: Kind, name: str, revision: str | None, *, sizes: bool = False) -> ModelInfo | DatasetInfo:
    """What the hub says of a repository; with a time limit, which `huggingface_hub` has none of by itself."""
    from huggingface_hub import HfApi, constants

    ask = HfApi().model_info if kind == "model" else HfApi().dataset_info
    return ask(name, revision=revision, files_metadata=sizes, timeout=constants.HF_HUB_ETAG_TIMEOUT)


def file(pinned: Pin, filename: str) -> Path | None:
    """One file at the pinned commit, downloaded if need be.

    None where the repository has no such file. Raises as `pin` does.
    """
    from huggingface_hub import hf_hub_download, try_to_load_from_cache
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    known = try_to_load_from_cache(pinned.name, filename, repo_type=pinned.kind, revision=pinned.commit)
    if known is not None:
        return Path(known) if isinstance(known, str) else None  # the cache remembers too what is not there
    try:
        return Path(hf_hub_download(pinned.name, filename, repo_type=pinned.kind, revision=pinned.commit))
    except LocalEntryNotFoundError as error:
        if is_unreachable(error) and pinned.snapshot.is_dir():
            return None  # not a part of what the cache has of this commit
        raise explain(error, pinned.kind, pinned.name, pinned.revision) from error
    except EntryNotFoundError:
        return None
    except errors() as error:
        raise explain(error, pinned.kind, pinned.name, pinned.revision) from error


def files(pinned: Pin) -> dict[str, int]:
    """The files at the top of a repository at the pinned commit, with their sizes in bytes. Raises as `pin` does.

    None are named where the hub cannot be asked: an engine then finds what it needs in the cache, or says what is not
    there.
    """
    try:
        info = _ask(pinned.kind, pinned.name, pinned.commit, sizes=True)
    except errors() as error:
        if is_unreachable(error):
            return {}
        raise explain(error, pinned.kind, pinned.name, pinned.revision) from error
    return {one.rfilename: one.size or 0 for one in info.siblings or () if "/" not in one.rfilename}


def absent(pinned: Pin, files: Mapping[str, int]) -> dict[str, int]:
    """Those of `files` that are not in the cache."""
    return {name: size for name, size in files.items() if not (pinned.snapshot / name).exists()}


def fetch(pinned: Pin, files: Mapping[str, int], *, progress: bool = False) -> None:
    """Download `files`, by name and size, into the cache, one after another: an interrupt ends it at once.

    `progress`: with the hub's own bars. Raises as `pin` does; before the first byte where the disk has too little room
    for all.
    """
    from huggingface_hub.utils.tqdm import disable_progress_bars

    if not progress:
        disable_progress_bars()
    cache = _cache()
    existing = next(place for place in (cache, *cache.parents) if place.is_dir())
    need, free = sum(files.values()), shutil.disk_usage(existing).free
    if need > free:
        short = f"{need / 1e9:.1f} GB are to be downloaded, {free / 1e9:.1f} GB are free"
        raise DownloadError(f"{pinned.name}: {short}; {_advice()}")
    for name in files:
        file(pinned, name)


def explain(error: Exception, kind: Kind, name: str, revision: str) -> UsageError:
    """What the failure of a request to the hub means, and what to do."""
    from huggingface_hub import errors as kinds

    failure = _failure(kind, _sentence(error, kind, name, revision))
    asked = (kinds.HFValidationError, kinds.RepositoryNotFoundError, kinds.RevisionNotFoundError)  # gated is the second
    return failure if isinstance(error, asked) else DownloadError(str(failure))


def _failure(kind: Kind, sentence: str) -> UsageError:
    return ModelError(sentence) if kind == "model" else BenchmarkError(f"hub data set {sentence}")


def _sentence(error: Exception, kind: Kind, name: str, revision: str) -> str:
    from huggingface_hub import constants
    from huggingface_hub import errors as kinds

    if isinstance(error, kinds.HFValidationError):
        return f"{name!r} is not a hub id (owner/name) and not a folder: {_first_line(error)}"
    if isinstance(error, kinds.GatedRepoError):
        page = f"{constants.ENDPOINT}/{'datasets/' if kind == 'dataset' else ''}{name}"
        return f"{name}: gated: ask for access at {page}, then log in with `hf auth login` (or set HF_TOKEN)"
    if isinstance(error, kinds.RepositoryNotFoundError):
        return f"{name}: the hub has no such {_noun(kind)} (or it is private: `hf auth login`); check the spelling"
    if isinstance(error, kinds.RevisionNotFoundError):
        return f"{name}: no revision {revision!r} on the hub; give a branch, a tag or a commit"
    if resources.is_full(error):
        return f"{name}: no room for its files; {_advice()}"
    if is_unreachable(error):
        return f"{name}: not in the local hub cache, and {_reason(error)}{INSTEAD[kind]}"
    if isinstance(error, kinds.HfHubHTTPError):
        return f"{name}: the hub answered {error.response.status_code}: {_first_line(error)}"
    if isinstance(error, ValueError | KeyError | TypeError):
        return (
            f"{name}: the answer of {constants.ENDPOINT} is not that of a hub ({_first_line(error)}); see HF_ENDPOINT "
            f"and proxies"
        )
    if isinstance(error, PermissionError):
        return f"{name}: {error.filename}: {error.strerror}; the hub cache is {_cache()} (HF_HOME names another)"
    return (
        f"{name}: the download from {constants.ENDPOINT} broke off ({_first_line(error)}); the same command tries again"
    )


def errors() -> tuple[type[Exception], ...]:
    """What a request to the hub raises.

    Errors of the HTTP library that `huggingface_hub` is built on, and of the answer's form.
    """
    from huggingface_hub.errors import HfHubHTTPError

    library = [kind for kind in HfHubHTTPError.__bases__ if issubclass(kind, Exception)]
    return (*library, OSError, ValueError, KeyError, TypeError)


def _is_answer(error: Exception) -> bool:
    """Whether the hub answered, or something in its place did."""
    from huggingface_hub.errors import HfHubHTTPError

    return not is_unreachable(error) and isinstance(error, HfHubHTTPError | ValueError | KeyError | TypeError)


def is_unreachable(error: BaseException | None) -> bool:
    """Whether the hub did not answer: offline mode, no connection, no answer in time, or a failure on its side."""
    from huggingface_hub import errors as kinds

    while error is not None:
        if isinstance(error, kinds.HfHubHTTPError):
            return error.response.status_code >= 500
        if isinstance(error, kinds.OfflineModeIsEnabled) or re.search(r"Connect|Timeout", type(error).__name__):
            return True
        error = error.__cause__
    return False


def _reason(error: BaseException) -> str:
    """Why the hub did not answer."""
    from huggingface_hub import constants
    from huggingface_hub import errors as kinds

    if constants.HF_HUB_OFFLINE:
        return "offline mode is on (HF_HUB_OFFLINE)"
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, kinds.HfHubHTTPError):
            return f"{constants.ENDPOINT} answered {link.response.status_code}"
        link = link.__cause__
    return f"{constants.ENDPOINT} cannot be reached"


def _remembered(kind: Kind, name: str, revision: str, error: Exception) -> Pin:
    """The commit that the cache has for a revision. Raises where it has none."""
    storage = _storage(kind, name)
    reference = storage / "refs" / revision
    reason = _reason(error)
    if _BRANCH_TEXT.fullmatch(revision) and reference.is_file():
        return Pin(kind, name, revision, reference.read_text(encoding="utf-8").strip(), f"as last seen: {reason}")
    cached = sorted(path.name for path in (storage / "snapshots").glob("*"))
    if not cached:
        raise explain(error, kind, name, revision) from error
    has = f"the local hub cache does not know which commit {revision!r} is; it has {', '.join(cached)}"
    raise _failure(kind, f"{name}: {reason}, and {has}") from error


def _remember(found: Pin) -> None:
    """Note in the cache which commit a revision is, as ``huggingface_hub`` does where it downloads by the revision's
    name.
    """
    if found.revision == found.commit or not _BRANCH_TEXT.fullmatch(found.revision):
        return
    reference = _storage(found.kind, found.name) / "refs" / found.revision
    with suppress(OSError):  # a cache that cannot be written may still be read
        reference.parent.mkdir(parents=True, exist_ok=True)
        resources.write_whole(reference, found.commit)


def _cache() -> Path:
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE).expanduser()


def _storage(kind: Kind, name: str) -> Path:
    """The folder of one repository in the cache."""
    return _cache() / f"{kind}s--{name.replace('/', '--')}"


def _advice() -> str:
    return f"make room in the hub cache {_cache()}, or name another folder with HF_HOME"


def _noun(kind: Kind) -> str:
    return "model" if kind == "model" else "data set"


def _first_line(error: Any) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
