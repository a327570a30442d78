# HuleEdu. `make up` runs it, `make help` lists the rest.
.DEFAULT_GOAL := help
.PHONY: help install up test check e2e screenshots lint bench-matching faults eval mutate types schema requirements messages
export PIP_DISABLE_PIP_VERSION_CHECK = 1
PY := .venv/bin/python
ENV := SECRET_KEY=only-to-look-at-the-code DB_POOL_MAX=0 DATABASE_URL=postgres://nobody@127.0.0.1:1/none
UP := $(if $(PORT),--port $(PORT)) $(if $(DATA),--data "$(DATA)")
ARGS ?=
CORPUS ?= ../shared/corpus

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

up: .venv/.runtime ## run everything on this machine; PORT=8000, DATA=.data; Ctrl-C stops, data is kept
	@exec $(PY) -W ignore manage.py up $(UP) $(ARGS)

install: .venv/.dev ## .venv/ with runtime and development packages

.venv/.runtime: requirements.txt
	@sh ops/install.sh requirements.txt
	@touch .venv/.runtime

.venv/.dev: requirements.txt requirements-dev.txt
	@sh ops/install.sh requirements.txt requirements-dev.txt
	@touch .venv/.runtime .venv/.dev

test: .venv/.dev ## the whole suite but the browser tests, on its own PostgreSQL and Valkey; ARGS="-n 2 classes"
	@echo "Running the tests on PostgreSQL and Valkey of their own …"
	@$(PY) -m pytest -m "not e2e" $(ARGS)

e2e: .venv/.dev ## browser tests in headless Chromium over a running stack of their own
	@$(PY) -m pytest -m e2e e2e $(ARGS)

screenshots: .venv/.dev ## the screens as pictures in docs/screenshots/, from a stack of its own
	@rm -rf docs/screenshots && SCREENSHOTS=docs/screenshots $(PY) -m pytest -m e2e e2e/test_screens.py -q -k pictures

check: .venv/.dev ## every gate: style, types, layers, migrations, deployment, schemas, translations, compose
	@bash ops/check.sh

lint: .venv/.dev ## mend and format what ruff can, then the layers
	@$(PY) -m ruff check --fix . && $(PY) -m ruff format . && .venv/bin/lint-imports --no-logo

bench-reading: .venv/.dev ## files read per second beside the bare libraries, and the memory of a long one; ARGS=FOLDER
	@$(ENV) $(PY) -W ignore benchmarks/reading.py $(ARGS)

bench-roster: .venv/.dev ## seconds and statements of a class list of 2,000 rows
	@$(PY) -m pytest benchmarks/roster.py -q -s -p no:warnings

fuzz: .venv/.dev ## look for files that no reader has thought of, for a quarter of an hour; FUZZ_EXAMPLES=5000
	@FUZZ_EXAMPLES=$(or $(FUZZ_EXAMPLES),5000) $(PY) -m pytest files/tests/test_fuzz.py -q $(ARGS)

faults: .venv/.dev ## every race 500 times over, and 500 random sequences of a teacher's steps; FAULT_ROUNDS=500
	@FAULT_ROUNDS=$(or $(FAULT_ROUNDS),500) $(PY) -m pytest batches/tests/test_races.py batches/tests/test_sums.py -q $(ARGS)

bench-matching: .venv/.dev ## seconds per batch of 10 to 300 files, beside a loop of fuzzy scores
	@$(PY) benchmarks/matching.py

bench-orchestrator: .venv/.dev ## milliseconds of the files page while a remote orchestrator is there, slow, failing or dead
	@LOG_LEVEL=ERROR $(PY) -m pytest benchmarks/orchestrator.py -q -s -p no:warnings

mutate: .venv/.dev ## how many changes to the decisions of matching its tests notice; JOBS=2 ARGS="batches.matching.fit*"
	@PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 .venv/bin/mutmut run --max-children $(or $(JOBS),1) $(foreach one,$(ARGS),'$(one)') && $(PY) ops/mutation_score.py

eval: .venv/.dev ## the scorer's table for a labelled corpus; CORPUS=../shared/corpus
	@out=$$(mktemp) && trap 'rm -f "$$out"' EXIT && $(ENV) $(PY) -W ignore manage.py evaluate_matching "$(CORPUS)" --out "$$out" && \
	$(PY) "$(CORPUS)/score.py" "$(CORPUS)" "$$out" --errors

types: .venv/.dev ## mypy --strict
	@$(ENV) $(PY) -m mypy .

schema: .venv/.dev ## write docs/openapi.yaml and docs/events/ anew
	@$(ENV) $(PY) -W ignore manage.py spectacular --lang en --validate --fail-on-warn --file docs/openapi.yaml
	@$(ENV) $(PY) -W ignore manage.py event_schemas

requirements: .venv/.dev ## compile pyproject.toml into the two requirement files; ARGS=--upgrade
	@eval "$$($(PY) ops/pip_settings.py)" && compile=".venv/bin/uv pip compile -q --no-header --universal --python-version 3.11" && \
	$$compile $(ARGS) pyproject.toml -o requirements.txt && \
	$$compile $(ARGS) --group dev -c requirements.txt pyproject.toml -o requirements-dev.txt

messages: .venv/.dev ## gather and compile the Swedish texts (needs gettext)
	@bash ops/messages.sh
