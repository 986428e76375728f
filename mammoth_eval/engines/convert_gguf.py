"""Dequantise a GGUF file into a safetensors folder in bfloat16.

``python -m mammoth_eval.engines.convert_gguf FILE FOLDER``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from mammoth_eval.engines.importing import import_transformers


def convert(source: Path, target: Path) -> None:
    """Write the model and its tokenizer; nothing in the folder says that it was a GGUF."""
    transformers = import_transformers()
    place: dict[str, Any] = {
        "pretrained_model_name_or_path": str(source.parent),
        "gguf_file": source.name,
        "local_files_only": True,
    }
    tokenizer = transformers.AutoTokenizer.from_pretrained(**place)
    # from 5.17 on a GGUF stays quantised unless asked otherwise; earlier releases know no other way than to dequantise
    if hasattr(transformers, "GgufConfig"):
        place["quantization_config"] = transformers.GgufConfig(gguf_file=source.name, dequantize=True)
    model = transformers.AutoModelForCausalLM.from_pretrained(**place, dtype="bfloat16")
    if getattr(model.config, "quantization_config", None) is not None:
        del model.config.quantization_config
    if not tokenizer.chat_template:
        raise SystemExit(f"{source}: no chat template in the file")
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
