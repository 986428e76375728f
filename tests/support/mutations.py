"""Files of a run, changed as foreign, torn and crafted ones differ: the same seed gives the same change."""

import copy
import json

VALUES = [
    None, True, False, 0, -1, 1 << 70, -(1 << 70), 1e308, float("nan"), float("inf"), 0.5, "", " ", "x", "0",
    "../../victim", "/etc/passwd", "a/b", "..", "\x00", "\ud800", "\x1b[2J\x1b]0;t\x07", "=1+1", "<script>",
    "{{ 1 / 0 }}", "%s%n", "𝟙" * 50, "a" * 100_000, [], {}, [[]], [None], {"": None}, [1, "a", {}], {"n": {"n": {}}},
    {"x": [1] * 1000}, ["a"] * 1000,
]  # fmt: skip
"""What a value is replaced by."""
DEEP = ["[" * 100_000, '{"a":' * 50_000, "[" * 400 + "]" * 400]
"""Texts in the place of a value that no reader may follow to the end of its stack."""


def paths(tree, at=()):
    """Every place in a tree of JSON, outermost first."""
    yield at
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        yield from paths(value, (*at, key))


def changed(tree, rng):
    """`tree` with one place replaced, removed, renamed or doubled; as the text of a file."""
    tree = copy.deepcopy(tree)
    place = rng.choice(list(paths(tree)))
    kind = rng.choice(["replace", "replace", "replace", "remove", "rename", "add", "deep"])
    if not place:
        return json.dumps(rng.choice(VALUES)) if kind != "deep" else rng.choice(DEEP)
    parent = tree
    for key in place[:-1]:
        parent = parent[key]
    key = place[-1]
    if kind == "remove":
        del parent[key]
    elif kind == "rename" and isinstance(parent, dict):
        parent[str(rng.choice(["", "x", "../x", "a" * 300, "id", "\x1b[2J"]))] = parent.pop(key)
    elif kind == "add" and isinstance(parent, dict):
        parent[f"{key}_new"] = rng.choice(VALUES)
    elif kind == "deep":
        parent[key] = "@DEEP@"
        return json.dumps(tree).replace('"@DEEP@"', rng.choice(DEEP))
    else:
        parent[key] = rng.choice(VALUES)
    return json.dumps(tree)


def torn(content, rng):
    """Bytes of a file, cut, joined, filled or encoded as no writer of ours does it."""
    kind = rng.randrange(9)
    place = rng.randrange(len(content) + 1)
    if kind == 0:
        return content[:place]
    if kind == 1:
        return b""
    if kind == 2:
        return content[:place] + bytes(rng.randrange(256) for _ in range(30)) + content[place:]
    if kind == 3:
        return content.decode("utf-8").encode("utf-16")
    if kind == 4:
        return b"\xef\xbb\xbf" + content
    if kind == 5:
        return content.replace(b"\n", b"\r\n")
    if kind == 6:
        return content + b"\x00" * 1000
    if kind == 7:
        return content + content
    return content[:place] + b"\xff" + content[place + 1 :]


def mutate(run, rng):
    """Change one file of a run folder; what was done, in words."""
    name = rng.choice(["run.json", "records.jsonl"])
    path = run / name
    content = path.read_bytes()
    kind = rng.choice(["tree", "tree", "tree", "tree", "bytes", "file"])
    if kind == "bytes":
        path.write_bytes(torn(content, rng))
    elif kind == "file":
        return f"{name}: {_replaced(path, rng)}"
    elif name == "run.json":
        path.write_text(changed(json.loads(content), rng), encoding="utf-8", errors="surrogatepass")
    else:
        lines = content.decode("utf-8").splitlines()
        number = rng.randrange(len(lines))
        lines[number] = changed(json.loads(lines[number]), rng)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="surrogatepass")
    return f"{name}: {kind}"


def _replaced(path, rng):
    """Another kind of file in the place of one."""
    kind = rng.choice(["missing", "folder", "link", "dangling", "loop"])
    path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind != "missing":
        path.symlink_to({"link": "/etc/hostname", "dangling": "nowhere", "loop": path.name}[kind])
    return kind
