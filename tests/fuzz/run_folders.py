"""Changed run folders under every reading command: no traceback, no hang, nothing written but the named output.

``python tests/fuzz/run_folders.py [FROM] [COUNT]``: seeds FROM to FROM + COUNT (0 and 700 by default), each a change
of a small run (`tests/support/mutations.py`). Prints how often each command read or refused, and every fault with its
seed.
"""

import collections
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

from read_mutants import READERS, attack, two_runs


def main(start, count):
    """Try each change with each command; 1 where anything is wrong."""
    counts, wrong = collections.Counter(), 0
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        base, other = two_runs(home / "base")
        for seed in range(start, start + count):
            found, change = attack(base, other, home / "trial", seed, READERS)
            for name, outcome in found.items():
                fault = outcome not in ("read", "refused")
                counts[name, "fault" if fault else outcome] += 1
                if fault:
                    wrong += 1
                    print(f"seed {seed} ({change}), {name}: {outcome[-1500:]}", flush=True)
    for name in READERS:
        print(f"{name:24} " + ", ".join(f"{kind} {counts[name, kind]}" for kind in ("read", "refused", "fault")))
    print(f"{sum(counts.values())} readings of {count} changed runs, {wrong} faults")
    return int(bool(wrong))


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    sys.exit(main(*numbers, *(0, 700)[len(numbers) :]))
