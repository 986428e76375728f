"""The reader of TOML: what is refused, by which words, on which line."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from msgspec import Meta, Struct

from mammoth_eval import config
from mammoth_eval.config import Document
from mammoth_eval.errors import DataError


class Part(Struct, frozen=True):
    """A table within another."""

    name: str
    weight: Annotated[float, Meta(ge=0)] = 0.0


class Whole(Struct, frozen=True, rename={"where": "place"}):
    """Every kind of key there is."""

    title: str
    """Documented."""
    size: int | None = None
    where: Path | None = None
    kinds: tuple[Literal["cot", "pot"], ...] = ()
    words: str | tuple[str, ...] = ()
    part: Part = Part("none")
    parts: tuple[Part, ...] = ()


def read(text, **given):
    document = Document("a.toml", text, DataError)
    return config.build(Whole, document.table(), document, **given)


def test_every_key_becomes_its_type():
    text = (
        'title = "t"\nsize = 3\nplace = "p/q"\nkinds = ["pot"]\nwords = "w"\npart = {name = "a", weight = '
        '1}\n[[parts]]\nname = "b"'
    )
    assert read(text) == Whole("t", 3, Path("p/q"), ("pot",), "w", Part("a", 1.0), (Part("b"),))


WRONG = {
    "unknown": (
        'title = "t"\nsise = 1',
        "a.toml:2: unknown key 'sise'; did you mean 'size'? There are: title, size, place",
    ),
    "unknown within": (
        'title = "t"\n\n[part]\n# note\nname = "a"\nwight = 1',
        "a.toml:6: unknown key 'part.wight'; did you mean 'weight'",
    ),
    "dotted": ('title = "t"\npart.name = "a"\npart.wight = 1', "a.toml:3: unknown key 'part.wight'"),
    "inline": ('title = "t"\nsize = 1\npart = {name = "a", wight = 1}', "a.toml:3: unknown key 'part.wight'"),
    "in the second of a list": (
        'title = "t"\n[[parts]]\nname = "a"\n[[parts]]\nname = "b"\nweight = -1',
        "a.toml:6: parts[1].weight = -1, expected 0 or more",
    ),
    "behind a text of many lines": ('title = """\nsise = 1\n[part]\n"""\nsise = 2', "a.toml:5: unknown key 'sise'"),
    "a list of many lines": (
        'title = "t"\nkinds = [\n"pot",\n"poem",\n]',
        "a.toml:2: kinds = ['pot', 'poem'], expected a list of cot, pot",
    ),
    "a field of another name": ('title = "t"\nwhere = "p"', "a.toml:2: unknown key 'where'"),
    "missing": ("size = 1", "a.toml: key 'title' is missing"),
    "missing within": ('title = "t"\n[part]\nweight = 1', "a.toml:2: part: key 'name' is missing"),
    "no table": ('title = "t"\npart = 3', "a.toml:2: part = 3, expected a table"),
    "bool for int": ('title = "t"\nsize = true', "a.toml:2: size = True, expected a value of type int"),
    "nan": ('title = "t"\npart = {name = "a", weight = nan}', "part.weight = nan, expected 0 or more"),
    "no path": ('title = "t"\nplace = 3', "a.toml:2: place = 3, expected a path"),
    "two types": ('title = "t"\nwords = 3', "words = 3, expected a value of type str or a list of texts"),
    "no TOML": ("title = ", "a.toml: not a readable TOML file: Invalid value (at end of document)"),
    "deep": ("title = " + "[" * 5000, "a.toml: not a readable TOML file"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named_with_its_line(text, message):
    with pytest.raises(DataError) as error:
        read(text)
    assert message in str(error.value)


def test_what_no_file_says_is_no_key():
    assert read("", title="mine").title == "mine"
    with pytest.raises(DataError, match="unknown key 'title'"):
        read('title = "t"', title="mine")


def test_a_line_is_found_whatever_the_ends_of_lines():
    assert config.line_of('a = 1\r\n\r\n[b]\r\nc = """\r\nx\r\n"""\r\nd = 1\r\n', ("b", "d")) == 7


def test_a_place_that_is_not_there_has_no_line():
    assert config.line_of("a = 1\n", ("b",)) == 0
