"""Completion or stdout -> answer string; nothing here decides whether an answer is right.

`program` finds the program in a completion, `from_text` the answer in a chain of thought, `from_stdout` the answer in
what a program printed. `mammoth` holds the same three as the paper's released code does them.
"""

from mammoth_eval.extraction.code_blocks import program
from mammoth_eval.extraction.final_answer import from_stdout, from_text

VERSION = "8"
"""Raised with every change that can move a number."""

__all__ = ["VERSION", "from_stdout", "from_text", "program"]
