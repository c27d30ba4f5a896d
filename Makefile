# Needs make and a Python from 3.10 on with its venv module, nothing else. Start with `make help`.

VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test mutants check clean

help:  ## list the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 15

demo: $(VENV)/.base  ## install rtseg into .venv, then run its demo
	$(BIN)/rtseg demo

test: check $(VENV)/.screen  ## linters, types, import contracts, then every test
	$(BIN)/pytest -q -n 2 --dist loadfile $$($(BIN)/python -c 'import PyQt6.QtWidgets' 2>/dev/null || \
	  echo '-p no:pytest-qt --ignore=tests/viewer')

mutants: $(VENV)/.dev  ## plant mistakes in the TensorRT road: do its tests notice each?
	$(BIN)/pytest -q -m mutation

check: $(VENV)/.dev  ## linters, types and import contracts only
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache

clean:  ## remove .venv and the caches; engines, calibration sets and runs stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps are newer than pyproject.toml once its dependencies are installed. 3.11 comes first
# because the CPU build of torch that the tests use is at hand for it on the project's machines.
# A candidate must run: version managers leave shims for Pythons that are not switched on.
$(VENV)/.base: pyproject.toml | $(BIN)/python
	@echo "installing rtseg and its base dependencies into $(VENV), about a minute"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@echo "installing rtseg, its extras and the tools into $(VENV), some minutes"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable '.[dev]'
	@touch $(VENV)/.base $@

# Qt's wheels bring none of the X libraries. Without them, and without the right to install them,
# the viewer's tests are left out; without Xvfb, those that need a screen.
$(VENV)/.screen: $(VENV)/.dev rtseg/viewer/display.py rtseg/qt_libraries.py
	@packages=$$($(BIN)/python -c 'from rtseg.viewer.display import *; \
	  print(*missing({**LIBRARIES, **XCB_LIBRARIES}))'); \
	command -v Xvfb >/dev/null || packages="$$packages xvfb"; \
	[ "$$packages" ] || exec touch $@; \
	echo "installing for the viewer's tests: $$packages"; \
	root=$$([ "$$(id -u)" = 0 ] || echo sudo -n); \
	if $$root apt-get update -qq && $$root apt-get install -y -qq $$packages >/dev/null; then \
	  touch $@; \
	else \
	  echo "cannot: tests of the viewer are skipped; sudo apt install $$packages" >&2; \
	fi

$(BIN)/python:
	@recent=; for python in python3.11 python3.12 python3.10 python3; do \
	  $$python -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || continue; \
	  recent=yes; \
	  $$python -c 'import ensurepip, venv' 2>/dev/null || continue; \
	  echo "making $(VENV) with $$($$python --version)"; \
	  exec $$python -m venv $(VENV); \
	done; \
	if [ "$$recent" ]; then \
	  echo "rtseg: Python is here, but not its venv module: sudo apt install python3-venv" >&2; \
	else \
	  echo "rtseg: no Python 3.10 or newer: sudo apt install python3 python3-venv" >&2; \
	fi; \
	exit 1
