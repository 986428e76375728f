"""Secrets are left out of what is written, and nothing else is."""

import pytest

from mammoth_eval.redaction import redacted, without_secrets


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
