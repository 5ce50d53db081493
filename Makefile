# On a fresh machine every target makes its own environment first: Python 3.11 or newer and make are all it needs.
PYTHON ?= python3
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install --require-hashes

.PHONY: run test check bench quality-bench chaos extras clean python

run: .venv/.installed
	@$(MANAGE) up

test: .venv/.installed-dev
	@$(BIN)/python -m tests.everything

check: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djade --check --target-version 5.2 $$(find templates -name '*.html')
	$(BIN)/mypy
	$(MANAGE) makemigrations --check --dry-run
	$(MANAGE) check
	$(BIN)/pytest -q tests/test_walls.py

bench: .venv/.installed-dev
	@$(BIN)/python -m tests.bench

# What the automatic checks find, on planted clips and on the sandbox's; about twenty minutes, less with what is drawn already.
quality-bench: .venv/.installed-dev
	@$(BIN)/python -m tests.quality_bench

# Hundreds of shots while everything is killed that can be, on SQLite and on PostgreSQL; about twenty minutes.
chaos: .venv/.installed-dev
	@$(BIN)/python -m tests.chaos

# The optional parts: prompt match by a CLIP model, and content credentials (docs/admin.md).
extras: .venv/.installed
	@echo "Installing the optional parts …"
	@$(PIP) -r requirements-extras.txt

# The data in var/ stay; only what can be made again goes.
clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis var/static
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Retake needs Python 3.11 or newer, and '$(PYTHON)' is $$($(PYTHON) -V 2>/dev/null || echo missing)." \
	    "Name another one: make $(MAKECMDGOALS) PYTHON=/path/to/python3"; exit 2; }

.venv/.made: | python
	@echo "Making the environment in .venv …"
	@$(PYTHON) -m venv .venv && touch $@

.venv/.installed: requirements.txt .venv/.made
	@echo "Installing the locked dependencies …"
	@$(PIP) -r requirements.txt && touch $@

.venv/.installed-dev: requirements-dev.txt .venv/.installed
	@echo "Installing what tests and checks need …"
	@$(PIP) -r requirements-dev.txt && touch $@
