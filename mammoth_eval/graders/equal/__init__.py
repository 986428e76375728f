"""Whether two expressions are equal: exact values, floating point, a finite field, many digits, sympy."""
