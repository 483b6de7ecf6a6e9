# One command each. `make demo` and `make test` work as the very first command after a clone, on a machine that has
# only Python >= 3.11 with venv, make and a package index. `make` alone lists the commands.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Two processes suit the smallest machine we promise for; set JOBS=auto on a larger one.
JOBS ?= 2

PIP := $(BIN)/python -m pip --disable-pip-version-check
# Stamps: written last, so that an interrupted installation is taken up again.
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
READY_SPARK := $(VENV)/.ready-spark
# Of the knowledge as it was when last validated whole (never committed).
SEAL := cds/knowledge/.seal

.DEFAULT_GOAL := help
.PHONY: help install install-dev install-spark demo test check coverage bench prove lock clean

help:  ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | awk -F'|' '{ printf "  make %-12s %s\n", $$1, $$2 }'

install: $(READY) $(SEAL)  ## set up .venv with .venv/bin/gabaguard (nothing outside this folder is touched)

install-dev: $(READY) $(READY_DEV) $(SEAL)  ## the same, with the tools for test and check

install-spark: $(READY) $(READY_DEV) $(READY_SPARK) $(SEAL)  ## the same, with Apache Spark (over 400 MB; needs Java 17 or newer)

# What a start need not do again: validate the knowledge as it is now, and compile the code.
$(SEAL): $(READY) $(shell find cds/knowledge -name '*.toml' -o -name '*.tsv' -o -name '*.json' -o -name '*.py')
	@$(BIN)/python -m compileall -q cds hooks
	@$(BIN)/gabaguard knowledge seal || echo "The knowledge is not sealed: starts will be slower, and say what is wrong." >&2

$(READY): requirements.lock pyproject.toml
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { \
	  echo "No '$(PYTHON)' found. gabaguard needs Python 3.11 or newer; choose one with: make install PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "gabaguard needs Python 3.11 or newer, but '$(PYTHON)' is $$("$(PYTHON)" -V 2>&1). Choose another with: make install PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import venv, ensurepip' || { \
	  echo "This Python has no venv module (on Debian and Ubuntu it is the package python3-venv)." >&2; exit 1; }
	@echo "Setting up $(VENV) ..."
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear $(VENV)
	@$(PIP) install --quiet --require-hashes --no-deps -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(READY_DEV): $(READY) requirements-dev.lock
	@$(PIP) install --quiet --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

$(READY_SPARK): $(READY_DEV) requirements-spark.lock
	@$(PIP) install --quiet --require-hashes --no-deps -r requirements-spark.lock
	@touch $@

demo: install  ## serve demo patients, post a real call, print its cards, stay up (ONCE=1: end then; PORT=n)
	@$(BIN)/gabaguard demo $(if $(ONCE),--once) $(if $(PORT),--port $(PORT))

test: install-dev  ## all tests
	@$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

check: install-dev  ## ruff, mypy --strict, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

# Percent of the lines and branches of cds. What is left out stands beside the line, with its reason.
COVERED := 100

coverage: install-dev  ## all tests, with branch coverage; fails below COVERED percent of cds
	@$(BIN)/python -m pytest -n $(JOBS) --cov --cov-report= $(ARGS)
	@$(BIN)/python -m coverage report --include='hooks/*'
	@$(BIN)/python -m coverage report --include='cds/*' --fail-under=$(COVERED)

bench: install-dev  ## time in process, as ratios to orjson.loads of the same body
	@$(BIN)/python -m tests.bench $(ARGS)
	@$(BIN)/python -m tests.bench.audit

prove: install-dev  ## the exhaustive proofs, resumable; prints the figures that notes quote
	@$(BIN)/python -m tests.prove.numbers
	@$(BIN)/python -m tests.prove.suggestions
	@$(BIN)/python -m tests.prove.kills
	@$(BIN)/python -m tests.prove.replays
	@$(BIN)/python -m tests.prove.spoil
	@$(BIN)/python -m tests.prove.spark
	@HYPOTHESIS_PROFILE=prove $(BIN)/python -m pytest -q -s tests/http/test_described.py
	@$(BIN)/python -m pytest -q tests/cases tests/releases tests/failure
	@HYPOTHESIS_PROFILE=prove $(BIN)/python -m pytest -q -n $(JOBS) tests/generative tests/unit
	@$(BIN)/python -m pytest -q -n $(JOBS) --cov=cds --cov-report=term --cov-fail-under=$(COVERED)
# Last: it ends with 1 while survivors are left that nobody has looked at.
	@$(BIN)/python -m tests.prove.mutants --jobs $(JOBS)

# For maintainers: resolve anew, for every supported Python and platform. `make install` never needs this.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-strip-extras
lock: install  ## write the lock files anew (UPGRADE=1: newest versions)
	@$(BIN)/uv --version >/dev/null 2>&1 || $(PIP) install --quiet uv
	@$(LOCK) $(if $(UPGRADE),--upgrade) --extra build --extra postgres -o requirements.lock pyproject.toml
	@$(LOCK) $(if $(UPGRADE),--upgrade) --extra build --extra postgres --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	@$(LOCK) $(if $(UPGRADE),--upgrade) --extra build --extra postgres --extra spark -c requirements-dev.lock -o requirements-spark.lock pyproject.toml

clean:  ## remove what these commands made
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache htmlcov build dist .coverage .coverage.* $(SEAL)
