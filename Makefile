# `make build` and `make test` do all their own set-up: they need Python 3.11 to 3.13 and make.

VENV := .venv
BOUNCER := .venv-bouncer
CLOUDS := .venv-clouds
BIN := $(VENV)/bin

# Where to look for a Python, in this order; `make build PYTHON=/path/to/python` says which.
PYTHONS := $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python)

PIP := -m pip install -qq --disable-pip-version-check
# Wheels only: building one from source would download build tools that no lock pins.
LOCKED := $(PIP) --require-hashes --only-binary :all:
PACKAGE := $(PIP) --no-index --no-deps --no-build-isolation --editable .
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-strip-extras --no-header --no-annotate --no-emit-index-url --no-emit-find-links

# The checks have folders of their own, apart from those of a build: they neither wait for its
# lock nor change what it made.
CHECKS := target/checks
DBT := $(BIN)/dbt --quiet --warn-error --log-path $(CHECKS)/logs

# The comparison with Spark takes minutes and needs Java: `make test LIFTMART_TEST_SPARK=1` runs it.
SPARK := $(if $(LIFTMART_TEST_SPARK),$(VENV)/.spark)
export LIFTMART_TEST_SPARK

# Checks share environments and folders: `make -j` must not run two at once.
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help build test lint lint-python lint-yaml lint-sql lint-dbt check-build pytest format \
	lock clean

help: ## Show the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1#\2/p' Makefile \
		| while IFS='#' read -r name text; do printf 'make %-12s %s\n' "$$name" "$$text"; done

build: $(VENV)/.runtime ## Build, test and publish the demo shop, and show its KPIs
	@$(BIN)/liftmart build --source demo

test: lint check-build pytest ## Run everything that CI runs

lint: lint-python lint-yaml lint-sql lint-dbt ## Run every linter

lint-python: $(VENV)/.dev ## Lint the Python: ruff, mypy
	@echo "== ruff, mypy"
	@$(BIN)/ruff check --quiet --output-format concise
	@$(BIN)/ruff format --check --quiet || { \
		echo "Not formatted; 'make format' does it:" >&2; $(BIN)/ruff format --check >&2; exit 1; }
	@$(BIN)/mypy --no-error-summary

lint-yaml: $(VENV)/.dev ## Lint the YAML: yamllint
	@echo "== yamllint"
	@$(BIN)/yamllint --strict .

lint-sql: $(VENV)/.dev ## Lint the SQL: sqlfluff
	@echo "== sqlfluff"
	@mkdir -p $(CHECKS)
	@$(call fluff,$(CHECKS)/sqlfluff.txt,models analyses tests)
	@$(call fluff,$(CHECKS)/sqlfluff-ga4.txt,--config .sqlfluff-ga4 models/staging/ga4)
	@skipped=$$(grep -h "Skipped file" $(CHECKS)/sqlfluff.txt | grep -v /models/staging/ga4/; \
		grep -h "Skipped file" $(CHECKS)/sqlfluff-ga4.txt); \
		test -z "$$skipped" || { echo "$$skipped" >&2; exit 1; }

fluff = DBT_TARGET_PATH=$(CHECKS)/sqlfluff DBT_LOG_PATH=$(CHECKS)/logs \
	$(BIN)/sqlfluff lint --processes 0 --disable-progress-bar $(2) >$(1) 2>&1 || { cat $(1) >&2; exit 1; }

lint-dbt: $(VENV)/.dev $(BOUNCER)/.ready ## Lint the project for each source: dbt parse, dbt-bouncer
	@for source in demo canonical ga4; do \
		echo "== dbt parse, dbt-bouncer: source $$source"; \
		$(DBT) --no-partial-parse parse --target lint --vars "{source: $$source}" \
			--target-path "$(CHECKS)/$$source/target" || exit 1; \
		$(call bounce,$(CHECKS)/$$source,manifest_checks) || exit 1; \
	done

check-build: $(VENV)/.dev $(BOUNCER)/.ready ## Build the demo with plain dbt, and compare it with its documentation
	@echo "== dbt build, dbt-bouncer"
	@rm -rf $(CHECKS)/build && mkdir -p $(CHECKS)/build/warehouse
	@LIFTMART_WAREHOUSE=$(CHECKS)/build/warehouse $(DBT) build \
		--target-path $(CHECKS)/build/target
	@LIFTMART_WAREHOUSE=$(CHECKS)/build/warehouse $(DBT) docs generate --no-compile \
		--target-path $(CHECKS)/build/target
	@$(call bounce,$(CHECKS)/build,catalog_checks)

