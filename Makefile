# Every target makes what it needs; `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help venv demo test lint soak bench clean
help: ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

$(READY): pyproject.toml constraints.txt
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "launchwire needs Python 3.11 or later; $$("$(PYTHON)" --version) was found. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@echo "installing into $(VENV): some minutes the first time"
	"$(PYTHON)" -m venv "$(VENV)"
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch "$(READY)"

venv: $(READY) ## make .venv with everything under constraints.txt

demo: $(READY) ## poll the bundled news site twice and show what was found
	@"$(BIN)/launchwire" demo

test: $(READY) ## the whole suite
	"$(BIN)/python" -m pytest -n 2 --dist loadgroup -m "not soak"

lint: $(READY) ## ruff, mypy --strict and the import contract
	"$(BIN)/ruff" check .
	"$(BIN)/ruff" format --check .
	"$(BIN)/mypy"
	"$(BIN)/lint-imports"

soak: $(READY) ## long crash loops, soaks and fuzzing
	@"$(BIN)/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[fuzz]" || echo "atheris does not install here; its tests are skipped"
	"$(BIN)/python" -m pytest -n 0 -m soak

bench: $(READY) ## measurements, each as a ratio to a yardstick in the same run
	"$(BIN)/python" -m bench

clean: ## remove the virtual environment and caches (not data/)
	rm -rf "$(VENV)" .pytest_cache .mypy_cache .ruff_cache
