# Every target sets up what it needs; see README.md.
PORT ?= 8000
WORKERS ?= 3
THREADS ?= 4
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FLASK := $(BIN)/flask --app wsgi
RUNTIME := $(VENV)/.runtime
DEVELOPMENT := $(VENV)/.development
TOOLS := $(VENV)/.tools
# Only files whose hashes are in the requirements files are installed.
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes

export WEBUI_ENV ?= development

.PHONY: run port setup machine lint ready test check bench mutants screenshots vendor requirements sbom

run: port setup
	@exec env BIN=$(BIN) PYTHON=$(PYTHON) .ci/serve wsgi:app --bind 127.0.0.1:$(PORT) --workers $(WORKERS) --threads $(THREADS) --no-control-socket \
	  --access-logfile - --access-logformat '%(t)s %(h)s %(m)s %(U)s %(s)s %(b)s %(M)sms'

# Before the setup, which may take a minute.
port:
	@$(PYTHON) .ci/port 127.0.0.1:$(PORT)

setup: $(RUNTIME)
	$(FLASK) setup --demo

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements.txt | $(VENV)/bin/python
	$(INSTALL) -r requirements.txt
	touch $@

$(DEVELOPMENT): requirements.txt requirements-dev.txt | $(VENV)/bin/python
	$(INSTALL) -r requirements-dev.txt
	touch $(RUNTIME) $@

$(TOOLS): requirements-tools.txt | $(VENV)/bin/python
	$(INSTALL) -r requirements-tools.txt
	touch $@

machine: $(DEVELOPMENT)
	.ci/machine

lint: $(DEVELOPMENT)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# Installing missing system packages is mostly waiting, so style and types are checked meanwhile.
ready:
	@$(MAKE) --no-print-directory --jobs=2 machine lint

# CI has two cores; more help little, because Chromium and PostgreSQL work beside the tests.
test: ready
	$(BIN)/pytest -n 2 --dist worksteal

check: ready
	$(BIN)/pytest -n 2 --dist worksteal --databases quick --ignore tests/browser

bench: machine
	$(BIN)/python -m tests.bench.responses
	$(BIN)/python -m tests.bench.api
	$(BIN)/python -m tests.bench.contract
	$(BIN)/python -m tests.bench.history
	$(BIN)/python -m tests.bench.sign_in
	$(BIN)/python -m tests.bench.rotation
	$(BIN)/python -m tests.bench.proof
	$(BIN)/pytest tests/web/test_chain.py --walk 5000

mutants: machine
	.ci/mutants

screenshots: machine
	$(BIN)/python -m tests.browser.screenshots

vendor:
	.ci/vendor

# Pins new lines of requirements*.in; `make requirements UPGRADE=--upgrade` upgrades all pins.
requirements: $(TOOLS)
	.ci/requirements $(UPGRADE)

# The product's runtime dependencies as CycloneDX.
sbom: $(TOOLS)
	$(BIN)/cyclonedx-py requirements requirements.txt --mc-type application \
	  --output-reproducible --output-file sbom.json
