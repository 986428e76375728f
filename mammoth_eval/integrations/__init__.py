"""Our grader and hybrid decoding inside other harnesses: Inspect (`inspect_ai`) and lm-evaluation-harness (`lm_eval`).

Nothing here is imported by the rest of the package, and each module needs the harness that it is named after.
"""
