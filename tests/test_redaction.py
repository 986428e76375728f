"""Secrets are left out of what is written, and nothing else is."""

import json
import os
import subprocess
import sys

import pytest
from openai_server import chat, refusal, serving

from mammoth_eval.cli import main
from mammoth_eval.redaction import Mask, hidden, hidden_in, redacted, without_secrets


def test_settings_lose_their_secrets_alone():
    kept = {"max_tokens": 3, "tokenizer": "t", "max_tokens_name": "x"}
    assert without_secrets({**kept, "api_key": "sk", "hf_token": "hf", "token": "t"}) == kept


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("api_key=sk-1=2", "api_key=***"),
        ("--engine-arg=api_key=sk", "--engine-arg=api_key=***"),
        ("hf-token=x", "hf-token=***"),
        ("max_tokens=3", "max_tokens=3"),
        ("--seed", "--seed"),
        ("subset=G+M", "subset=G+M"),
    ],
)
def test_a_word_of_the_command_line_hides_the_value_of_a_secret(word, shown):
    assert redacted([word]) == [shown]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://user:pass@host:8000/v1", "http://***@host:8000/v1"),
        ("https://t0ken@host/x", "https://***@host/x"),
        ("https://host/x?api_key=abc&page=2", "https://host/x?api_key=***&page=2"),
        ("https://host/x?access_token=abc", "https://host/x?access_token=***"),
        ("Authorization: Bearer abcdef123456", "Authorization: Bearer ***"),
        ('{"api_key": "abc", "n": 1}', '{"api_key": "***", "n": 1}'),
        ("{'Authorization': 'x y'}", "{'Authorization': '***'}"),
        ("Incorrect API key provided: sk-abcdefghijklmnop", "Incorrect API key provided: ***"),
        ("hf_abcdefghijklmnop", "***"),
        ("http://host:8000/v1", "http://host:8000/v1"),
        ("a@b.example and c", "a@b.example and c"),
        ("max_tokens=3, the key is x", "max_tokens=3, the key is x"),
        ("sk-short", "sk-short"),
        ('"max_tokens": "3"', '"max_tokens": "3"'),
        ("2 / 3 @ 4", "2 / 3 @ 4"),
    ],
)
def test_a_text_hides_the_secrets_that_its_form_shows(text, shown):
    assert hidden_in(text) == shown
    assert hidden_in(shown) == shown


def test_settings_hide_the_secrets_inside_of_them():
    body = {"extra_body": {"headers": {"X-Api-Key": "a", "n": 1}, "tools": [{"token": "b"}]}, "n": [1, 2]}
    assert hidden(body) == {
        "extra_body": {"headers": {"X-Api-Key": "***", "n": 1}, "tools": [{"token": "***"}]},
        "n": [1, 2],
    }


def test_a_value_that_is_a_secret_is_hidden_wherever_it_stands():
    mask = Mask({"api_key": "very-secret", "base_url": ["http://me:hunter22@h"], "extra": {"password": "x"}})
    assert mask("the key very-secret of hunter22 is x") == "the key *** of *** is x"
    assert Mask({})("nothing") == "nothing"


SECRETS = {
    "key": "planted-key-1234567",
    "password": "planted-pass-1234567",
    "header": "planted-header-1234567",
    "field": "planted-field-1234567",
}
ROWS = [{"question": f"{n} + 1?", "answer": str(n + 1)} for n in range(3)]
TOML = """
title = "Toy sums"
paper = "none"
licence = "none"
rows = 3
form = "open"
file = "toy.jsonl"

[columns]
question = "question"
gold = "answer"
"""


def test_no_secret_is_written_or_said_wherever_it_was_given(tmp_path, capfd, monkeypatch):
    """A server that repeats every secret in its errors, asked with secrets in every place that has room for one."""
    pytest.importorskip("openai")
    monkeypatch.setenv("OPENAI_API_KEY", SECRETS["key"])
    (tmp_path / "toy.toml").write_text(TOML)
    (tmp_path / "toy.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    echo = (400, refusal("you sent " + ", ".join(SECRETS.values())))
    with serving(chat("The answer is 1."), (503, refusal(SECRETS["key"])), echo) as server:
        url = server.url.replace("://", f"://user:{SECRETS['password']}@")
        body = {"metadata": {"Authorization": f"Bearer {SECRETS['header']}"}, "client_secret": SECRETS["field"]}
        words = ["--engine", "openai", "--model", "m", "--benchmarks", str(tmp_path / "toy.toml"), "--decoding", "cot"]
        words += ["--engine-arg", f"base_url={url}", "--engine-arg", f"extra_body={json.dumps(body)}", "--concurrency"]
        words += ["1", "--engine-arg", "retry_delay=0.001", "--results-dir", str(tmp_path / "results"), "--verbose"]
        command = [sys.executable, "-m", "mammoth_eval", "run", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ, timeout=120)
        assert done.returncode == 3, done.stderr  # problems errored
        assert "Authorization: Basic" in str(
            server.headers
        )  # user and password of the address take the place of the key
        assert any(SECRETS["field"] in json.dumps(sent) for _, sent in server.requests)
    (run,) = (tmp_path / "results").glob("*/*")
    for form in ("jsonl", "csv", "lm-eval", "every-eval-ever"):
        assert main(["export", str(run), "--format", form, "--output", str(tmp_path / "out" / form)]) == 0
    assert main(["view", str(run), "--output", str(tmp_path / "out" / "page.html")]) == 0
    assert main(["report", str(run), "--json", "--save", str(tmp_path / "out" / "kept")]) == 0
    said = done.stdout + done.stderr + "".join(capfd.readouterr())
    assert "you sent" in (run / "records.jsonl").read_text()
    written = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for name, secret in SECRETS.items():
        assert secret not in said, name
        assert [str(path) for path, content in written.items() if secret.encode() in content] == [], name
