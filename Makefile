# make demo: the conversation in the terminal, the console beside it. make test: all checks. Both set up what they need.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo demo-web test check format lock bench clean synapse

setup: .venv/.ready

.venv/.ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Recours needs Python 3.11 or later: make PYTHON=python3.12 setup")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: setup
	@echo "The same conversation in a browser: make demo-web, then http://127.0.0.1:8480/"
	$(BIN)/recours demo

demo-web: setup
	$(BIN)/recours chat --web

# The Matrix channel is tested against a real Synapse; its dependencies are many, so they stand apart.
synapse: .venv-synapse/.ready

.venv-synapse/.ready:
	test -x .venv-synapse/bin/python || $(PYTHON) -m venv .venv-synapse
	.venv-synapse/bin/python -m pip install --quiet --disable-pip-version-check matrix-synapse==1.163.0
	touch $@

test: check synapse
	$(BIN)/python -m pytest

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup
	for b in bench/[a-z]*.py; do echo "== $$b"; $(BIN)/python $$b || exit 1; done

# uv writes the pins without an index address; it is not needed to use Recours. The second file leaves the tools of
# developers out: it is what the container installs.
lock:
	uv pip compile pyproject.toml --extra dev --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --universal --output-file requirements.lock
	uv pip compile pyproject.toml --constraint requirements.lock --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --universal --output-file deploy/requirements.lock

clean:
	rm -rf .venv .venv-synapse .mypy_cache .ruff_cache .pytest_cache .hypothesis
