# Set-up, demo, tests and checks. Needs make and Python 3.11 or newer with venv; everything else comes from the lock files.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
TESTS ?=
# Two processes, each with a test database of its own; a file's tests stay together.
PYTEST := $(BIN)/python -m pytest --durations=15 -n 2 --dist loadfile
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

.PHONY: help setup setup-dev demo test test-external lint format lock browser wheel clean

help:
	@echo 'make setup          install into .venv'
	@echo 'make demo           a small real shop, at http://localhost:$${PORT:-8000}'
	@echo 'make test           every test (TESTS=path for some)'
	@echo 'make test-external  the same against a PostgreSQL reached over TCP (but tests/setup, which is about the embedded one)'
	@echo 'make lint           every check that is no test'
	@echo 'make lock           lock the dependencies anew'
	@echo 'make clean          remove what the others made (never a shop'\''s data)'

setup:
	@tools/setup app

setup-dev:
	@tools/setup dev

demo: setup
	@exec $(BIN)/stockwright demo

browser: setup-dev
	@tools/browser

test: setup-dev browser
	@$(PYTEST) $(TESTS)

# tests/setup tries the embedded server itself, in homes of its own that know no other database.
test-external: setup-dev browser
	@$(BIN)/python tools/external_postgres.py $(PYTEST) $(or $(TESTS),src tests/browser)

lint: setup-dev
	@tools/lint

format: setup-dev
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

lock: setup-dev
	@tools/lock

wheel: setup-dev
	@$(BIN)/hatchling build --target wheel

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
