# Every door there is: `make help`.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
UV_VERSION := 0.13.9
UV := .tools/bin/uv
BIN := .venv/bin
export UV_PYTHON_DOWNLOADS := never
# Else most of a command's start goes into compiling what it imports, each time anew.
unexport PYTHONDONTWRITEBYTECODE
STAGE ?= dev
# A process per core, whole files to each: what a file sets up is set up once, and an end-to-end
# process has a cloud of its own. Tests that render stacks write where a deployment writes, so they
# wait until the end-to-end ones are done.
IN_PARALLEL := -n auto --dist loadfile

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.PHONY: setup
setup: .venv/.ready node_modules/.ready ## Install everything: Python and Node packages, pinned by their locks

$(UV):
	@command -v python3 >/dev/null || { echo "Python 3.11 or newer is needed; install it and run this again."; exit 1; }
	python3 -m venv .tools
	.tools/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.ready: $(UV) uv.lock pyproject.toml $(wildcard services/*/pyproject.toml) shared/pyproject.toml local/pyproject.toml ops/pyproject.toml
	$(UV) sync --quiet --locked --all-packages
	@touch $@

node_modules/.ready: package.json package-lock.json
	@command -v npm >/dev/null || { echo "Node 20 or newer is needed (it brings npm); install it and run this again."; exit 1; }
	npm ci --silent
	@touch $@

.PHONY: demo
demo: setup ## The main job, visibly: two tenants synced through the deployed pipeline into a warehouse
	$(BIN)/cwpipe demo

.PHONY: up
up: setup ## Start the embedded cloud and deploy to it
	$(BIN)/cwpipe up

.PHONY: down
down: setup ## Stop the embedded cloud; it keeps its state
	$(BIN)/cwpipe down

.PHONY: test
test: setup .build/checkov/.ready ## All tests; what needs a cloud runs beside what needs none
	$(MAKE) --no-print-directory --jobs=2 --output-sync=target .test-here .test-cloud
	$(BIN)/pytest -q tests/contract tests/template

.PHONY: .test-here .test-cloud
.test-here:
	$(BIN)/pytest -q $(IN_PARALLEL) tests/unit tests/property tests/integration
.test-cloud:
	$(BIN)/pytest -q $(IN_PARALLEL) tests/e2e

# checkov does not go with our own packages; tests/template/test_checkov.py runs it.
.build/checkov/.ready: tests/template/checkov/requirements.txt $(UV)
	$(UV) venv --quiet --allow-existing .build/checkov
	$(UV) pip install --quiet --python .build/checkov/bin/python --requirement $<
	@touch $@

.PHONY: scan
scan: setup .build/checkov/.ready ## Render every stack and hold it against cfn-lint, checkov and our own rules
	$(BIN)/pytest -q tests/template

.PHONY: audit
audit: setup ## Ask the advisory databases of PyPI and npm about every locked package; needs the network
	$(BIN)/python -m scripts.audit

.PHONY: test-fast
test-fast: setup ## The tests that need no rendering and no cloud
	$(BIN)/pytest -q $(IN_PARALLEL) tests/unit tests/property

.PHONY: check
check: lint test ## What CI runs: lint and all tests

.PHONY: lint
lint: setup ## ruff, mypy --strict, import-linter
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy -p cwp_shared -p cwp_scheduler -p cwp_fetcher -p cwp_writer -p cwp_transformer -p cwp_loader -p cwp_local -p cwp_ops
	$(BIN)/mypy tests scripts benchmarks examples
	$(BIN)/lint-imports

.PHONY: format
format: setup ## Format the code and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The peers of a benchmark, apart from our own packages; `bench-<name>` asks for its own.
.build/bench-%/.ready: benchmarks/%/requirements.txt $(UV)
	$(UV) venv --quiet --allow-existing .build/bench-$*
	$(UV) pip install --quiet --python .build/bench-$*/bin/python --requirement $<
	@touch $@

# What the writer's function has, and nothing else.
.build/bench-flatten-ours/.ready: uv.lock services/writer/pyproject.toml $(UV)
	UV_PROJECT_ENVIRONMENT=.build/bench-flatten-ours $(UV) sync --quiet --frozen --no-dev --package cwp-writer
	@touch $@

.PHONY: bench-flatten
bench-flatten: setup .build/bench-flatten/.ready .build/bench-flatten-ours/.ready ## Measure page bodies to Parquet against dlt, pandas, polars, pyarrow, DuckDB
	$(BIN)/python -m benchmarks.flatten

.PHONY: bench-extract
bench-extract: setup ## Measure sandbox to raw Parquet through the deployed services; a few minutes
	$(BIN)/python -m benchmarks.extract

# What the transformer's function has, and nothing else.
.build/bench-history-ours/.ready: uv.lock services/transformer/pyproject.toml $(UV)
	UV_PROJECT_ENVIRONMENT=.build/bench-history-ours $(UV) sync --quiet --frozen --no-dev --package cwp-transformer
	@touch $@

.PHONY: bench-history
bench-history: setup .build/bench-history/.ready .build/bench-history-ours/.ready ## Measure a batch into a long history against Polars, DuckDB, delta-rs, dbt, dlt
	$(BIN)/python -m benchmarks.history

.PHONY: bench-end-to-end
bench-end-to-end: setup .build/bench-end_to_end/.ready ## Measure sandbox to warehouse against dlt; up to ten minutes
	$(BIN)/python -m benchmarks.end_to_end

.PHONY: bench-sandbox
bench-sandbox: setup ## Measure the ConnectWise sandbox at a million tickets; a quarter of an hour, 5 GB of disk
	$(BIN)/python -m benchmarks.sandbox

.PHONY: bench-wakeups
bench-wakeups: setup ## Count what loading in windows saves: a simulated day of 50 tenants; two minutes
	$(BIN)/python -m benchmarks.wakeups

.PHONY: bench-history-growth
bench-history-growth: setup ## Measure a small batch against histories of 0.1, 1 and 10 million rows; 3 GB of disk
	$(BIN)/python -m benchmarks.history_growth

.PHONY: schemas
schemas: setup ## Write what is made from the code: shared/schemas, docs/events.md, docs/costs.md
	$(BIN)/python -m scripts.export_schemas
	$(BIN)/python -m scripts.export_events_page
	$(BIN)/python -m scripts.export_costs_page

.PHONY: monitoring
monitoring: setup ## Write alarms and dashboard from what the stacks declare and the services count
	$(BIN)/python -m scripts.export_alarms
	$(BIN)/python -m scripts.export_dashboard

.PHONY: deploy
deploy: setup ## Deploy all six stacks to AWS: make deploy STAGE=dev
	npx osls-compose deploy --stage $(STAGE)

.PHONY: clean
clean: ## Remove what was built or installed; the embedded cloud's data stays (make down, cwpipe reset)
	rm -rf .venv .tools node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf .build services/*/.build services/*/.serverless shared/.serverless
