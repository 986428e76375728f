r"""Thoughts apart from answers: how models mark what they think before they answer, and where a completion falls apart.

`FORMS` is the table. A form has a mark that opens a thought and one that closes it; a chat template may have opened the
thought itself, so that a completion holds only the closing mark. What stands outside every thought is the answer, and
where an answer is followed by further thoughts, the stretch behind the last of them. A thought that never ends leaves
no answer: a guess inside is not one.

The marks are those of the models' published chat templates and of the reasoning parsers of vLLM 0.32.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from mammoth_eval.errors import UnknownName
from mammoth_eval.types import Completion

AUTO = "auto"
"""The form is that of the model's template, or the one whose marks a completion has."""
OFF = "off"
"""Nothing is a thought."""


@dataclass(frozen=True, slots=True)
class Form:
    """How one family of models marks its thoughts."""

    name: str
    pattern: re.Pattern[str]
    """Its marks; those that open a thought are group 1. A closing mark reaches to where the answer begins."""
    closing: str
    """What is written to end a thought that is cut off."""
    marks: tuple[str, ...]
    """Texts that a chat template or a tokenizer of such a model holds."""
    traces: tuple[str, ...]
    """In lower case; a completion with a mark has one of them. Most texts have none, which is quickly seen."""
    only_at_start: bool = False
    """The mark is made of words: it opens a thought only where a completion begins, and closes none but such a one."""


def _tag(name: str, opening: str, closing: str, *, ignore_case: bool = True) -> Form:
    """A form of two literal marks."""
    pattern = re.compile(f"({re.escape(opening)})|{re.escape(closing)}", re.IGNORECASE if ignore_case else 0)
    return Form(name, pattern, closing, (opening, closing), (opening.lower(), closing.lower()))


_THINK = Form(
    "think",
    re.compile(r"(<think(?:[:_][\w-]{1,20})?>)|</think(?:[:_][\w-]{1,20})?>", re.IGNORECASE),
    closing="\n</think>\n\n",
    marks=("<think>", "</think>"),
    traces=("<think", "</think"),
)
"""DeepSeek, Qwen, GLM, OLMo, Nemotron, Phi, MiniMax M2 and many more."""
_CHANNEL = r"(?:<\|start\|>(?:assistant)?)?<\|channel\|>"
_HARMONY = Form(
    "harmony",
    re.compile(
        rf"({_CHANNEL}(?:analysis|commentary)[^<\n]{{0,80}}<\|message\|>|\A\s*analysis(?=[^\s:.,;!?)-]))"
        rf"|(?:<\|end\|>)?{_CHANNEL}final[^<\n]{{0,80}}<\|message\|>|(?<=\S)\s*assistantfinal(?=\S)|<\|end\|>\s*\Z"
    ),
    closing="<|end|><|start|>assistant<|channel|>final<|message|>",
    marks=("<|channel|>",),
    traces=("<|channel|>", "analysis", "assistantfinal"),
)
"""gpt-oss; with its special tokens left out, as most engines do, the names of the channels remain."""
_GEMMA = Form(
    "gemma",
    re.compile(r"(<\|channel>(?:thought|analysis)?)|<channel\|>"),
    closing="<channel|>",
    marks=("<|channel>", "<channel|>"),
    traces=("<|channel>", "<channel|>"),
)
_GRANITE = Form(
    "granite",
    re.compile(r"(\A\s*Here(?: is|'s) my thought process:)|Here(?: is|'s) my response:"),
    closing="\nHere is my response:",
    marks=("Here is my thought process:",),
    traces=("my thought process:",),
    only_at_start=True,
)

FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        _THINK,
        _tag("thinking", "<thinking>", "</thinking>"),
        _tag("thought", "<thought>", "</thought>"),
        _tag("seed", "<seed:think>", "</seed:think>"),
        _tag("mistral", "[THINK]", "[/THINK]", ignore_case=False),
        _HARMONY,
        _tag("reasoning", "<reasoning>", "</reasoning>"),
        _tag("kimi", "◁think▷", "◁/think▷"),
        _tag("kimi-k3", "<|open|>think<|sep|>", "<|close|>think<|sep|>"),
        _tag("sky", "<|begin_of_thought|>", "<|end_of_thought|>"),
        _GEMMA,
        _tag("cohere", "<|START_THINKING|>", "<|END_THINKING|>"),
        _tag("minimax", "<mm:think>", "</mm:think>"),
        _tag("scratchpad", "<scratchpad>", "</scratchpad>"),
        _GRANITE,
    )
}
NAMES = (AUTO, OFF, *FORMS)

_QUOTES = "\"'`"
_FENCE = "```"
_ENDS = ".!?:;,*)]}>|$\"'0123456789\n"
"""What an answer ends with: a thought begins behind it, where a mark within a sentence is only spoken of."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A completion in two."""

    thought: str
    """All that is not the answer, marks included; empty where there is no thought."""
    answer: str
    """What follows the last thought, or, where nothing does, stands before it; empty where no thought ended."""
    unfinished: bool = False
    """The thought did not end."""


def get(name: str) -> Form | None:
    """The form called `name`; None for ``auto`` and ``off``. Raises `UnknownName`."""
    if name not in NAMES:
        raise UnknownName("form of thoughts", name, NAMES)
    return FORMS.get(name)


