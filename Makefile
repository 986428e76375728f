# Everything is done from here; each command sets up what it needs, once, in .venv (tools/bootstrap.py).
PYTHON ?= python3
MODEL ?=
BENCHMARKS ?=
DECODING ?=
LIMIT ?=
ENGINE ?=
DATA_DIR ?=
RESULTS_DIR ?=
FACTOR ?=
ARGS ?=
BASE ?=
MIXTURE ?=
RECIPE ?=
OUT ?=
SUITE ?=

BIN := .venv/bin
SETUP := $(PYTHON) tools/bootstrap.py
# With no model named, `mammoth-eval run` takes generated problems.
SETS := $(if $(MODEL)$(BENCHMARKS),$(BENCHMARKS),generated)
OPTIONS = $(if $(MODEL),--model '$(MODEL)') $(if $(BENCHMARKS),--benchmarks '$(BENCHMARKS)') \
	$(if $(DECODING),--decoding '$(DECODING)') $(if $(LIMIT),--limit '$(LIMIT)') $(if $(ENGINE),--engine '$(ENGINE)') \
	$(if $(DATA_DIR),--data-dir '$(DATA_DIR)') $(if $(RESULTS_DIR),--results-dir '$(RESULTS_DIR)') $(ARGS)

.DEFAULT_GOAL := help
.PHONY: help setup eval train ablation-run test test-fast check report leaderboard ablation view readme docs doctor perf replays lock \
	locks-check clean

help: ## this list
	@echo 'make eval [MODEL=hub-id-or-folder] [BENCHMARKS=gsm8k,math] [DECODING=] [LIMIT=] [ENGINE=] [DATA_DIR=] [RESULTS_DIR=] [ARGS=]'
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 16

eval: ## evaluate: the embedded default model on generated problems, or MODEL on the paper's nine sets or BENCHMARKS
	@$(SETUP) $(if $(ENGINE),--engine '$(ENGINE)') $(if $(SETS),--benchmarks '$(SETS)')
	@$(BIN)/mammoth-eval run $(OPTIONS)

setup: ## install alone: ENGINE= for another than vllm, ARGS='--train --deepspeed --benchmarks generated'
	@$(SETUP) $(if $(ENGINE),--engine '$(ENGINE)') $(ARGS)

test: ## all tests, with the real engine and the real model, in two processes; ARGS= goes to pytest, in one
	@$(SETUP) --benchmarks generated --dev --train --docs
	@$(BIN)/python $(if $(ARGS),-m pytest $(ARGS),tools/run_tests.py)

test-fast: ## the tests that take no engine and no long wait, within 90 s on two cores; ARGS= goes to pytest, in one
	@$(SETUP) --benchmarks generated --dev --train --docs
	@$(BIN)/python $(if $(ARGS),-m pytest -m 'not engine and not slow' $(ARGS),tools/run_tests.py --fast)

check: ## lint, format, strict types, the layer rule
	@$(SETUP) --engine none --dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_structure.py

train: ## fine-tune BASE (default: the embedded model) on MIXTURE; RECIPE, OUT, DATA_DIR, and ARGS for mammoth-eval train
	@$(SETUP) $(if $(ENGINE),--engine '$(ENGINE)') --train
	@$(BIN)/mammoth-eval train --mixture '$(or $(MIXTURE),g_s_m)' $(if $(BASE),--base '$(BASE)') $(if $(RECIPE),--recipe '$(RECIPE)') \
		$(if $(OUT),--out '$(OUT)') $(if $(DATA_DIR),--data-dir '$(DATA_DIR)') $(ARGS)

ablation-run: ## train and evaluate every mixture of SUITE (format-gpu, subsets-gpu, format-cpu, subsets-cpu, a file), compare them
	@$(SETUP) $(if $(ENGINE),--engine '$(ENGINE)') --train
	@$(BIN)/mammoth-eval suite '$(or $(SUITE),format-cpu)' $(if $(ENGINE),--engine '$(ENGINE)') \
		$(if $(DATA_DIR),--data-dir '$(DATA_DIR)') $(ARGS)

report: ## the tables of all runs in RESULTS_DIR (default: results); ARGS= goes to mammoth-eval report
	@$(SETUP) --engine none
	@$(BIN)/mammoth-eval report $(if $(RESULTS_DIR),--results-dir '$(RESULTS_DIR)') $(ARGS)

leaderboard: ## every run, kept summary and published row in one table; writes results/leaderboard.md from what is committed
	@$(SETUP) --engine none
	@$(BIN)/mammoth-eval leaderboard --kept --format markdown --output results/leaderboard.md
	@$(BIN)/mammoth-eval leaderboard $(if $(RESULTS_DIR),--results-dir '$(RESULTS_DIR)') $(ARGS)

ablation: ## what each factor changes (training subset, rationales, decoding, prompt, seed); FACTOR= names one
	@$(SETUP) --engine none
	@$(BIN)/mammoth-eval ablation $(if $(FACTOR),--factor '$(FACTOR)') $(if $(RESULTS_DIR),--results-dir '$(RESULTS_DIR)') $(ARGS)

view: ## write report.html: every run of RESULTS_DIR as one page; ARGS= goes to mammoth-eval view
	@$(SETUP) --engine none
	@$(BIN)/mammoth-eval view $(if $(RESULTS_DIR),--results-dir '$(RESULTS_DIR)') $(ARGS)

docs: ## the documentation as a site in site/: the reference written from the code, every link checked
	@$(SETUP) --engine none --docs
	@$(BIN)/python tools/docs.py
	@$(BIN)/python -m mkdocs build --strict --quiet
	@echo 'docs: site/index.html'

readme: ## render the tables of results/README.md from the summaries that are kept
	@$(SETUP) --engine none
	@$(BIN)/python tools/readme.py

doctor: ## what this machine can do, and what to do about what it cannot
	@$(SETUP) --engine none
	@$(BIN)/mammoth-eval doctor $(if $(DATA_DIR),--data-dir '$(DATA_DIR)') $(ARGS)

perf: ## what the harness costs beside the bare engine, what streaming gains; ratios within one run
	@$(SETUP) --benchmarks generated
	@$(BIN)/python tests/perf/throughput.py $(ARGS)

replays: ## grade the recorded generations of DATA_DIR anew, beside their authors' figures: writes docs/replays.md
	@$(SETUP) --engine none
	@$(BIN)/python tools/replays.py $(if $(DATA_DIR),--data-dir '$(DATA_DIR)') $(if $(RESULTS_DIR),--results-dir '$(RESULTS_DIR)') $(ARGS)

lock: ## write requirements/*.txt from pyproject.toml; ARGS=--upgrade takes the newest of everything
	@$(SETUP) --engine none --dev
	@$(BIN)/python tools/lock.py $(ARGS)

locks-check: ## install every combination of locks in fresh environments for each Python that is here (long, up to 14 GiB at a time)
	@$(PYTHON) tools/locks_check.py $(ARGS)

clean: ## remove the environment, logs and caches of this checkout; results stay
	rm -rf .venv .setup build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