# dbt-bouncer cuts its messages to the width of the terminal: let it have a wide one.
bounce = DBT_PROJECT_DIR="$(CURDIR)/$(1)" COLUMNS=240 $(BOUNCER)/bin/dbt-bouncer run \
	--only $(2) --show-all-failures >"$(1)/bouncer.txt" 2>&1 || { cat "$(1)/bouncer.txt" >&2; false; }

pytest: $(VENV)/.dev $(BOUNCER)/.ready $(CLOUDS)/.ready $(SPARK) ## Run the Python tests; PYTEST_ARGS='-k name' picks some
	@echo "== pytest"
	@$(BIN)/pytest --quiet --numprocesses auto --dist loadfile $(PYTEST_ARGS)

format: $(VENV)/.dev ## Format the Python, and fix what ruff can
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

lock: $(VENV)/.dev ## Write the locks from the .in files; UPGRADE=--upgrade moves every pin
	@$(UV_COMPILE) $(UPGRADE) requirements-dev.in -o requirements-dev.txt
	@$(UV_COMPILE) $(UPGRADE) requirements.in -c requirements-dev.txt -o requirements.txt
	@$(UV_COMPILE) $(UPGRADE) requirements-postgres.in -c requirements-dev.txt -o requirements-postgres.txt
	@$(UV_COMPILE) $(UPGRADE) requirements-bouncer.in -o requirements-bouncer.txt
	@$(UV_COMPILE) $(UPGRADE) requirements-spark.in -c requirements-dev.txt -o requirements-spark.txt
	@$(UV_COMPILE) $(UPGRADE) requirements-snowflake.in -o requirements-snowflake.txt
	@for cloud in bigquery databricks; do $(UV_COMPILE) $(UPGRADE) requirements-$$cloud.in \
		-c requirements-snowflake.txt -o requirements-$$cloud.txt || exit 1; done

clean: ## Remove the environments, caches and dbt's output; the warehouse stays
	rm -rf $(VENV) $(BOUNCER) $(CLOUDS) target logs .mypy_cache .pytest_cache .ruff_cache .hypothesis

# An environment whose Python is gone, or that was moved with its folder, is made anew.
$(foreach env,$(VENV) $(BOUNCER) $(CLOUDS),$(shell test -x $(env)/bin/python \
	&& test "$$(cat $(env)/.made-in 2>/dev/null)" = "$(CURDIR)" || rm -f $(env)/.made-in))

%/.made-in:
	@for python in $(PYTHONS); do \
		"$$python" -c 'import ensurepip, sys, venv; \
			sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || continue; \
		"$$python" -m venv --clear $* && echo "$(CURDIR)" >$@; exit; \
	done; \
	echo "liftmart needs Python 3.11, 3.12 or 3.13 with its venv module, and found none as:" \
		"$(PYTHONS). Say where it is: make PYTHON=/path/to/python" >&2; exit 1

$(VENV)/.runtime: requirements.txt pyproject.toml $(VENV)/.made-in
	@echo "Installing what liftmart needs into $(VENV) (once)"
	@$(BIN)/python $(LOCKED) -r requirements.txt
	@$(BIN)/python $(PACKAGE)
	@touch $@

# The requirements of the tests contain those of the command, at the same versions.
$(VENV)/.dev: requirements-dev.txt pyproject.toml $(VENV)/.made-in
	@echo "Installing what the tests need into $(VENV) (once)"
	@$(BIN)/python $(LOCKED) -r requirements-dev.txt
	@$(BIN)/python $(PACKAGE)
	@touch $(VENV)/.runtime $@

$(BOUNCER)/.ready: requirements-bouncer.txt $(BOUNCER)/.made-in
	@echo "Installing dbt-bouncer into $(BOUNCER) (once)"
	@$(BOUNCER)/bin/python $(LOCKED) -r requirements-bouncer.txt
	@touch $@

# pyspark comes as a source package alone: it is Spark's jars, there is nothing to compile.
$(VENV)/.spark: requirements-spark.txt $(VENV)/.dev
	@echo "Installing Spark into $(VENV) (once)"
	@$(BIN)/python $(LOCKED) --no-binary pyspark --no-build-isolation -r requirements-spark.txt
	@touch $@

# One environment for the three: their locks name the same versions.
CLOUD_LOCKS := requirements-bigquery.txt requirements-snowflake.txt requirements-databricks.txt
$(CLOUDS)/.ready: $(CLOUD_LOCKS) $(CLOUDS)/.made-in
	@echo "Installing the adapters of the clouds into $(CLOUDS) (once)"
	@$(CLOUDS)/bin/python $(LOCKED) $(addprefix -r ,$(CLOUD_LOCKS))
	@touch $@