def of_template(template: str, vocabulary: Sequence[str] = ()) -> Form | None:
    """The form whose marks a chat template holds, or else a tokenizer's added tokens; None where there are none."""
    for text in (template, "\n".join(vocabulary)):
        held = [form for form in FORMS.values() if any(mark in text for mark in form.marks)]
        if held:
            return min(held, key=lambda form: min(text.find(mark) for mark in form.marks if mark in text))
    return None


def opened_by(prompt: str, form: Form, start: str = "") -> bool:
    """Whether a completion begins inside a thought: the end of the prompt opens one, or the `start` of the turn."""
    marks = list(_marks(start, form, inside=False))
    if marks:
        return marks[-1][1] is not None
    end = prompt[-2_000:]
    marks = list(_marks(end, form, inside=False))
    return bool(marks) and marks[-1][1] is not None and not end[marks[-1].end() :].strip()


def form_of(text: str, *, opened: bool = False) -> Form | None:
    """The form whose marks a completion has: the one that opens it, else the one whose mark comes first."""
    lowered = text.lower()
    held = [form for form in FORMS.values() if any(trace in lowered for trace in form.traces)]
    first: tuple[int, Form] | None = None
    for form in held:
        mark = next(_marks(text, form, inside=opened), None)
        if mark is None or (mark[1] is not None and _is_word(text, mark.start()) and not _closes(text, form)):
            continue
        if first is None or mark.start() < first[0]:
            first = (mark.start(), form)
    return first[1] if first else FORMS["think"] if opened else None


def split(text: str, form: str = AUTO, *, opened: bool = False, cut: bool = False) -> Parts:
    """The thought and the answer of a completion.

    `form`: a name of `NAMES`. `opened`: the prompt has opened the thought. `cut`: the completion was ended by a limit,
    so that a thought which follows an answer and does not end takes its place. Raises `UnknownName`.
    """
    if form == OFF:
        return Parts("", text)
    chosen = get(form) or form_of(text, opened=opened)
    return Parts("", text) if chosen is None else _split(text, chosen, opened, cut)


def separate(
    completion: Completion,
    form: str = AUTO,
    *,
    opened: bool = False,
    count: Callable[[str], int] | None = None,
) -> Completion:
    """`completion` with its thought apart from its answer.

    One whose thought is apart already comes back as it is. `count` gives the tokens of a text; without it the tokens of
    the thought are not known.
    """
    if completion.thought is not None:
        return completion
    parts = split(completion.text, form, opened=opened, cut=completion.finish_reason != "stop")
    tokens = 0 if not parts.thought else None if count is None else count(parts.thought)
    if tokens is not None:
        tokens = min(tokens, completion.completion_tokens)
    return replace(
        completion, text=parts.answer, thought=parts.thought, thought_tokens=tokens, unfinished=parts.unfinished
    )


def bare(thought: str) -> str:
    """The words of a thought without its marks, to be shown."""
    form = form_of(thought, opened=True)
    return (form.pattern.sub("", thought) if form else thought).strip()


def _marks(text: str, form: Form, *, inside: bool) -> Iterator[re.Match[str]]:
    """The marks of one form in order, those that open as group 1; not those that are only spoken of.

    Such are marks in quotation marks and, outside of thoughts, in blocks of code.
    """
    started = inside or not form.only_at_start
    fences, counted, all_fences = 0, 0, text.count(_FENCE)
    for mark in form.pattern.finditer(text):
        start, opens = mark.start(), mark[1] is not None
        fences, counted = fences + text.count(_FENCE, counted, start), start
        started = started or opens
        in_block = not inside and fences % 2 and (all_fences - fences) % 2
        if started and not in_block and not _quoted(text, start, mark.end()):
            inside = opens
            yield mark


def _quoted(text: str, start: int, end: int) -> bool:
    """Whether a stretch stands between two quotation marks, or backticks that are no fence."""
    before, behind = text[max(0, start - 1) : start], text[end : end + 1]
    return bool(before) and before in _QUOTES and before == behind and not text.endswith(_FENCE, 0, start)


def _closes(text: str, form: Form) -> bool:
    return any(mark[1] is None for mark in _marks(text, form, inside=False))


def _is_word(text: str, at: int) -> bool:
    """Whether a mark stands between the words of a sentence: ``I will use <think> tags``."""
    before = text[max(0, at - 80) : at]
    return bool(before.strip(" ")) and (before[-1] == "$" or before.rstrip(" ")[-1] not in _ENDS)


def _split(text: str, form: Form, opened: bool, cut: bool) -> Parts:
    """Walk over the marks: what lies outside every thought, and which of it is the answer."""
    answers: list[tuple[int, int]] = []  # stretches outside every thought that hold something, first to last character
    openings, closings = int(opened), 0
    inside, since = opened, 0
    for mark in _marks(text, form, inside=opened):
        stretch = not inside and text[since : mark.start()].strip()
        if mark[1] is not None:
            openings += 1
            if stretch:
                answers.append((since, mark.start()))
            inside = True
            continue
        closings += 1
        if stretch and closings > max(openings, 1):  # closes nothing: models repeat the mark behind their answer
            answers.append((since, mark.start()))
        inside, since = False, mark.end()
    if not inside and text[since:].strip():
        answers.append((since, len(text)))
    if inside and (cut or not answers):
        return Parts(text, "", unfinished=True)
    if not answers:
        return Parts(text, "")
    start, end = answers[-1]
    return Parts(text[:start] + text[end:], text[start:end])
