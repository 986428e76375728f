"""Text of an answer -> tree: a lexer and a Pratt parser for LaTeX, plain text and printed Python."""
