# Each target works from a fresh clone: Python 3.11 or newer, git, make and a package index are all it needs.
#   make help    this list
#   make demo    the whole job on a small team's repository, against a local AWS
#   make test    every test; those that need a container engine, node or root's mounts say so and skip without them
#   make oracle  some sixty real layers, each held against what pip installs
#   make lint    ruff, mypy, and the linters of workflows, action and Dockerfile
#   make bench   times and sizes beside pip install -t and zip -r9
#   make lock    write requirements/*.txt anew from pyproject.toml
# PYTHON=python3.13 chooses the interpreter, TESTS="tests/unit -k zip" the tests,
# WORKERS=1 how many run side by side, BENCH="--rounds 1 requests" what is timed.

PYTHON ?= python3
TESTS ?= tests
BIN := .venv/bin
# What a machine's own pip settings add (find-links, constraints, more indexes) must not decide what is installed. The index
# itself and certificates do count: PIP_INDEX_URL and PIP_CERT are left as they are.
unexport PIP_FIND_LINKS PIP_CONSTRAINT PIP_NO_INDEX PIP_TARGET PIP_PREFIX PIP_USER
export PIP_CONFIG_FILE := /dev/null
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Two a core: half of a test's time goes by waiting for servers, processes and containers.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(min(8, 2 * (os.cpu_count() or 1)))')

.PHONY: help demo test oracle lint bench lock clean
.DEFAULT_GOAL := test

help:
	@sed -n 's/^# \{0,1\}//p' Makefile | sed '/^What a machine/,$$d'

demo: .venv/stamp .venv-standins/stamp
	@$(BIN)/python -m examples.demo

test: .venv/stamp .venv-standins/stamp
	@echo "Testing: $(TESTS)"
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal $(TESTS)

oracle: .venv/stamp
	@LAMBDA_LAYER_ACTION_ORACLE=all $(BIN)/python -m pytest -q -n 2 tests/build/test_like_pip.py

lint: .venv/stamp
	@.ci/lint

bench: .venv/stamp .venv-standins/stamp
	@$(BIN)/python -m benchmarks.run $(BENCH)

lock: .venv/stamp
	@.ci/lock

.venv/stamp: requirements/development.txt
	@echo "Making .venv with the packages of requirements/development.txt ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/development.txt
	@touch $@

.venv-standins/stamp: requirements/standins.txt
	@echo "Making .venv-standins with the local AWS of requirements/standins.txt ..."
	@test -x .venv-standins/bin/python || $(PYTHON) -m venv .venv-standins
	@.venv-standins/bin/python -m pip install --quiet --require-hashes -r requirements/standins.txt
	@touch $@

clean:
	rm -rf .venv .venv-standins build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
