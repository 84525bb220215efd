# Everything a developer types. `make help` lists it.
PYTHON ?= python3
PY := .venv/bin/python
# Two more than there are processors: tests that wait for a browser, a database or a process leave them idle.
N ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 2)')
# Asked before the script, which such an old Python could not even read.
OLD = import sys; sys.version_info < (3, 7) and sys.exit('Polyphony needs Python 3.11 or newer; this is %d.%d. Name another: make PYTHON=python3.11 run' % sys.version_info[:2])
SETUP = $(PYTHON) -c "$(OLD)" && $(PYTHON) scripts/setup.py
.DEFAULT_GOAL := help
# What is compiled once need not be compiled by each of the many processes of a run.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help setup setup-dev run test check bench oracles soak screenshots shell migration translations bill lock

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

setup: ## make .venv/, install what the lock lists, front-end files, translations
	@$(SETUP)

setup-dev:
	@$(SETUP) --dev

run: setup ## run it all: web, jobs, embedded database and queue, demonstration world (PORT, HOST, DATABASE_URL, REDIS_URL, DEMO=no)
	@exec $(PY) -m scripts.launch $(if $(filter no,$(DEMO)),--no-demo) $(if $(filter yes,$(DEMO)),--demo)

test: ## run every test, on SQLite, PostgreSQL, Valkey and a real browser (T=tests/kernel, ARGS=-x)
	@$(SETUP) --dev --browser
	@$(PY) -m pytest -n $(N) --dist worksteal $(T) $(ARGS)

soak: ## run the long proofs at their full numbers
	@$(SETUP) --dev --browser
	@SOAK=1 $(PY) -m pytest -n $(N) --dist worksteal -m soak $(T) $(ARGS)

check: setup-dev ## formatting, lint, types, contracts between packages, migrations, translations
	@$(PY) -m scripts.checks

bench: setup-dev ## run the benchmarks and print tables with ratios (DATA=folder of real data, CROWD_KIT=a Python that has crowd-kit)
	@$(PY) -m bench $(DATA)

oracles: setup-dev ## hold truth inference against crowd-kit, which gets an environment of its own in var/ (DATA=folder of real data, FREEZE=yes keeps its answers for the suite)
	@test -x var/crowd-kit/bin/python || $(PY) -m venv var/crowd-kit
	@var/crowd-kit/bin/python -m pip install --quiet --disable-pip-version-check -r bench/requirements-crowd-kit.txt
	@$(PY) -m tests.calibration.oracles_crowd_kit $(if $(filter yes,$(FREEZE)),--freeze,$(DATA))

screenshots: ## renew the pictures of the documentation, on a demonstration world of their own (ALL=folder: every page, into it)
	@$(SETUP) --dev --browser
	@$(PY) -m scripts.screenshots $(if $(ALL),--all $(ALL))

shell: setup ## open a Python shell with the application
	@$(PY) -m flask --app wsgi shell

migration: setup-dev ## write a migration for what changed in the models (name=what_changes)
	@$(if $(name),$(PY) -m scripts.migrations new $(name),echo "Say what it does: make migration name=add_pool_limits"; exit 2)

translations: setup-dev ## bring the catalogs up to date with the source
	@$(PY) -m i18n.update

bill: setup ## write what the product is made of as a CycloneDX bill of materials (OUT=file, else to the screen)
	@$(PY) -m scripts.bill $(OUT)

LOCK = $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header
lock: setup-dev ## write requirements.txt and requirements-dev.txt anew from pyproject.toml
	@$(PY) -m uv --version >/dev/null 2>&1 || $(PY) -m pip install --quiet --disable-pip-version-check uv
	@$(LOCK) pyproject.toml -o requirements.txt
	@$(LOCK) pyproject.toml --group dev -o requirements-dev.txt
