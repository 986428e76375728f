"""The rule of the paper's released code (TIGER-AI-Lab/MAmmoTH, ``math_eval/``), its defects included, in one room.

`extraction` reads programs and answers, `correctness` compares an answer with the gold (both clean with `normalize`),
`rules` puts the two together for a decoding and a grader, `decoding` adds the matching of options, `presets` are its
commands' settings. Everything reaches it by name, through the registries: graders, rules, decodings and presets.
"""
