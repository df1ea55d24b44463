# Kvota. `make demo` and `make test` set up what they need: Python 3.11+ and make are enough.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/ready

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Kvota needs Python 3.11 or later: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(READY) ## install Python packages, Kafka and the board's JavaScript into this folder; no root
	@$(BIN)/kvota broker install
	@$(BIN)/python -m services.wallboard.vendor

browser: # what the tests of the page need: Debian's Chromium, installed where that is possible
	@command -v chromium >/dev/null || [ "$$(id -u)" != 0 ] || { apt-get update -qq && apt-get install -y -qq chromium >/dev/null; }

demo: setup ## open a simulated sales floor: the board's address, until Ctrl-C
	@$(BIN)/kvota demo

check: $(READY) ## lint, types, contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports

test: setup browser check ## everything that must hold, the broker's tests included
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

PEERS := .kvota/bench

$(PEERS)/ready: tests/bench/requirements.lock
	$(PYTHON) -m venv --clear $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --require-hashes --only-binary :all: -r tests/bench/requirements.lock
	@touch $@

WHAT ?= projector

bench: setup $(PEERS)/ready ## what the projector costs beside its peers, an hour; BENCH="--events 50000 --runs 1" is quicker; WHAT=history
	$(BIN)/kvota bench $(WHAT) $(BENCH)

FUZZ    := .kvota/fuzz
SECONDS ?= 60

$(FUZZ)/ready: tests/fuzz/requirements.lock $(READY)
	$(BIN)/python -m pip install --quiet --require-hashes --only-binary :all: --upgrade --target $(FUZZ)/packages \
	  -r tests/fuzz/requirements.lock
	@touch $@

fuzz: $(FUZZ)/ready ## what bytes make a parser fail: each for SECONDS=60, or those in FUZZED="ami cel" alone
	PYTHONPATH=$(FUZZ)/packages $(BIN)/python -m tests.fuzz --seconds $(SECONDS) $(FUZZED)

golden: $(READY) ## write the golden files that are missing
	$(BIN)/python -m tests.events.write_golden

docs: $(READY) ## write docs/events.md and the JSON Schemas anew
	$(BIN)/python -m services.cli.catalogue_docs

lock: $(READY) ## resolve requirements.lock anew
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --output-file requirements.lock
	$(BIN)/uv pip compile --group bench --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --output-file tests/bench/requirements.lock
	$(BIN)/uv pip compile --group fuzz --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --output-file tests/fuzz/requirements.lock

clean: ## remove what was installed and written, the local Kafka's data included
	rm -rf $(VENV) .kvota

.PHONY: help setup browser demo check test golden docs lock clean bench fuzz
