"""Folders of models of which no more is there than what a test reads."""

import json


def huge(path, dtype="F32", numbers=1 << 44):
    """A model folder whose weights file says in its head that it holds `numbers` numbers."""
    size = numbers * {"F32": 4, "BF16": 2, "U8": 1}[dtype]
    head = json.dumps(
        {"__metadata__": {}, "w": {"dtype": dtype, "shape": [2, numbers // 2], "data_offsets": [0, size]}}
    ).encode()
    (path / "model.safetensors").write_bytes(len(head).to_bytes(8, "little") + head)
    (path / "config.json").write_text('{"model_type": "llama"}')
    return str(path)
