# make demo   installs and draws handwriting no one has written (about 7 minutes on two cores)
# make test   installs and runs the tests
# make check  what CI runs: ruff, mypy, tests
# make fuzz   10,000 damaged files and command lines (CASES and SEED choose; about half an hour)
# make storm  100 kills at random moments (KILLS and SEED choose; about a quarter of an hour)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet -c constraints.txt

.PHONY: demo test check lint fuzz storm clean

demo: $(VENV)/installed
	$(BIN)/fontgan demo -o demo

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadgroup

check: lint test

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

CASES ?= 10000
KILLS ?= 100
SEED ?= 1

fuzz: $(VENV)/installed-dev
	$(BIN)/python -m tests.fuzz --known --cases $(CASES) --seed $(SEED) --keep fuzz-failures

storm: $(VENV)/installed-dev
	$(BIN)/python -m tests.storm --kills $(KILLS) --seed $(SEED)

clean:
	rm -rf $(VENV) build dist *.egg-info demo

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) -e .
	touch $@

$(VENV)/installed-dev: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) -e .[dev]
	touch $@ $(VENV)/installed
