# Development of Modelport; `make help` lists the targets. Nothing needs to be installed before but
# Python >= 3.11, and on Debian the package python3-venv.

PYTHON ?= python3
STACK ?= dev
BIN := .venv/bin
WORKERS ?= 3

# A shell that another clone activated must not reach that clone's stacks from here.
ifneq ($(MODELPORT_HOME),$(CURDIR)/.modelport)
ifneq ($(MODELPORT_HOME),)
unexport MODELPORT_HOME BENTOML_HOME PULUMI_BACKEND_URL PULUMI_CONFIG_PASSPHRASE_FILE PULUMI_HOME
endif
endif

# make setup AIRGAP=FILE takes everything from a file of `make airgap` and asks no network.
ifdef AIRGAP
export MODELPORT_AIRGAP := $(AIRGAP)
endif

.DEFAULT_GOAL := help
.PHONY: help setup airgap up preview down status test e2e soak bench mutations fast lint fmt lock wheel clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Environment, packages and the Pulumi engine (minutes the first time, then nothing)
	@$(PYTHON) scripts/bootstrap.py

up: setup ## Train, check and deploy what the stack file names (STACK=dev)
	@$(BIN)/modelport up --stack $(STACK)

preview: setup ## Show what `make up` would change
	@$(BIN)/modelport preview --stack $(STACK)

down: setup ## Remove what is deployed
	@$(BIN)/modelport down --stack $(STACK)

status: setup ## Show what is live
	@$(BIN)/modelport status --stack $(STACK)

# Types are checked by one process for minutes, so the tests do not wait for them.
test: setup ## All checks and tests of every change
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/ruff check --quiet
	@mkdir -p .modelport; $(BIN)/basedpyright --level error >.modelport/types.log 2>&1 & types=$$!; \
	$(BIN)/pytest -q -n $(WORKERS) --dist worksteal --durations=25; tests=$$?; \
	wait $$types || { cat .modelport/types.log; exit 1; }; exit $$tests
	@if $(BIN)/modelport schema --help >/dev/null 2>&1; then $(BIN)/modelport schema --check; fi
	@$(BIN)/python scripts/check_wheel.py

e2e: setup ## Long end-to-end runs: stories in a fresh clone, set-up from nothing
	@$(BIN)/pytest -q -m 'e2e and not soak' -n $(WORKERS) --dist loadscope --durations=25 $$(grep -rlw --include='test_*.py' e2e tests)

soak: setup ## Long campaigns: 250 killed updates, 100 bad canaries, mutated requests, more lives (hours)
	@mkdir -p .modelport
	@PYTHONPATH=tests $(BIN)/python -u -m killing 200 | tee .modelport/soak-killing.log
	@PYTHONPATH=tests $(BIN)/python -u -m sharing 100 | tee .modelport/soak-sharing.log
	@MODELPORT_EXAMPLES=1000 $(BIN)/pytest -q --timeout 7200 tests/serving/test_every_protocol.py | tee .modelport/soak-protocols.log
	@MODELPORT_EXAMPLES=10000 $(BIN)/pytest -q --timeout 7200 -n $(WORKERS) tests/policies/test_properties.py | tee .modelport/soak-policies.log
	@MODELPORT_EXAMPLES=100 $(BIN)/pytest -q --timeout 7200 tests/serving/test_openapi.py | tee .modelport/soak-openapi.log
	@$(BIN)/pytest -q -m 'e2e or soak' -n $(WORKERS) --dist loadscope tests/platforms tests/conformance tests/policies tests/provider/test_vertex_killed.py tests/images/test_docker_service.py tests/cluster/test_on_prem_service.py tests/cluster/test_shadow.py tests/cluster/test_autoscaling.py | tee .modelport/soak-deployments.log
	@MODELPORT_KILLS=50 $(BIN)/pytest -q -s -m e2e tests/provider/test_vertex_killed_engine.py | tee .modelport/soak-vertex.log

bench: setup ## Time to the first prediction and throughput, beside others (needs wrk)
	@$(BIN)/python -m bench.first_prediction
	@$(BIN)/python -m bench.throughput
	@$(BIN)/python -m bench.offline_preview
	@$(BIN)/python -m bench.policy_preview
	@$(BIN)/python -m bench.kubernetes_preview
	@if command -v docker >/dev/null; then $(BIN)/python -m bench.image_rebuild; fi
	@$(BIN)/python -m bench.report

mutations: setup ## Mutation testing of the policy rules (about 20 minutes)
	@$(BIN)/python -m bench.policy_mutations
	@$(BIN)/python -m bench.report

fast: setup ## Unit tests only, in seconds
	@$(BIN)/pytest -q -n $(WORKERS) --dist worksteal -m 'not e2e and not engine and not soak' --ignore=tests/setup

lint: setup ## Formatting, lint and types
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/ruff check --quiet
	@$(BIN)/basedpyright --level error

fmt: setup ## Format and fix what can be fixed
	@$(BIN)/ruff format --quiet
	@$(BIN)/ruff check --quiet --fix

lock: setup ## Pin what pyproject.toml asks for, in both lock files (UPGRADE=1: the newest of all)
	@$(BIN)/uv pip compile --quiet $(if $(UPGRADE),--upgrade) --generate-hashes --universal --python-version 3.11 \
		--no-emit-index-url --no-header --output-file requirements-uv.lock requirements-uv.in
	@$(BIN)/uv pip compile --quiet $(if $(UPGRADE),--upgrade) --generate-hashes --universal --python-version 3.11 \
		--no-emit-index-url --no-header --group dev --output-file requirements.lock pyproject.toml

airgap: setup ## Pack packages and engine into one file for a site without a network
	@$(BIN)/python scripts/airgap.py

wheel: setup ## Build the wheel into dist/
	@$(BIN)/python scripts/check_wheel.py
	@$(BIN)/python -m hatchling build -t wheel

clean: ## Remove the environment and tool caches; state in .modelport stays
	@rm -rf .venv dist build .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -not -path './.modelport/*' -prune -exec rm -rf {} +
