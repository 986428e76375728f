"""What of this machine the jail may see, and which tier of preloaded libraries a program needs."""

from __future__ import annotations

import os
import re
import stat
import sys
import sysconfig
from pathlib import Path

from mammoth_eval.sandbox.jail.tiers import TIERS

_SYSTEM_LIBRARIES = (
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/etc/ld.so.cache",
    "/usr/share/zoneinfo",
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
_PACKAGE = Path(__file__).resolve().parent.parent

ENVIRONMENT = {
    "LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0", "MPLBACKEND": "Agg",
    "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "NUMEXPR_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}  # fmt: skip
"""The whole environment of a program, beside ``HOME``, ``TMPDIR`` and ``MPLCONFIGDIR`` (its scratch folder).

pyarrow, which pandas loads, would reserve all the address space that a program has at its first column of text.
"""


def module_paths() -> tuple[str, ...]:
    """Entries of `sys.path` inside: the standard library and the site-packages of this interpreter, links resolved."""
    standard = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
    standard += [str(Path(folder) / "lib-dynload") for folder in standard]
    sites = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    real = [os.path.realpath(path) for path in (*standard, *sites) if Path(path).is_dir()]
    return tuple(dict.fromkeys(real))


def visible_paths() -> tuple[str, ...]:
    """Host paths in the private root: Python, its libraries and the system's, nothing else."""
    libraries = [os.path.realpath(Path(prefix) / "lib") for prefix in (sys.base_prefix, sys.prefix)]
    paths = [path for path in (*_SYSTEM_LIBRARIES, *libraries, *module_paths()) if os.path.lexists(path)]
    links = [os.path.realpath(path) for path in paths if Path(path).is_symlink()]
    return _outermost([*paths, *links])


def readable_paths() -> tuple[str, ...]:
    """What Landlock opens for reading without a private root; site-packages one by one where the project lies there."""
    paths: list[str] = list(_DEVICES)
    for path in visible_paths():
        real = Path(os.path.realpath(path))
        paths += _without_project(real) if any(real in own.parents for own in _own_folders()) else [str(real)]
    return tuple(dict.fromkeys(paths))


def listable_paths() -> tuple[str, ...]:
    """Folders whose entries are opened one by one: without their names nothing in them could be imported."""
    real = [Path(os.path.realpath(path)) for path in visible_paths()]
    return tuple(str(path) for path in real if any(path in own.parents for own in _own_folders()))


def _without_project(folder: Path) -> list[str]:
    """The entries of `folder` without the project's, descending where the project lies deeper."""
    own = _own_folders()
    paths = []
    for entry in sorted(folder.iterdir()):
        if any(entry in folder.parents for folder in own):
            paths += _without_project(entry)
        elif entry not in own:
            paths.append(str(entry))
    return paths


def _own_folders() -> tuple[Path, ...]:
    """The package, the data that an editable installation copies into site-packages, and what pip notes there."""
    copies = [Path(path) / _PACKAGE.name for path in module_paths()]
    notes = [note for path in module_paths() for note in Path(path).glob(f"{_PACKAGE.name}-*.dist-info")]
    return tuple(dict.fromkeys([_PACKAGE, *(path for path in (*copies, *notes) if path.is_dir())]))


def nobody_can_read() -> bool:
    """Whether the interpreter and its libraries can be reached by any user: not where they lie in a private home."""
    folders = {folder for path in module_paths() for folder in (Path(path), *Path(path).parents)}
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


def hidden_paths() -> tuple[str, ...]:
    """The project's own folders; each is covered where it lies inside a visible one."""
    return tuple(map(str, _own_folders()))


def _outermost(paths: list[str]) -> tuple[str, ...]:
    """The paths that lie in no other one (links count by their own place)."""
    kept = [
        path
        for path in dict.fromkeys(paths)
        if not any(path.startswith(f"{other}/") and not Path(other).is_symlink() for other in paths)
    ]
    return tuple(kept)


_IMPORT_LINE = re.compile(r"^.*import.*$", re.MULTILINE)
_LIBRARY = re.compile(
    r"\b(sympy|mpmath|numpy|scipy|pandas|networkx|matplotlib|statsmodels|seaborn|sklearn|xarray|pyarrow|lambdify)\b"
)
_LOADED = {tier: {module.partition(".")[0] for module in modules} for tier, modules in TIERS.items()}


def tier_of(program: str) -> str:
    """The smallest tier that has preloaded what the text imports; a wrong choice costs time, never a result."""
    names = {name for line in _IMPORT_LINE.findall(program) for name in _LIBRARY.findall(line)}
    return next((tier for tier, loaded in _LOADED.items() if names <= loaded), "all")
