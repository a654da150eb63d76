# Every command of the project. `make help` lists them.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
STAMP := $(VENV)/.installed
# Two more than there are cores: half of the time a test waits for a process, a page or a deadline.
JOBS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 2)
# Whole files, the longest first (tests/longest.py).
SPREAD := -n $(JOBS) --dist loadfile --no-loadscope-reorder
CODE := shop payments security tests benchmarks tools wsgi.py
TEXTS := shop/translations/en/LC_MESSAGES/messages

.PHONY: help setup run test quick check lint types imports rules verify browser wheel lock clean

help:  ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(STAMP) $(TEXTS).mo  ## the environment alone, in .venv

$(STAMP): requirements/dev.lock pyproject.toml security/scanner/_runs.c tools/check_python.py
	@$(PYTHON) tools/check_python.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@ls security/scanner/_runs*.so >/dev/null 2>&1 || echo "No C compiler: the scanner works all the same, slower."
	@touch $@

$(TEXTS).mo: $(TEXTS).po $(STAMP)
	$(BIN)/python tools/translations.py compile

run: setup  ## both stores, the payment sandbox, the worker and a mailbox; Ctrl-C ends all
	@$(BIN)/shop demo

browser: setup  ## find Chromium, or get it
	@$(BIN)/python tools/get_chromium.py

test: setup browser  ## every test, browser tests included
	$(BIN)/python -m pytest $(SPREAD)

quick: setup  ## every test but those in a browser
	$(BIN)/python -m pytest $(SPREAD) -m "not browser"

check: setup  ## what CI runs; among the tests is `make verify`, whole (tests/evidence)
	@$(MAKE) --no-print-directory --jobs lint types imports rules
	@$(MAKE) --no-print-directory test

lint: setup  ## style and common mistakes
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)

types: setup  ## mypy, strict, tests too
	$(BIN)/mypy

imports: setup  ## which package may import which
	$(BIN)/lint-imports

rules: setup  ## bandit, our own rules, their list of refusals, the script inventory, and no card number in the tree
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive shop payments security wsgi.py
	$(BIN)/python -m security refusals --config scope.toml
	$(BIN)/python -m security verify --config scope.toml --only scan --only rules --only inventory

verify: setup browser  ## the evidence on card data, gathered anew; its report is in var/scope
	$(BIN)/shop scope verify --report var/scope

wheel: setup  ## the package `security` by itself, in dist
	$(BIN)/python tools/build_wheel.py dist

lock: $(STAMP)  ## resolve the dependencies anew; needs uv on the PATH
	uv pip compile --quiet pyproject.toml --extra dev --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --universal -o requirements/dev.lock
	uv pip compile --quiet pyproject.toml --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --universal -c requirements/dev.lock -o requirements/run.lock

clean:  ## remove the environment and the demo's data
	rm -rf $(VENV) var security/scanner/_runs*.so
