# Every target does its own set-up, without root. `make` alone prints them.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

help: ## print the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.base models ## make .venv with the locked dependencies and fetch the default models

demo: install ## enrol real people, identify one, see a refusal, publish a statement and verify it
	@$(BIN)/countenance demo

test: check verifier models ## check, then every test in its short form
	@$(BIN)/python -m pytest -q -m "not soak and not cluster" -n 2 --dist loadgroup

check: $(VENV)/.dev ## ruff, ruff format, mypy strict, import-linter
	@$(BIN)/ruff check src tests benchmarks
	@$(BIN)/ruff format --check --quiet src tests benchmarks
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

test-cluster: $(VENV)/.dev verifier ## the tests of several nodes, by name: a real PostgreSQL server, a Ray cluster
	@$(BIN)/python -m pytest -v -m "not soak" tests/cluster tests/storage/test_postgresql.py
	@$(BIN)/python -m pytest -v -m "not soak" -k postgresql tests/gallery

soak: $(VENV)/.dev verifier models ## the long form of the tests: kills, load, fuzzing
	@COUNTENANCE_SOAK=1 $(BIN)/python -m pytest -q -m soak -s

interop: $(VENV)/.dev ## let other people's code verify our logs (Go where it is installed, aics-tlog)
	@$(BIN)/python -m pytest -q -s tests/ledger/interop

verifier: $(VENV)/.base ## build verify.pyz, the verifier that needs nothing but Python
	@$(BIN)/python -m countenance.ledger.verifier.build verify.pyz

bench: $(VENV)/.dev models ## run every benchmark and print its figures
	@for each in benchmarks/*.py; do echo "== $$each"; $(BIN)/python $$each || exit 1; done

docs: $(VENV)/.dev ## write the references of the command line and of the REST interface anew
	@$(BIN)/python -m countenance.cli.reference > docs/cli.md
	@$(BIN)/python -m countenance.http.native.describe > docs/openapi.json

lock: ## resolve the requirement files anew (needs uv)
	@for each in base:pyproject.toml \
	  extras:pyproject.toml:--extra=serve:--extra=search:--extra=evaluation:--constraint=requirements/base.txt \
	  dev:requirements/dev.in build:requirements/build.in; do \
	  uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-annotate --no-header --quiet $$(echo $${each#*:} | tr : ' ') -o requirements/$${each%%:*}.txt || exit 1; done

clean: ## remove everything that was made here
	@rm -rf $(VENV) demo-data verify.pyz dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis

models: $(VENV)/.base
	@$(BIN)/countenance models fetch --quiet

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Countenance needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || true)."; \
	  echo "Install one (Debian/Ubuntu: apt install python3.11 python3.11-venv; macOS: brew install python@3.12)"; \
	  echo "and name it: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "This Python has no venv module. Debian/Ubuntu: apt install python3-venv; then run make again."; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# A stamp is written last, so a killed install is done again; a newer lock file makes it stale.
# extras.txt holds base.txt and what serving, large galleries and evaluation need besides.
$(VENV)/.base: $(VENV)/bin/python requirements/extras.txt requirements/build.txt pyproject.toml
	@echo "installing the locked dependencies into $(VENV) ..."
	@$(PIP) install --no-compile --require-hashes -r requirements/extras.txt -r requirements/build.txt
	@$(PIP) install --no-compile --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.base requirements/dev.txt requirements/interop.txt
	@echo "installing what the checks and tests need ..."
	@$(PIP) install --no-compile --require-hashes -r requirements/dev.txt
	@$(PIP) install --no-compile --require-hashes --no-deps --ignore-requires-python -r requirements/interop.txt
	@touch $@

.PHONY: help install demo test test-cluster check soak interop verifier bench docs lock clean models
