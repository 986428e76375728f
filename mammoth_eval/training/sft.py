"""Supervised fine-tuning: TRL's SFTTrainer (with PEFT for LoRA, accelerate for devices) on rows that are tokenised
already.

TRL adds neither template nor end token and cuts nothing: what it gets are ids and labels (`encode`). Packing is its
best-fit packing: rows are laid end to end and told apart by their position ids, so that none sees another.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mammoth_eval import resources
from mammoth_eval.engines import memory
from mammoth_eval.engines.importing import import_module, import_transformers
from mammoth_eval.errors import MammothError, ModelError, TrainingError
from mammoth_eval.training.encode import Encoded
from mammoth_eval.training.order import Order
from mammoth_eval.training.order import make_callback as make_epochs
from mammoth_eval.training.progress import make_callback as make_progress
from mammoth_eval.training.recipe import Recipe

Tell = Callable[[str], None]
MEMORY = (
    "lower micro_batch (the batch stays the same) or set gradient_checkpointing=true, and the command goes on from "
    "the last "
    "checkpoint; if that is not enough, lower max_length or set lora=16: another training, with another --out"
)
_NUMBERED = re.compile(r"checkpoint-(\d+)")
_TORN_ARCHIVE = "unexpected pos"
"""All that torch's writer of archives says of a full disk."""
_ROOM = 1 << 20
"""Bytes; with less of them free a disk is full, whatever the error says."""


@dataclass(frozen=True, slots=True)
class Base:
    """The model to be trained."""

    location: str
    """Folder or hub id."""
    tokenizer: Any
    name: str
    """What an adapter's configuration calls it."""


def check_installed() -> None:
    """Raises `EngineError` with what to install where a training could not begin."""
    import_module("trl.trainer.sft_trainer", "train")
    import_module("peft", "train")
    if os.environ.get("ACCELERATE_USE_DEEPSPEED") == "true":
        import_module("deepspeed", "deepspeed")


def load_tokenizer(location: str) -> Any:
    """The tokenizer of a model. Raises `ModelError`."""
    transformers = import_transformers()
    try:
        return transformers.AutoTokenizer.from_pretrained(location)
    except (OSError, ValueError) as error:
        raise ModelError(f"{location}: no tokenizer can be loaded: {str(error).splitlines()[0]}") from error


def train(base: Base, examples: Sequence[Encoded], recipe: Recipe, seed: int, out: Path, tell: Tell) -> dict[str, Any]:
    """Train, going on from the last checkpoint in `out` where there is one; the model or adapter is in `out`
    afterwards.

    `tell` gets a line of progress at a time. Raises `TrainingError` with what to lower or free.
    """
    check_installed()
    with _failures(out):
        trainer = make_trainer(base, examples, recipe, seed, out, tell)
        last = _last_checkpoint(out)
        if trainer.is_world_process_zero():
            _remove_torn(out)
        if last:
            tell(f"going on from {last}")
        started = time.monotonic()
        result = trainer.train(resume_from_checkpoint=last)
        _save(trainer, base, recipe, out)
    seconds = round(time.monotonic() - started, 1)
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry] or [result.training_loss]
    return {
        "steps": trainer.state.global_step,
        "seconds": seconds,
        "loss": round(float(losses[-1]), 4),
        "device": str(trainer.args.device),
        "processes": trainer.args.world_size,
    }


def make_trainer(base: Base, examples: Sequence[Encoded], recipe: Recipe, seed: int, out: Path, tell: Tell) -> Any:
    """TRL's trainer, set up and not started."""
    import datasets
    import torch
    from trl.trainer.sft_trainer import SFTTrainer

    transformers = import_transformers()
    datasets.disable_progress_bars()
    transformers.utils.logging.disable_progress_bar()
    tokenizer = base.tokenizer
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token  # labels of padding are ignored, so no token need be added
    config = _config(recipe, seed, out)  # before the model: ZeRO-3 and FSDP load it in parts only once they are set up
    dtype = torch.bfloat16 if recipe.lora and recipe.bf16 else torch.float32  # weights that are trained stay in 32 bits
    try:
        model = transformers.AutoModelForCausalLM.from_pretrained(base.location, dtype=dtype)
    except (OSError, ValueError) as error:
        raise ModelError(f"{base.location}: cannot be loaded: {str(error).splitlines()[0]}") from error
    data = datasets.Dataset.from_dict(
        {"input_ids": [example.input_ids for example in examples], "labels": [example.labels for example in examples]}
    )

    class Ordered(SFTTrainer):  # type: ignore[misc]
        """Sees its rows in our order."""

        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            rows: Any = self.train_dataset if train_dataset is None else train_dataset
            lengths = [] if recipe.packing else [len(ids) for ids in rows["input_ids"]]  # a packed row is a full one
            order = Order(len(rows), seed, batch=recipe.batch, lengths=lengths)
            self.add_callback(make_epochs(order))
            return order

    trainer = Ordered(
        model=model,
        args=config,
        train_dataset=data,
        processing_class=tokenizer,
        peft_config=_lora(recipe),
        callbacks=[make_progress(tell)],
    )
    trainer.remove_callback(transformers.PrinterCallback)
    return trainer


