"""Text of an answer -> tree: lexer, a Pratt parser for LaTeX, plain text and printed Python, and the nodes of the tree."""
