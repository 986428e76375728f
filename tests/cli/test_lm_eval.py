"""Flags of lm-evaluation-harness on ``run``: each is read into the setting that it means here."""

import json
from pathlib import Path

import pytest

from mammoth_eval import benchmarks
from mammoth_eval.benchmarks import sample_rows
from mammoth_eval.cli import build_parser, lm_eval, main, run_file
from mammoth_eval.cli.run import settings_from
from mammoth_eval.errors import UsageError


def settings(*words):
    """What a command line comes to, its folder of results, and what was said."""
    told = []
    parsed = build_parser("run").parse_args(["run", *words])
    (args,) = run_file.runs(parsed, lambda flags: lm_eval.translate(flags, told.append))
    return settings_from(args), args.results_dir, told


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        (["--model", "m", "--tasks", "gsm8k,math"], "benchmarks", ("gsm8k", "math")),
        (["--model", "m", "--num_fewshot", "0"], "prompt", "alpaca"),
        (["--model", "m", "--num_fewshot", "5"], "prompt", "fewshot"),
        (["--model", "m", "--apply_chat_template"], "prompt", "chat"),
        (["--model", "m", "--apply_chat_template", "--num_fewshot", "4"], "prompt", "chat_fewshot"),
        (["--model", "m", "--gen_kwargs", "temperature=0.7,top_p=0.9"], "temperature", 0.7),
        (["--model", "m", "--gen_kwargs", "temperature=0.7,top_p=0.9"], "top_p", 0.9),
        (["--model", "m", "--gen_kwargs", "top_k=20,temperature=1"], "top_k", 20),
        (["--model", "m", "--gen_kwargs", "min_p=0.05,temperature=1"], "min_p", 0.05),
        (["--model", "m", "--gen_kwargs", "repetition_penalty=1.1"], "repetition_penalty", 1.1),
        (["--model", "m", "--gen_kwargs", "presence_penalty=1"], "presence_penalty", 1.0),
        (["--model", "m", "--gen_kwargs", "frequency_penalty=0.5"], "frequency_penalty", 0.5),
        (["--model", "m", "--gen_kwargs", "seed=7"], "seed", 7),
        (["--model", "m", "--gen_kwargs", "max_gen_toks=77"], "max_tokens", 77),
        (["--model", "m", "--gen_kwargs", "max_tokens=78"], "max_tokens", 78),
        (["--model", "m", "--gen_kwargs", "do_sample=false"], "temperature", 0.0),
        (["--model", "m", "--gen_kwargs", "do_sample=True,temperature=0.6"], "temperature", 0.6),
        (["--model", "m", "--gen_kwargs", '{"until": ["\\n\\n", "Q:"]}'], "stop", ("\n\n", "Q:")),
        (["--model", "m", "--limit", "0.1"], "limit", 0.1),
        (["--model", "m", "--limit", "10.0"], "limit", 10),
        (["--model", "m", "--log_samples"], "model", "m"),
        (["--model_args", "pretrained=org/name"], "model", "org/name"),
        (["--model_args", "pretrained=org/name"], "engine", "vllm"),
        (["--model", "vllm", "--model_args", "pretrained=org/name"], "engine", "vllm"),
        (["--model", "hf", "--model_args", "pretrained=org/name,dtype=float16"], "engine", "transformers"),
        (["--model", "hf", "--model_args", "pretrained=org/name,dtype='float16'"], "engine_args", {"dtype": "float16"}),
        (
            ["--model", "vllm", "--model_args", "pretrained=a/b,tensor_parallel_size=2,trust_remote_code=True"],
            "engine_args",
            {"tensor_parallel_size": 2, "trust_remote_code": True},
        ),
        (["--model", "vllm", "--model_args", "pretrained=a/b,revision=1.10"], "engine_args", {"revision": "1.10"}),
        (
            ["--model", "local-completions", "--model_args", "model=m,base_url=http://x:1/v1/completions"],
            "engine",
            "openai",
        ),
        (
            ["--model", "local-completions", "--model_args", "model=m,base_url=http://x:1/v1/completions"],
            "prompt",
            "alpaca",
        ),
        (["--model_args", "pretrained=org/name"], "prompt", None),
        (
            [
                "--model",
                "local-completions",
                "--model_args",
                "model=m,base_url=http://x:1/v1/completions,num_concurrent=9",
            ],
            "engine_args",
            {"base_url": "http://x:1/v1", "concurrency": 9},
        ),
        (
            ["--model", "local-chat-completions", "--model_args", "model=m,base_url=http://x:1/v1/chat/completions"],
            "engine_args",
            {"base_url": "http://x:1/v1"},
        ),
        (["--model", "local-chat-completions", "--model_args", "model=m,base_url=http://x:1/v1"], "prompt", "chat"),
        (["--model", "vllm"], "model", "vllm"),
    ],
)
def test_a_flag_is_read_into_the_setting_that_it_means(words, field, value, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert getattr(settings(*words)[0], field) == value


def test_the_output_path_is_the_folder_of_results():
    assert settings("--model", "m", "--output_path", "elsewhere")[1] == Path("elsewhere")


def test_what_has_no_effect_is_said():
    words = ["--model", "local-completions", "--model_args", "model=m,base_url=http://x/v1,tokenized_requests=False"]
    assert settings(*words, "--batch_size", "auto")[2] == [
        "--batch_size auto: not used, the engine batches as memory allows",
        "--model_args tokenized_requests=False: not used, the engine sees to it",
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--num_fewshot", "3"], r"--num_fewshot 3: without .* 0 \(alpaca\), 5 \(fewshot\)"),
        (["--num_fewshot", "5", "--apply_chat_template"], r"0 \(chat\), 4 \(chat_fewshot\)"),
        (["--num_fewshot", "5", "--prompt", "alpaca"], "--prompt alpaca decides exemplars"),
        (["--apply_chat_template", "mine"], "--apply_chat_template mine: the model's own template"),
        (["--tasks", "gsm8k", "--benchmarks", "math"], "--benchmarks math and --tasks gsm8k: give one of them"),
        (["--tasks", "gsm8k_cot"], "did you mean 'gsm8k'"),
        (["--model_args", "pretrained=other"], "--model m and --model_args pretrained=other other: give one of them"),
        (["--model_args", "pretrained"], "'pretrained', expected key=value"),
        (["--gen_kwargs", "beams=3"], "--gen_kwargs beams: there are temperature"),
        (["--gen_kwargs", "{1}"], "not a JSON object"),
        (["--gen_kwargs", "do_sample=true"], "at which temperature"),
        (["--gen_kwargs", "do_sample=false,temperature=1"], "greedy"),
        (["--gen_kwargs", "top_k=1.5"], "top_k=1.5: expected a whole number"),
        (["--gen_kwargs", "temperature=hot"], "temperature=hot: expected a number"),
        (
            ["--gen_kwargs", "temperature=1", "--temperature", "0.5"],
            "--temperature 0.5 and --gen_kwargs temperature 1.0",
        ),
    ],
)
def test_what_cannot_be_said_here_is_refused_with_what_there_is(words, message):
    with pytest.raises(UsageError, match=message):
        settings("--model", "m", *words)


