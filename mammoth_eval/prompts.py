"""Prompts: one file a style at ``prompts/<style>.jinja``, few-shot exemplars as data in
``prompts/exemplars/<family>.toml``.

A file is TOML between two lines ``+++``, then one Jinja template that sees `problem` (`types.Problem`), `method`
(``pot`` or ``cot``) and `exemplars`. What it renders is the prompt to the byte; only the newline at the end of the file
is not part of it, and line ends of Windows are read as newlines. A name that the template does not know is an error,
never an empty text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePath

import jinja2
import jinja2.meta
from jinja2.sandbox import SandboxedEnvironment
from msgspec import Struct

from mammoth_eval import config, resources
from mammoth_eval.config import Document
from mammoth_eval.errors import PromptError, UnknownName
from mammoth_eval.types import Message, Method, Problem, Query

_ENVIRONMENT = SandboxedEnvironment(undefined=jinja2.StrictUndefined)
_NAMES = ("problem", "method", "exemplars")


class Head(Struct, frozen=True, forbid_unknown_fields=True):
    """What stands before a template; `Prompt` says what the keys mean."""

    description: str
    source: str = ""
    chat: bool = False
    system: str = ""
    stop: tuple[str, ...] = ()
    program_stop: tuple[str, ...] = ()
    exemplars: int = 0


class Exemplar(Struct, frozen=True, forbid_unknown_fields=True):
    """One solved problem of a few-shot prompt, written for this project."""

    question: str
    """As a problem would ask it, options included."""
    pot: str
    """A program that prints `answer`."""
    cot: str
    """The same solution in words; the prompt adds the answer."""
    answer: str
    """What the program prints; a letter where there are choices."""
    choices: tuple[str, ...] = ()
    """Option texts, where the question has some."""


class Family(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of exemplars."""

    exemplar: tuple[Exemplar, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt style: how a problem is put to a model, as a program and in words."""

    name: str
    description: str
    """What it asks for, in a sentence."""
    template: str
    """The Jinja template."""
    hash: str
    """sha256 over the bytes of the file and, where the style shows exemplars, of every family of them."""
    source: str = ""
    """The file's text, to be kept with a run."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The files of exemplars beside it, name to text, to be kept with a run; empty where none are shown."""
    origin: str = ""
    """Where the words come from, for a prompt that is not ours: ``source`` of the file."""
    chat: bool = False
    """The engine wraps the text in the model's own chat template."""
    system: str = ""
    """System message of a chat prompt; empty for none."""
    stop: tuple[str, ...] = ()
    """Texts that end a completion."""
    program_stop: tuple[str, ...] = ()
    """Further ones where a program is asked for: ``["```output"]`` where models go on with an output of their own."""
    exemplars: int = 0
    """How many exemplars are shown; 0 for none."""
    families: Mapping[str, tuple[Exemplar, ...]] = field(default_factory=dict)
    """The exemplars by family; empty where none are shown."""

    def query(self, problem: Problem, method: Method, *, family: str = "", sample: int = 0) -> Query:
        """The request for `problem`. Raises `PromptError` where the template names what a problem does not have."""
        text = self._render(problem, method, self._shown(family))
        system = (Message("system", self.system),) if self.system else ()
        return Query(
            problem_id=problem.id,
            method=method,
            prompt_id=f"{self.name}/{method}",
            text="" if self.chat else text,
            messages=(*system, Message("user", text)) if self.chat else (),
            sample=sample,
        )

    def stops(self, method: Method) -> tuple[str, ...]:
        """Texts that end a completion asked for by `method`."""
        return (*self.stop, *self.program_stop) if method == "pot" else self.stop

    def _shown(self, family: str) -> tuple[Exemplar, ...]:
        if not self.exemplars:
            return ()
        if family not in self.families:
            raise UnknownName("exemplar family", family, self.families)
        return self.families[family][: self.exemplars]

    def _render(self, problem: Problem, method: Method, exemplars: tuple[Exemplar, ...]) -> str:
        try:
            return _compiled(self.template).render(problem=problem, method=method, exemplars=exemplars)
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError) as error:
            raise PromptError(f"prompt {self.name}, problem {problem.id}: {error}") from error


def names() -> list[str]:
    """The prompt styles that ship with the project."""
    return sorted(path.stem for path in resources.folder("prompts").glob("*.jinja"))


