# Thin: each target is a line or two. `make demo` and `make test` do all the set-up they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BROWSER := $(VENV)/.browser
# the tests are shared among the processors, at most four: `tests/sharing.py` says which stay together
SHARED := --numprocesses auto --maxprocesses 4

.PHONY: demo test check contract browser browser-all screenshots parity bench chaos soak mutation format clean
.DEFAULT_GOAL := demo

demo: $(READY)  ## the whole job once, as a story, against the local server
	@$(BIN)/cochat demo

test: $(READY)  ## every test that needs nothing but this checkout
	@$(BIN)/python -m pytest $(SHARED)

check: $(READY)  ## lint, format, types and the plugins' own check
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest tests/test_import_law.py

contract: $(READY)  ## the contract suite, which `make test` runs on the local server, on real ones, installed into a cache
	@$(BIN)/python -m tests.contract.real.prepare
	@COCHAT_CONTRACT_REAL=1 $(BIN)/python -m pytest $(SHARED) tests/contract tests/runtime/test_*_against_server.py tests/parity

browser: $(BROWSER)  ## every page of `cochat browse` in Debian's Chromium, which is installed where it is missing
	@$(BIN)/python -m tests.browser.prepare
	@COCHAT_BROWSER=1 $(BIN)/python -m pytest $(SHARED) tests/browser

# in pieces, each going on where the last one ended: make browser-all PIECE='--keep DIR --most 2000'
browser-all: $(BROWSER)  ## every page of ten thousand resources in that browser, and a line of what was seen: an hour
	@$(BIN)/python -m tests.browser.prepare
	@$(BIN)/python -m tests.browser.whole $(PIECE)

screenshots: $(BROWSER)  ## the pictures in docs/images, taken anew
	@$(BIN)/python -m tests.browser.prepare
	@$(BIN)/python -m tests.browser.screenshots

# the last line: records of a real server, against the packages that it had: make parity GOLDEN=FILE SOURCES=DIR
parity: $(READY)  ## what real servers say of plugins and chats beside what is said here: docs/reference/parity.md
	@$(BIN)/python -m tests.contract.real.prepare
	@$(BIN)/python -m tests.parity.report
	@python=$$($(BIN)/python -m tests.parity.environment) && $(if $(GOLDEN),$(BIN)/cochat parity --golden "$(GOLDEN)" --sources "$(SOURCES)" --python,echo) "$$python"

bench: $(READY)  ## the benchmarks, each a table
	@$(BIN)/python -m bench

chaos: $(READY)  ## what is never lost, in a few minutes: a table of what was asked and reached
	@$(BIN)/python -m tests.chaos

soak: $(READY)  ## the same with the numbers of the bars: some hours
	@$(BIN)/python -m tests.chaos --full

mutation: $(READY)  ## small faults in decide, merge, plan and journal: how many of them the tests notice
	@$(BIN)/python -m tests.mutation

format: $(READY)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist *.egg-info

$(BROWSER): $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[browser]'
	@touch $(BROWSER)

$(READY): pyproject.toml
	@echo "setting up $(VENV) (once)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(READY)