def test_a_server_without_a_model_is_refused():
    with pytest.raises(UsageError, match="model= is missing"):
        settings("--model", "local-completions", "--model_args", "base_url=http://x/v1/completions")


def test_two_engines_are_refused():
    with pytest.raises(UsageError, match="--model hf is engine transformers, and --engine is openai"):
        settings("--model", "hf", "--engine", "openai", "--model_args", "pretrained=a/b")


@pytest.mark.parametrize(
    ("count", "limit", "rows"), [(30, 0.1, 3), (100, 0.07, 7), (10, 0.01, 1), (10, 0.99, 10), (7, 3, 3)]
)
def test_a_limit_below_one_is_a_share_rounded_up(count, limit, rows):
    assert len(sample_rows(count, limit)) == rows


def test_a_share_draws_rows_of_every_larger_share():
    assert set(sample_rows(1319, 0.1)) < set(sample_rows(1319, 0.5))


def test_a_run_in_their_words_is_a_run(tmp_path, capsys):
    name = "rg_arithmetic"
    if not _is_generated(name):
        pytest.skip("generated problems need reasoning-gym, which is not installed")
    (tmp_path / "script.json").write_text(json.dumps({"*": "The answer is 1."}))
    words = ["run", "--engine", "scripted", "--model_args", f"pretrained={tmp_path / 'script.json'}", "--tasks", name]
    words += ["--limit", "0.02", "--output_path", str(tmp_path / "out"), "--gen_kwargs", "max_gen_toks=9", "--json"]
    assert main([*words, "--decoding", "cot", "--batch_size", "8"]) == 0
    (row,) = json.loads(capsys.readouterr().out)[0]["results"]
    assert row["n"] == -(-benchmarks.get(name).rows // 50)


def _is_generated(name):
    try:
        import reasoning_gym  # noqa: F401
    except ImportError:
        return False
    return bool(benchmarks.get(name).generator)
