"""The store: ``<results>/<model>/<run>/run.json`` and ``records.jsonl``.

``run.json`` holds the spec (all that moves a number and was decided before the run; its hash names the folder, so a run
whose spec changed is another run) and the sessions (what each start of it ran on); `spec` has its types, `finding` says
which run a name means. ``records.jsonl`` holds one line per problem, raw text kept, appended in the order of completion
by a single write. A torn last line is cut off and its problem pending again, as is one whose record is errored; the
last line of a problem counts.

One process writes a run: it holds a lock on the folder's ``lock`` file, and reads what it is going to change only then
(`RunFolder` adds records, `Rescoring` replaces them all). Readers need no lock: a file is replaced in one step or grows
at its end.

A run folder may be somebody else's. Nothing is written through a symbolic link in it, and the names in ``run.json`` are
checked.
"""

from mammoth_eval.store.files import lock, mend, write_atomically
from mammoth_eval.store.finding import chosen_runs, find_run, find_runs
from mammoth_eval.store.folder import FORMAT, Rescoring, RunFolder, load_briefs, load_records, load_run, stored_at
from mammoth_eval.store.spec import RunHeader, RunSpec, ranges, read_header, slug

__all__ = [
    "FORMAT",
    "Rescoring",
    "RunFolder",
    "RunHeader",
    "RunSpec",
    "chosen_runs",
    "find_run",
    "find_runs",
    "load_briefs",
    "load_records",
    "load_run",
    "lock",
    "mend",
    "ranges",
    "read_header",
    "slug",
    "stored_at",
    "write_atomically",
]
