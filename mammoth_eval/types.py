"""The data that flows through the harness, one frozen value for each thing that exists.

row -> Problem -> Query -> Completion -> program -> Execution -> Attempt -> Record -> Score -> Summary.

Every stage takes a value and returns a new one; nothing points back. Only the standard library is imported here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Form = Literal["open", "choice"]
Method = Literal["pot", "cot", "match"]
Role = Literal["system", "user", "assistant", "tool"]
Status = Literal["ok", "error", "timeout", "memory", "output_limit", "killed", "fault"]
ProgramResult = Literal["value", "stdout"]
Outcome = Literal["correct", "wrong", "no_answer", "truncated", "fault"]

OUTCOMES: tuple[Outcome, ...] = ("correct", "wrong", "no_answer", "truncated", "fault")
LETTERS = "ABCDEFGHIJ"


@dataclass(frozen=True, slots=True)
class Policy:
    """When two answers count as equal: the named choices of a benchmark's ``[grading]`` table.

    The defaults are those of the grader ``exact``; its module says what each does.
    """

    decimals: Literal["relative", "rounded", "exact"] = "relative"
    """``rounded``: golds are rounded numbers, a value that rounds to the gold at the gold's own places is equal."""
    tolerance: float = 1e-6
    """Relative tolerance for a comparison in which one side is a decimal."""
    percent: Literal["drop", "strict"] = "drop"
    """``drop``: ``50%`` answers gold ``50`` (and always ``0.5``); ``0.5`` never answers ``50``."""
    units: Literal["drop", "strict"] = "drop"
    """``drop``: a unit that the gold does not have is ignored; units that conflict always differ."""
    order: Literal["set", "list"] = "set"
    """``set``: unbracketed comma lists are compared without order."""
    text: Literal["fold", "exact"] = "fold"
    """``fold``: words are compared without case and punctuation."""
    parts: Literal["all", "first"] = "all"
    """``first``: where the gold is one value of the several that a question asks for, the first of an answer's
    counts (``15, 9`` answers gold ``15``); sets in braces have no first. ``all``: such an answer is wrong."""
    decimal_comma: bool = False
    """``3,5`` is 3.5, on both sides; else it is a list of two numbers, since either reading would accept wrong ones."""
    paper: Literal["number", "math", "numglue", "choice"] = "number"
    """Which cleaning and correctness rule of the paper's released code applies (grader ``mammoth``)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One row of a benchmark, as the model and the grader see it."""

    id: str
    """Unique and stable: ``<benchmark>/<row number from 0>``."""
    benchmark: str
    """Name of the benchmark."""
    question: str
    """The exact text that a prompt receives, options included where the protocol puts them there."""
    gold: str
    """The right answer; a letter where ``form`` is ``choice``."""
    form: Form = "open"
    """``open``: a value is asked for; ``choice``: the letter of an option."""
    choices: tuple[str, ...] = ()
    """Option texts in order, without their letters; empty for open problems."""
    meta: Mapping[str, str] = field(default_factory=dict)
    """What the row says besides (subject, level, type); strings only."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a completion is drawn; greedy by default."""

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    """0: off."""
    max_tokens: int = 1024
    """New tokens of one completion, at most."""
    stop: tuple[str, ...] = ()
    """Texts that end a completion; they are not part of it."""
    seed: int = 0
    """Of the run.

    Each request's own is derived from it (`decoding.seed_of`). Without meaning where temperature is 0.
    """
    thinking: str = "auto"
    """What is asked of the model's thinking, by its chat template's own switch: ``auto`` (nothing), ``on``, ``off``, or
    an effort, ``low``, ``medium``, ``high``.
    """
    thoughts: str = "auto"
    """How the model marks its thoughts: ``auto``, ``off``, or a form of `thoughts.FORMS`.

    Stop texts wait for the end of the thought.
    """
    thinking_budget: int = 0
    """Tokens of a thought, at most, which count in `max_tokens`; 0: no budget of its own."""
    min_p: float = 0.0
    """Least probability of a token that is drawn, as a share of the most probable one's; 0: off."""
    repetition_penalty: float = 1.0
    """The logits of tokens that prompt or completion have are divided by it, multiplied where below 0; 1: off."""
    presence_penalty: float = 0.0
    """Taken from the logits of tokens that the completion has; 0: off."""
    frequency_penalty: float = 0.0
    """The same for each time that it has them; 0: off."""


DRAWN = (
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "repetition_penalty",
    "presence_penalty",
    "frequency_penalty",
)
"""The fields of `Sampling` that decide how one token is drawn."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a dialogue."""

    role: Role
    """Who speaks."""
    content: str
    """What is said."""


