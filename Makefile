# Two commands do all: `make demo` shows it, `make test` proves it. Each makes its own .venv.
.PHONY: demo test app browser broker check bench faults docs clean
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# Hundreds of processes start in a run: compiled modules are kept, whatever the shell says.
export PYTHONDONTWRITEBYTECODE :=

demo: $(VENV)/.server
	$(BIN)/python hatch_build.py --optional
	$(BIN)/unbroken-server demo $(ARGS)

test: $(VENV)/.dev app browser broker
	$(BIN)/python hatch_build.py --test
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

# The app, where its sources changed; with Node from the system or from a package in .venv.
app: $(VENV)/.dev
	$(BIN)/python hatch_build.py

# A Chromium for tests/browser; where none can be had, those tests say so and are left out.
browser:
	sh .ci/find_chromium.sh

# A Mosquitto for the tests of MQTT; where none can be had, those tests say so and are left out.
broker:
	sh .ci/find_mosquitto.sh

# Style, types and the direction of imports.
check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Ratios beside a floor and a peer, printed as tables; some minutes.
bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench $(ARGS)

# The kill test at full count: 200 times on each database.
faults: $(VENV)/.dev
	UNBROKEN_KILLS=200 $(BIN)/python -m pytest -s tests/fault $(ARGS)

# The reference pages, made from the code.
docs: $(VENV)/.dev
	$(BIN)/python -m docs.generate
	$(BIN)/python -m docs.web_events
	$(BIN)/python -m docs.web_words

clean:
	rm -rf $(VENV) clients/web/dist clients/web/dist-verifier clients/web/node_modules clients/web/.built .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

$(VENV)/.python: .ci/make_venv.sh
	PYTHON="$(PYTHON)" sh .ci/make_venv.sh $(VENV)
	touch $@

$(VENV)/.server: $(VENV)/.python pyproject.toml
	UNBROKEN_APP=skip $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[server]'
	touch $@

$(VENV)/.dev: $(VENV)/.python pyproject.toml
	UNBROKEN_APP=skip $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@ $(VENV)/.server
