# make run: set-up and the main job. make test: set-up, linting, types and all tests. make soak: what takes long.
# make oldest: the fast tests with the lowest versions permitted, in an environment of their own.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: run test lint oldest soak clean

run: $(VENV)/.ready
	$(BIN)/python -m bench run --methods all

test: lint
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not soak"

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

oldest: $(VENV)/.ready
	$(BIN)/python -m pytest -m soak tests/soak/test_oldest_versions.py

soak: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --editable '.[ray]'
	$(BIN)/python -m pytest -n 2 --dist load -m soak

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13) and "Python 3.11 to 3.13 is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $@

clean:
	rm -rf $(VENV) .oldest build *.egg-info