@dataclass(frozen=True, slots=True)
class Query:
    """One request to an engine: a text that is completed as it is, or a dialogue in the model's own chat template."""

    problem_id: str
    method: Method
    prompt_id: str
    """``<prompt style>/<method>``; the style's text and hash stand in ``run.json``."""
    text: str = ""
    """The whole prompt; empty where there are messages."""
    messages: tuple[Message, ...] = ()
    """The dialogue so far; the engine renders it in the model's chat template and opens the assistant's turn."""
    start: str = ""
    """The start of the turn that is asked for; the completion goes on behind it and does not repeat it."""
    sample: int = 0
    """0 .. n-1 where several samples are drawn."""

    @property
    def chat(self) -> bool:
        """Whether it is a dialogue."""
        return bool(self.messages)

    @property
    def shown(self) -> str:
        """The request as a person reads it: the text, or the turns, each but the user's with its role."""
        turns = [
            turn.content if turn.role == "user" else f"[{turn.role}] {turn.content}"
            for turn in (*self.messages, *((Message("assistant", self.start),) if self.messages and self.start else ()))
        ]
        return "\n\n".join(turns) if turns else self.text + self.start


@dataclass(frozen=True, slots=True)
class Completion:
    """What an engine answered, its thought apart from its answer."""

    text: str
    """The completion without the prompt and, once they are apart, without its thought."""
    finish_reason: str
    """How it ended, in our words.

    ``stop``; ``length`` (``max_tokens`` or the end of the context); ``context`` (the prompt did not fit at all); of
    servers also ``filtered`` (the answer was withheld), ``tool`` (a tool was called), ``other`` (see `server_reason`).
    """
    prompt_tokens: int
    """By the model's own tokenizer."""
    completion_tokens: int
    """The same, of thought and answer."""
    seconds: float
    """Wall time from request to last token, queueing included."""
    thought: str | None = None
    """What the model thought before it answered, with its marks; None where it was not looked for (`thoughts`)."""
    thought_tokens: int | None = None
    """Of the completion's tokens, those of the thought; None where they are not known."""
    unfinished: bool = False
    """The thought did not end: there is no answer, whatever the reason why the completion ended."""
    budget_bound: bool = False
    """The thought was cut off at its budget, and the model went on with the answer."""
    server_reason: str = ""
    """How it ended in the server's own word; empty where no server said."""


@dataclass(frozen=True, slots=True)
class Execution:
    """What a program did in the sandbox."""

    status: Status
    """``fault`` is the sandbox's own failure; every other status is the program's doing."""
    stdout: str = ""
    """What it printed, up to the sandbox's limit."""
    stderr: str = ""
    """Its messages, the traceback among them, up to the limit."""
    seconds: float = 0.0
    """Wall time of the program."""
    error: str = ""
    """``ExceptionType: last line`` where status is ``error``; the reason where it is another failure."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One completion and what came of it."""

    method: Method
    """``pot``: a program was asked for; ``cot``: chain of thought; ``match``: an option to match an answer with."""
    prompt_id: str
    """``<prompt style>/<method>``."""
    completion: Completion
    """What the engine answered."""
    program: str | None = None
    """The program that was run; None where the completion held none, or was not asked for one."""
    execution: Execution | None = None
    """What the program did; None where none was run."""
    answer: str | None = None
    """The answer under the decoding's own rules: the fallback was decided on it. None: there was none."""
    sample: int = 0
    """0 .. n-1 where several samples are drawn."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer equals the gold, and who said so."""

    equal: bool
    """Whether the answer is right."""
    rung: str
    """The rung of the ladder that decided: ``string``, ``rational``, ``numeric``, ``structure``, ``symbolic``, ..."""
    reason: str = ""
    """Why, in a few words."""
    fault: bool = False
    """The grader could not decide (deadline, unreadable gold): never scored as wrong."""


@dataclass(frozen=True, slots=True)
class AttemptScore:
    """One grader's reading of one attempt."""

    method: Method
    """Of the attempt."""
    sample: int
    """Of the attempt."""
    answer: str | None
    """The answer under this grader's extraction; None: there is none."""
    outcome: Outcome
    """Of this attempt alone."""
    reason: str = ""
    """The verdict's rung and reason."""
    vote: int | None = None
    """Of several samples, the first by this method that gave an equal answer.

    None where there is no answer, or one sample.
    """


@dataclass(frozen=True, slots=True)
class Score:
    """One grader's reading of one record."""

    grader: str
    """Its name."""
    answer: str | None
    """The answer that counts: of the attempt that decided, or of the majority where several samples were drawn."""
    outcome: Outcome
    """Of the answer that counts."""
    path: Method | None
    """The method that gave the answer that counts; None where there is none."""
    attempts: tuple[AttemptScore, ...]
    """One reading of each attempt, in their order."""
    samples: tuple[Outcome, ...] = ()
    """The outcome of each sample, where several were drawn."""


@dataclass(frozen=True, slots=True)
class Record:
    """One problem, all that was generated for it, and how it was scored: one line of ``records.jsonl``."""

    problem: Problem
    """As it was asked."""
    attempts: tuple[Attempt, ...]
    """In the order in which they were asked for."""
    scores: Mapping[str, Score] = field(default_factory=dict)
    """By grader; the first is the run's own."""
    fault: str = ""
    """Why the record is errored: an engine or sandbox of ours failed, and went on failing when tried again."""
    seconds: float = 0.0
    """Wall time from the first request to the last answer."""
