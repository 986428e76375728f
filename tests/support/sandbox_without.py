"""Executed as a script: takes system calls away from this process, as containers do, and says what sandbox is left.

``sandbox_without.py LEVEL NUMBER...``; prints one JSON object with `level` and `layers`, or with `refused`.
"""

import asyncio
import json
import sys

from mammoth_eval.errors import SandboxError
from mammoth_eval.sandbox import open_sandbox
from mammoth_eval.sandbox.jail import kernel
from mammoth_eval.sandbox.jail.seccomp import ALLOW, EPERM, ERRNO, _each, _start, prepare


async def main(level: str, numbers: list[int]) -> None:
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    assert prepare([*_start(kernel.MACHINE), *_each(numbers, ERRNO | EPERM), (0x06, 0, 0, ALLOW)])() == 0
    try:
        async with open_sandbox(level, seconds=0.3, wall=0.6, workers=1) as sandbox:
            program = "import tempfile\nwith tempfile.TemporaryFile() as f:\n    print(f.write(b'abc'))"
            said = sandbox.describe() | {"stdout": (await sandbox.run(program)).stdout}
            hang, spin = "import time\ntime.sleep(60)", "while True: pass"
            said["statuses"] = [(await sandbox.run(text)).status for text in ("print(1)", "1/0", hang, spin)]
    except SandboxError as error:
        said = {"refused": str(error)}
    print(json.dumps(said))


asyncio.run(main(sys.argv[1], [int(word) for word in sys.argv[2:]]))
