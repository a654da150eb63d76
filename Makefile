# Every command of the project. `make help` lists them.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
STAMP := $(VENV)/.installed

.PHONY: help setup run test quick check lint types imports rules lock clean

help:  ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(STAMP)  ## the environment alone, in .venv

$(STAMP): requirements/dev.lock pyproject.toml tools/check_python.py
	$(PYTHON) tools/check_python.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

run: setup  ## both stores, the payment sandbox, the worker and a mailbox; Ctrl-C ends all
	@$(BIN)/shop demo

lock: $(STAMP)  ## resolve the dependencies anew; needs uv on the PATH
	uv pip compile --quiet pyproject.toml --extra dev --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --universal -o requirements/dev.lock
	uv pip compile --quiet pyproject.toml --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --universal -c requirements/dev.lock -o requirements/run.lock

clean:  ## remove the environment and the demo's data
	rm -rf $(VENV) var
