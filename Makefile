PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ROOTS := contracts connectors normalizer identity router gateway
CODE := $(ROOTS) demo examples benchmarks tests

.DEFAULT_GOAL := help

.PHONY: help
help:  ## Show what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 14

.PHONY: setup
setup: $(READY)  ## Make the virtual environment, everything pinned

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Maitred needs Python 3.11 or newer, this is %s: set PYTHON=python3.11" % sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@$(SHELL) tests/house/ensurepip.sh $(PYTHON)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: demo
demo: setup  ## Run the gateway with a cast of customers and agents (DEMO_SECONDS=30)
	$(BIN)/python -m demo

.PHONY: test
test: setup browser swaks  ## Run all tests
	$(BIN)/pytest --numprocesses 2 --dist loadgroup

.PHONY: lint
lint: setup  ## Ruff, mypy, import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(ROOTS) demo examples benchmarks
	$(BIN)/lint-imports

.PHONY: format
format: setup  ## Let ruff put things in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: browser
browser: setup  ## Find a Chromium for the browser tests, or install one
	@$(BIN)/python -m tests.browser.install

.PHONY: swaks
swaks: setup  ## Find swaks for the mail tests, or install it
	@$(BIN)/python -m tests.connectors.email.swaks

.PHONY: schemas
schemas: setup  ## Write contracts/schemas and docs/schemas anew
	$(BIN)/python -m maitred.contracts.schemas

.PHONY: chaos
chaos: setup  ## Kill the server and the gateway for ten minutes and count (CHAOS_SECONDS=600)
	$(BIN)/python -m demo.chaos

.PHONY: kills
kills: setup  ## Kill the gateway at every step of sending, and count what its peers saw (DELIVERY_KILLS=150)
	DELIVERY_KILLS=$${DELIVERY_KILLS:-150} $(BIN)/pytest -q -s tests/end_to_end/test_delivery_killed.py

.PHONY: race
race: setup  ## Let many resolvers race on one server, each killed where it stands (RACE_MESSAGES=2000)
	RACE_MESSAGES=$${RACE_MESSAGES:-2000} $(BIN)/pytest -q tests/gateway/test_resolving.py

.PHONY: fuzz
fuzz: setup  ## Let a fuzzer loose on all that reads what strangers write (FUZZ_SECONDS=300)
	$(BIN)/python -m tests.fuzz --seconds $${FUZZ_SECONDS:-300}

.PHONY: bench
bench: setup  ## Measure; results belong into docs/performance.md
	$(BIN)/python -m benchmarks.normalize
	$(BIN)/python -m benchmarks.identity
	$(BIN)/python -m benchmarks.mood
	$(BIN)/python -m benchmarks.routing
	$(BIN)/python -m benchmarks.router_scale
	$(BIN)/python -m benchmarks.estimates
	$(BIN)/python -m benchmarks.throughput
	$(BIN)/python -m benchmarks.doors --minutes 0

.PHONY: soak
soak: setup  ## Load all doors evenly and watch the memory (SOAK_MINUTES=60)
	$(BIN)/python -m benchmarks.doors --quick --minutes $${SOAK_MINUTES:-60}

.PHONY: lock
lock:  ## Re-pin every dependency, for all platforms, with hashes
	uv pip compile --universal --generate-hashes --no-header --group dev pyproject.toml -o requirements.lock
