"""Training: hybrid rationales as data, mixtures of them, supervised fine-tuning, and the suites that compare mixtures.

The loop of MAmmoTH (arXiv 2309.05653): rows in the form of MathInstruct (`rows`), read from public sets or written by a
teacher (`sources`, `teacher`), kept only where they are right and leak no test set (`curate`, `contamination`), drawn
into a mixture (`mixture`), tokenised with the prompt of the evaluation (`encode`) and trained with TRL, PEFT and
accelerate (`sft`). A `suite` trains several mixtures alike. Mixtures, recipes, suites and the configuration of
accelerate are files of the folder ``training/``.
"""
