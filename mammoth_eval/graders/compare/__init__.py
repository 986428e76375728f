"""Whether two trees are one answer, shape by shape: equations, sets of numbers, matrices, quantities, families."""