def _config(recipe: Recipe, seed: int, out: Path) -> Any:
    import torch
    from trl.trainer.sft_config import SFTConfig

    gpu = torch.cuda.is_available()
    micro, accumulated = _batches(recipe, int(os.environ.get("WORLD_SIZE", "1")))
    config = SFTConfig(
        output_dir=str(out),
        per_device_train_batch_size=micro,
        gradient_accumulation_steps=accumulated,
        learning_rate=recipe.learning_rate,
        num_train_epochs=recipe.epochs,
        max_steps=recipe.steps or -1,
        lr_scheduler_type=recipe.scheduler,
        warmup_steps=recipe.warmup,  # below 1 it is a share
        weight_decay=recipe.weight_decay,
        max_length=recipe.max_length,
        packing=recipe.packing,
        bf16=recipe.bf16,
        use_cpu=not gpu,
        gradient_checkpointing=recipe.gradient_checkpointing,
        logging_steps=recipe.log_steps,
        save_strategy="steps",
        save_steps=recipe.save_steps,
        save_total_limit=2,
        seed=seed,
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=gpu,
    )
    # One process trains on one GPU: on all that it sees it would use DataParallel, and the batch would be as many times
    # larger.
    config._n_gpu = min(config.n_gpu, 1)
    return config


def _batches(recipe: Recipe, world: int) -> tuple[int, int]:
    """Sequences at once, and how often, on each of `world` devices: the largest micro batch that makes the batch
    exactly.

    So a training goes on with another micro batch as if it had begun with it.
    """
    share = math.ceil(recipe.batch / world)
    micro = max(size for size in range(1, min(recipe.micro_batch, share) + 1) if share % size == 0)
    return micro, share // micro


def _lora(recipe: Recipe) -> Any:
    if not recipe.lora:
        return None
    from peft import LoraConfig

    return LoraConfig(
        r=recipe.lora,
        lora_alpha=recipe.lora_alpha,
        lora_dropout=0.0,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )


def _last_checkpoint(out: Path) -> str | None:
    """The newest checkpoint that was written whole."""
    found = {number: path for number, path in _checkpoints(out) if _is_whole(path)}
    return str(found[max(found)]) if found else None


def _remove_torn(out: Path) -> None:
    """Remove what a full disk or a kill left of a checkpoint: it can only be in the way."""
    for _, path in _checkpoints(out):
        if not _is_whole(path):
            shutil.rmtree(path, ignore_errors=True)


def _checkpoints(out: Path) -> list[tuple[int, Path]]:
    """The checkpoints in `out`, whole or not, each with its step."""
    found = ((_NUMBERED.fullmatch(path.name), path) for path in out.glob("checkpoint-*"))
    return [(int(name[1]), path) for name, path in found if name]


def _is_whole(checkpoint: Path) -> bool:
    """Whether the trainer's state, its last file, can be read."""
    try:
        return "global_step" in json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return False


def _save(trainer: Any, base: Base, recipe: Recipe, out: Path) -> None:
    """The model or adapter in bfloat16, as it will be served, and its tokenizer."""
    import torch

    # DeepSpeed gathers its weights in the precision of the training; the first FSDP holds them flat and is left alone
    shards_otherwise = trainer.is_deepspeed_enabled or (trainer.is_fsdp_enabled and not trainer.accelerator.is_fsdp2)
    if recipe.bf16 and not shards_otherwise:
        trainer.model.to(torch.bfloat16)
    trainer.save_model(str(out))
    base.tokenizer.save_pretrained(str(out))
    if not trainer.is_world_process_zero():
        return
    (out / "training_args.bin").unlink(
        missing_ok=True
    )  # holds the folder's own path: equal trainings would not be equal
    if recipe.lora:
        path = out / "adapter_config.json"
        settings = json.loads(path.read_text(encoding="utf-8"))
        # the name, not where it lay on this machine: the adapter finds its base on others
        path.write_text(
            json.dumps({**settings, "base_model_name_or_path": base.name}, indent=2) + "\n", encoding="utf-8"
        )


def merge(location: str, adapter: Path, target: Path) -> None:
    """Write base and adapter as one checkpoint, for engines that take no adapter.

    Raises `TrainingError` as `train` does.
    """
    import torch

    transformers, peft = import_transformers(), import_module("peft", "train")
    with _failures(target):
        model = transformers.AutoModelForCausalLM.from_pretrained(location, dtype=torch.float32)
        merged = peft.PeftModel.from_pretrained(model, str(adapter)).merge_and_unload().to(torch.bfloat16)
        merged.save_pretrained(str(target))
        transformers.AutoTokenizer.from_pretrained(str(adapter)).save_pretrained(str(target))


@contextmanager
def _failures(out: Path) -> Iterator[None]:
    """What breaks a training, said with what to do.

    Any exception may come of a full disk: libraries raise what they like.
    """
    try:
        yield
    except MammothError:
        raise
    except Exception as error:
        if memory.ran_out(error):
            raise TrainingError(f"out of memory: {MEMORY}") from error
        if _is_disk(error, out):
            raise TrainingError(f"{out}: the disk is full; make room, and the same command goes on") from error
        raise


def _is_disk(error: Exception, out: Path) -> bool:
    """Whether the disk is full: by the error's number, by its words, or because there is no room."""
    if resources.is_full(error) or _TORN_ARCHIVE in str(error):
        return True
    there = next(folder for folder in (out, *out.absolute().parents) if folder.is_dir())
    return shutil.disk_usage(there).free < _ROOM
