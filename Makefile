# Two commands are enough: `make run` and `make test`. Both do their own set-up, in either order, and do nothing
# twice: what is done is marked by a file in the virtual environment, so a second run needs no network.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
# One more than two cores: many tests wait for a server, a browser or a clock.
JOBS ?= 3
ARGS ?=
INPUTS ?= 30
CASES ?= 100000

# Marks in the virtual environment. The first names this folder: an environment that was copied or moved here
# with the rest of the checkout still points to its old place, and is made anew.
SPACE := $(subst ,, )
MADE := $(VENV)/.made-in$(subst $(SPACE),-,$(subst /,-,$(CURDIR)))
RUNTIME := $(VENV)/.runtime
DEVELOPMENT := $(VENV)/.development
COMMAND := $(VENV)/.command

PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(RUNTIME) $(COMMAND) pdf-libraries ## Install everything the product needs; leaves .venv/bin/coalition

.PHONY: run
run: setup ## Serve a demonstration coalition on http://127.0.0.1:8000
	@exec bash deploy/setup/run.sh

# Whatever the environment says, what was compiled once is kept: the tests start dozens of processes.
test browser hostile: export PYTHONDONTWRITEBYTECODE =

.PHONY: test
test: setup $(DEVELOPMENT) test-tools ## Run every test (make test ARGS="tests/domain -k review" runs some)
	$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

.PHONY: browser
browser: setup $(DEVELOPMENT) test-tools ## Run only the journeys in a real browser
	$(BIN)/python -m pytest -m journey $(ARGS)

.PHONY: check
check: setup $(DEVELOPMENT) ## Check format, lint, types, architecture, templates and catalogues
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates --check
	$(BIN)/djlint templates --lint
	$(BIN)/python -m coalition.i18n.catalogues check
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive coalition deploy
	$(BIN)/python deploy/checks/secrets_in_tree.py

.PHONY: bench
bench: setup ## Measure duplicates, search and lists among many invented cases (make bench CASES=20000)
	@$(BIN)/python -m coalition.demo.bench --incidents $(CASES)

.PHONY: bench-submission
bench-submission: setup ## Measure building a submission of very many invented cases (make bench-submission CASES=20000)
	@$(BIN)/python -m coalition.demo.bench_submission --incidents $(CASES)

.PHONY: bench-matching
bench-matching: CASES := 20000
bench-matching: setup ## Measure matching a published list with very many invented cases (make bench-matching CASES=20000)
	@$(BIN)/python -m coalition.demo.bench_matching --incidents $(CASES)

.PHONY: hostile
hostile: setup $(DEVELOPMENT) test-tools ## Try much more bad input than the tests do (make hostile INPUTS=100)
	COALITION_TESTS_HOSTILE=$(INPUTS) $(BIN)/python -m pytest -n $(JOBS) --dist=load tests/contracts/test_bad_input.py $(ARGS)

.PHONY: scan
scan: setup ## Let the scanner Wapiti attack a demonstration; fails on a finding of medium or above (installs it)
	@$(BIN)/python -m deploy.checks.scan

.PHONY: audit
audit: setup ## Ask the advisory service whether a locked package has a known weakness (needs the network)
	@bash deploy/checks/audit.sh

.PHONY: format
format: setup $(DEVELOPMENT) ## Put code and templates into the house format
	$(BIN)/ruff check --fix --exit-zero --quiet .
	$(BIN)/ruff format .
	$(BIN)/djlint templates --reformat --quiet || true

.PHONY: messages
messages: setup ## Extract the messages again and bring every catalogue up to them
	$(BIN)/python -m coalition.i18n.catalogues extract

.PHONY: pictures
pictures: setup $(DEVELOPMENT) test-tools ## Take the README's pictures again
	$(BIN)/python -m deploy.readme.take

.PHONY: diagram
diagram: setup ## Print the states of an incident as CONTRIBUTING shows them
	@$(BIN)/python -m coalition.domain.diagrams

.PHONY: wheel
wheel: setup ## Build the wheel into dist/
	$(BIN)/hatchling build --target wheel

.PHONY: lock
lock: $(DEVELOPMENT) ## Write the locked requirements from pyproject.toml (make lock UPGRADE=1 takes newer versions)
	$(LOCK) --output-file requirements.txt
	$(LOCK) --group dev --constraints requirements.txt --output-file requirements-dev.txt

.PHONY: clean
clean: ## Remove what the targets made, except the data in var/
	rm -rf $(VENV) dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find coalition tests deploy -name __pycache__ -prune -exec rm -rf {} +

# --- the steps ---------------------------------------------------------------------------------------------

$(MADE):
	@bash deploy/setup/system.sh python
	@rm -rf $(VENV)
	@echo "Making the virtual environment $(VENV)"
	@"$$(bash deploy/setup/python.sh)" -m venv $(VENV)
	@touch $@

$(RUNTIME): requirements.txt $(MADE)
	@echo "Installing the locked requirements (a minute or so the first time)"
	@$(PIP_INSTALL) --require-hashes -r requirements.txt
	@touch $@

$(DEVELOPMENT): requirements-dev.txt $(RUNTIME)
	@echo "Installing the locked requirements for tests and checks"
	@$(PIP_INSTALL) --require-hashes -r requirements-dev.txt
	@touch $@

$(COMMAND): pyproject.toml deploy/build_hook.py $(MADE) | $(RUNTIME)
	@$(PIP_INSTALL) --no-build-isolation --no-deps --no-index --editable .
	@touch $@

.PHONY: pdf-libraries
pdf-libraries:
	@bash deploy/setup/system.sh pdf

.PHONY: test-tools
test-tools:
	@bash deploy/setup/system.sh tests
