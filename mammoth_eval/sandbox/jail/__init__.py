"""What runs inside the sandbox: executed fresh as the top-level package ``jail``, so it imports nothing of the project.

zygote.py (launcher, init, tier servers) -> worker.py (one program after the other) -> program.py (the forked child).
The layers stand in kernel.py, namespaces.py, landlock.py and seccomp.py; protocol.py holds the messages, shared with
the harness.
"""