def get(name_or_path: str) -> Prompt:
    """The style of that name, or of that ``.jinja`` file.

    Raises `UnknownName` with the nearest name, `PromptError` where the file or its template is broken.
    """
    if name_or_path.endswith(".jinja"):
        return read(Path(name_or_path))
    known = names()
    if name_or_path not in known:
        raise UnknownName("prompt", name_or_path, known)
    return read(resources.folder("prompts") / f"{name_or_path}.jinja")


def read(path: Path) -> Prompt:
    """The style of one file; exemplars come from the folder ``exemplars`` beside it, else from the project's own."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PromptError(f"{path}: not a readable prompt file: {error}") from error
    return parse(path.stem, f"{path.parent.name}/{path.name}", content, lambda: _families_of(path))


def parse(name: str, label: str, content: bytes, find_families: Callable[[], Mapping[str, bytes]]) -> Prompt:
    """The style `name` out of the bytes of its file, which messages call `label`; no file is looked for.

    `find_families` gives the files of exemplars, file name to bytes; it is asked only where the style shows some.
    """
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise PromptError(f"{label}: not a readable prompt file: {error}") from error
    head, template = _split(label, text)
    _check_template(label, template)
    files = dict(sorted(find_families().items())) if head.exemplars else {}
    digest = hashlib.sha256(content)
    for file, table in files.items():
        digest.update(PurePath(file).stem.encode() + b"\0" + table)
    families = {PurePath(file).stem: parse_exemplars(f"exemplars/{file}", table) for file, table in files.items()}
    return Prompt(
        name=name,
        description=head.description,
        template=template,
        hash=digest.hexdigest(),
        source=text,
        files={f"exemplars/{file}": table.decode().replace("\r\n", "\n") for file, table in files.items()},
        origin=head.source,
        chat=head.chat,
        system=head.system,
        stop=head.stop,
        program_stop=head.program_stop,
        exemplars=head.exemplars,
        families=families,
    )


def parse_exemplars(label: str, content: bytes) -> tuple[Exemplar, ...]:
    """The exemplars of one family, out of the bytes of its file.

    Raises `PromptError` naming the file and the exemplar.
    """
    try:
        document = Document(label, content.decode("utf-8-sig"), PromptError)
    except UnicodeDecodeError as error:
        raise PromptError(f"{label}: not a readable TOML file: {error}") from error
    found = config.build(Family, document.table(), document)
    if not found.exemplar:
        raise PromptError(f"{label}: no [[exemplar]]")
    return found.exemplar


def own_families() -> dict[str, bytes]:
    """The project's own files of exemplars, name to bytes."""
    return _families_in(resources.folder("prompts") / "exemplars")


def _families_of(path: Path) -> dict[str, bytes]:
    """Those that belong to the style at `path`."""
    beside = path.parent / "exemplars"
    return _families_in(beside) if beside.is_dir() else own_families()


def _families_in(folder: Path) -> dict[str, bytes]:
    try:
        return {file.name: file.read_bytes() for file in folder.glob("*.toml")}
    except OSError as error:
        raise PromptError(f"{error.filename}: not a readable file of exemplars: {error.strerror}") from error


def _split(label: str, text: str) -> tuple[Head, str]:
    """Front matter and template."""
    parts = text.split("+++\n", 2)
    if len(parts) != 3 or parts[0]:
        raise PromptError(f"{label}: must begin with TOML between two lines '+++'")
    document = Document(
        label, "\n" + parts[1], PromptError
    )  # the first line '+++' counts, so that lines are those of the file
    return config.build(Head, document.table("the part between the lines '+++' is no TOML"), document), parts[2]


def _check_template(label: str, template: str) -> None:
    """Its syntax, and that it uses no name but those that it is given: said before a run begins."""
    try:
        unknown = jinja2.meta.find_undeclared_variables(_ENVIRONMENT.parse(template)) - set(_NAMES)
    except jinja2.TemplateSyntaxError as error:
        raise PromptError(f"{label}: line {error.lineno} of the template: {error.message}") from error
    if unknown:
        raise PromptError(f"{label}: the template uses {', '.join(sorted(unknown))}; it is given {', '.join(_NAMES)}")


@lru_cache(maxsize=64)
def _compiled(template: str) -> jinja2.Template:
    return _ENVIRONMENT.from_string(template)
