# Everything starts here. `make run` needs Python 3.11 or newer and nothing else.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV ?= uv
# Debian's browser for the browser tests; a name that is already installed wins.
CHROMIUM := $(firstword $(foreach name,chromium chromium-browser google-chrome,$(shell command -v $(name) 2>/dev/null)))
# Where the tests put their databases: in memory, if that holds them three times over, or on disk.
SHM := /dev/shm
SCRATCH := $(shell test -w $(SHM) && df -Pk $(SHM) | awk 'NR == 2 && $$4 > 2000000 {print "$(SHM)"}')

help: ## what there is to do
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

run: $(VENV)/.run ## the marketplace and its sandbox, with demo data, until Ctrl-C
	@exec $(BIN)/python -m marketplace.cli run

demo: $(VENV)/.run ## the whole story in the terminal, without a browser
	@exec $(BIN)/python -m marketplace.cli demo

# Dozens of tests start programs; where bytecode may be kept, only the first compiles the modules.
test: $(VENV)/.test node_modules/.ready chromium ## format, lint, types, layers, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	env -u PYTHONDONTWRITEBYTECODE $(SCRATCH:%=TMPDIR=%) $(BIN)/pytest --numprocesses auto \
		--dist loadscope --no-loadscope-reorder

format: $(VENV)/.test ## let ruff tidy up
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

pins: ## compile requirements*.txt from pyproject.toml again (needs uv; UV=path/to/uv)
	$(UV) pip compile --universal --generate-hashes --no-emit-index-url --no-header --quiet \
		--python-version 3.11 --upgrade --extra install --extra postgres \
		--output-file requirements.txt pyproject.toml
	$(UV) pip compile --universal --generate-hashes --no-emit-index-url --no-header --quiet \
		--python-version 3.11 --upgrade --extra dev --constraint requirements.txt \
		--output-file requirements-dev.txt pyproject.toml

messages: $(VENV)/.run ## collect what is to be translated, and compile the translations
	@$(BIN)/python -m marketplace.cli messages

clean: ## remove what was made, but not the data
	rm -rf $(VENV) node_modules build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache artifacts
	find marketplace migrations tests -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is younger than the pins it was made from: a second `make` installs nothing.
$(VENV)/.run: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
		--no-build-isolation --no-index --editable .
	@touch $@

$(VENV)/.test: requirements-dev.txt $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 …"; exit 2; }
	$(PYTHON) -m venv $(VENV)

# Stripe's own command line, one of the sandbox's judges. Nothing but the tests needs Node.
node_modules/.ready: package-lock.json
	@command -v npm >/dev/null || { \
		[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get install --yes --quiet \
			--no-install-recommends nodejs npm; \
	} || { echo "npm is missing: install Node.js for the tests with the Stripe CLI."; exit 2; }
	npm ci --loglevel=error
	@touch $@

chromium:
ifeq ($(CHROMIUM),)
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update --quiet && \
		apt-get install --yes --quiet --no-install-recommends chromium; \
	else \
		echo "Chromium is missing: install it (apt-get install chromium) for the browser tests."; \
		exit 2; \
	fi
endif

.PHONY: help run demo test format pins messages clean chromium
