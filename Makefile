# One command per job. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?= python3
PY := .venv/bin/python
UV := .venv/bin/uv
CDK := node_modules/.bin/cdk
STAGE ?= prod
WORKERS ?= auto
# What the gates look at: whatever of these exists.
PRODUCT := $(wildcard shared functions openapi infra local operations benchmarks docs/*.py)
SOURCES := $(PRODUCT) $(wildcard tests)
# A distribution of its own, with its own settings.
CLIENT := clients/python

export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
# A simulated world replays from its seed only where sets keep their order.
export PYTHONHASHSEED := 0

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

.PHONY: setup
setup: .venv/.installed .venv-cloud/.installed .venv-client/.installed node_modules/.installed ## install everything, once (needs python3, node, npm)

.venv/bin/uv: requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tally needs Python 3.11 or newer: make setup PYTHON=python3.12")'
	@# An environment that is there is kept: somebody may be working in it.
	if test -x $@; then \
	  $@ pip install --quiet --python $(PY) --require-hashes -r requirements/bootstrap.txt; \
	else \
	  $(PYTHON) -m venv --clear .venv; \
	  $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt; \
	fi
	@touch $@

.venv/.installed: requirements/dev.txt .venv/bin/uv
	$(UV) pip sync --quiet --python $(PY) --require-hashes requirements/dev.txt requirements/bootstrap.txt
	@touch $@

.venv-cloud/.installed: requirements/cloud.txt | .venv/.installed
	test -x .venv-cloud/bin/python || $(UV) venv --quiet --python $(PY) .venv-cloud
	$(UV) pip sync --quiet --python .venv-cloud/bin/python --require-hashes requirements/cloud.txt
	@touch $@

.venv-client/.installed: requirements/client.txt clients/python/pyproject.toml | .venv/.installed
	test -x .venv-client/bin/python || $(UV) venv --quiet --python $(PY) .venv-client
	$(UV) pip sync --quiet --python .venv-client/bin/python --require-hashes requirements/client.txt
	$(UV) pip install --quiet --python .venv-client/bin/python --no-deps --no-build-isolation --editable clients/python
	@touch $@

node_modules/.installed: package-lock.json .npmrc
	npm ci --silent
	@touch $@

LOCK := $(UV) pip compile --universal --generate-hashes --no-emit-index-url --no-header --quiet
.PHONY: lock
lock: .venv/bin/uv ## renew the hash-pinned locks (UPGRADE=1 takes newer versions)
	for name in bootstrap runtime parquet dev cloud; do \
	  (cd requirements && ../$(LOCK) --python-version 3.11 $(if $(UPGRADE),--upgrade) $$name.in -o $$name.txt); \
	done
	(cd requirements && ../$(LOCK) --python-version 3.10 $(if $(UPGRADE),--upgrade) client.in -o client.txt)

.PHONY: prices
prices: .venv/.installed ## renew the price book from the catalogue that requirements/dev.in names
	$(PY) -m local.price_book

# A document of the API, for people and programs: served by the function edge.
.PHONY: openapi
openapi: .venv/.installed ## renew the OpenAPI document from routes, schemas and errors
	$(PY) -m openapi

.PHONY: check format lint types imports dead duplicates drift docs fix
check: format lint types imports dead duplicates drift docs client-check web-check ## every gate: format, lint, types, import rules, dead code, duplicates, drift, docs

format: .venv/.installed ## is everything formatted?
	.venv/bin/ruff format --check $(SOURCES)

lint: .venv/.installed ## ruff
	.venv/bin/ruff check $(SOURCES)

types: .venv/.installed ## mypy --strict
	.venv/bin/mypy $(SOURCES)

imports: .venv/.installed ## who may import whom
	.venv/bin/lint-imports

dead: .venv/.installed ## code nobody uses
	.venv/bin/vulture

duplicates: .venv/.installed ## code that is there twice
	.venv/bin/pylint --disable=all --enable=duplicate-code --score=no $(PRODUCT)

drift: .venv/.installed ## is the OpenAPI document what the code says?
	$(PY) -m openapi --check

docs: .venv/.installed ## are the documents true? (runs docs/check.py when there is one)
	$(if $(wildcard docs/check.py),$(PY) docs/check.py,@echo "docs: nothing to check yet")

fix: .venv/.installed ## format and mend what ruff can mend
	.venv/bin/ruff check --fix $(SOURCES) $(CLIENT)
	.venv/bin/ruff format $(SOURCES) $(CLIENT)

# The Python client has an environment that holds nothing of the server's.
.PHONY: client client-check client-test
client: client-check client-test ## the Python client: its gates and its tests

client-check: .venv-client/.installed ## format, lint, types, dead code and duplicates of the Python client
	.venv/bin/ruff format --check $(CLIENT)
	.venv/bin/ruff check $(CLIENT)
	cd $(CLIENT) && ../../.venv-client/bin/mypy src tests $(patsubst $(CLIENT)/%,%,$(wildcard $(CLIENT)/benchmarks))
	cd $(CLIENT) && ../../.venv/bin/vulture
	cd $(CLIENT) && ../../.venv/bin/pylint --disable=all --enable=duplicate-code --score=no src

client-test: .venv-client/.installed ## the tests of the Python client
	cd $(CLIENT) && ../../.venv-client/bin/pytest

# The dashboard has tools of its own; what it knows of the API is made from the API's document.
DASHBOARD := $(wildcard dashboard/package.json)
PAGE := dashboard/dist/index.html
.PHONY: dashboard web web-check web-test
dashboard: $(if $(DASHBOARD),$(PAGE)) ## build the dashboard

dashboard/node_modules/.installed: dashboard/package-lock.json
	cd dashboard && npm ci --silent
	@touch $@

$(PAGE): dashboard/node_modules/.installed functions/edge/openapi.json $(shell \
    find dashboard -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -path '*/generated/*' 2>/dev/null)
	cd dashboard && npm run --silent build

web: web-check web-test ## the dashboard: its gates and its tests

web-check: $(if $(DASHBOARD),dashboard/node_modules/.installed) ## format, lint and types of the dashboard
	$(if $(DASHBOARD),cd dashboard && npm run --silent types && npm run --silent lint)

web-test: $(if $(DASHBOARD),dashboard/node_modules/.installed) ## the tests of the dashboard's parts
	$(if $(DASHBOARD),cd dashboard && npm run --silent test)

# Simulated worlds that are lived through, and the first of them.
SEEDS ?= 1000
SEED_BASE ?= 1
PYTEST := .venv/bin/pytest
.PHONY: test unit integration infra e2e browser deployed
test: unit integration infra deployed client-test web-test ## all tests

# A suite is every one of its folders that exists; xdist spreads the files over the cores.
define suite
$(if $(wildcard $(2)),$(PYTEST) $(1) $(wildcard $(2)),@echo "$@: no tests yet")
endef

unit: export SEEDS := $(SEEDS)
unit: .venv/.installed ## pure and fast, with SEEDS simulated worlds
	$(call suite,-n $(WORKERS),tests/unit tests/contracts tests/simulation)

integration: .venv/.installed ## handlers and stores against moto in this process
	$(call suite,-n $(WORKERS),tests/integration)

infra: setup ## the synthesised templates of both stages
	$(call suite,,tests/infra)

e2e: setup ## the whole stack in a local cloud of its own
	$(call suite,,tests/e2e)

browser: setup dashboard ## journeys in a real browser through the dashboard of a local cloud
	$(call suite,,tests/browser)

deployed: setup dashboard ## both, on one local cloud
	$(call suite,,tests/browser tests/e2e)

FUZZ_SECONDS ?= 0
FUZZ_EXAMPLES ?= 1000
.PHONY: fuzz
fuzz: setup ## requests nobody thought of, as every role, for as long as it takes (or FUZZ_SECONDS each)
	FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) $(PYTEST) -q tests/e2e/test_fuzz.py

.PHONY: simulate
simulate: .venv/.installed ## live through simulated worlds: make simulate SEEDS=1000 SEED_BASE=1
	SEEDS=$(SEEDS) SEED_BASE=$(SEED_BASE) $(PYTEST) -n $(WORKERS) -q tests/simulation

.PHONY: demo stop reset token
demo: setup dashboard ## run everything on this machine, with 30 days of data
	$(PY) -m local.up
	$(if $(wildcard local/seed.py local/seed),$(PY) -m local.seed)

stop: ## stop the local cloud
	@test ! -x $(PY) || $(PY) -m local.down

reset: setup dashboard ## stop it, forget its data, start again
	$(PY) -m local.down --forget
	$(PY) -m local.up

token: .venv/.installed ## print an id token: make token AS=alice
	@$(PY) -m local.token "$(AS)"

.PHONY: bench
bench: setup ## benchmarks on the local cloud: ratios to a baseline of the same run
	$(PY) -m benchmarks

.PHONY: synth deploy
synth: setup ## print the CloudFormation template (STAGE=prod|local)
	@$(CDK) synth --context stage=$(STAGE)

deploy: setup dashboard ## deploy to the AWS account of your credentials (ARGS='--context alarmEmail=…')
	$(CDK) bootstrap --context stage=prod
	$(CDK) deploy --context stage=prod --require-approval broadening --outputs-file .build/outputs.json $(ARGS)
	$(if $(DASHBOARD),$(PY) -m infra.publish .build/outputs.json)
