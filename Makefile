# Two commands: `make run` starts the dashboard, `make test` runs every test. Both set up what they need.
# A comment with two hashes behind a target is what `make help` prints.

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
# the newest Python that everything here is tested with
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
CHROMIUM := /usr/bin/chromium
COMPILE := $(VENV)/tools/bin/uv pip compile --generate-hashes --universal --python-version 3.11 --quiet \
	--no-annotate --no-emit-index-url --custom-compile-command "make lock"
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help run worker test test-in-browsers test-without soak bench check docs setup setup-tests browser openid lock audit clean

help:  ## print this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | sort | awk -F'\t' '{ printf "  make %-18s %s\n", $$1, $$2 }'

run: setup  ## start the dashboard at http://localhost:8501
	@$(BIN)/streamlit run dashboard.py

worker: setup  ## run loads in a process of their own, with WORKERS=external
	@$(BIN)/python -m integrations worker

test: setup-tests browser openid  ## run every check and test, a real browser included
	@$(MAKE) --no-print-directory --jobs 2 test-in-browsers test-without

test-in-browsers: setup-tests  ## only the tests in a real browser
	@$(BIN)/python -m pytest tests/browser

test-without: check  ## only the tests without a browser, and the checks
	@$(BIN)/python -m pytest --ignore tests/browser

soak: setup-tests  ## repeat for over an hour what has to hold every time, and print the counts
	@$(BIN)/python -m pytest --soak

bench: $(VENV)/.installed-for-bench  ## measure loading, filters and searches beside others; ARGS="--size L --only hubspot" or "--answers"
	@$(BIN)/python -m benchmarks $(ARGS)

check: setup-tests  ## lint and check types
	@$(BIN)/ruff check -q .
	@$(BIN)/ruff format -q --check .
	@$(BIN)/mypy

docs: setup-tests  ## write docs/fields.md again, from the code
	@$(BIN)/python tests/fields_doc.py

setup: $(VENV)/.installed

setup-tests: $(VENV)/.installed-for-tests

$(VENV)/.installed: requirements.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "Python's venv is missing: apt-get install python3-venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what the dashboard needs (once)…"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.installed-for-tests: $(VENV)/.installed tests/requirements.lock
	@echo "Installing what the tests need (once)…"
	@$(BIN)/python -m pip install --quiet --require-hashes -r tests/requirements.lock
	@touch $@

# the OpenID provider that signing in is tested with
openid: tests/browser/openid/node_modules

tests/browser/openid/node_modules: tests/browser/openid/package-lock.json
	@command -v npm >/dev/null || { test "$$(id -u)" = 0 && test -f /etc/debian_version && \
		echo "Installing Node.js (once)…" && apt-get update -qq && apt-get install -y -qq nodejs npm >/dev/null; } \
		|| { echo "The tests of signing in need Node.js 18 or newer, with npm."; exit 1; }
	@npm ci --prefix tests/browser/openid --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null
	@touch $@

$(VENV)/.installed-for-bench: $(VENV)/.installed requirements-bench.txt
	@$(BIN)/python -m pip install --quiet -r requirements-bench.txt
	@touch $@

# apart, so that what these bring along does not mix with what the dashboard runs on
$(VENV)/tools: $(VENV)/.installed
	@$(PYTHON) -m venv $@
	@$@/bin/pip install --quiet uv==0.13.9 pip-audit==2.10.1

# Debian's Chromium where it can be installed, else the one that Playwright downloads
browser: setup-tests
	@if [ -x $(CHROMIUM) ]; then :; \
	elif [ "$$(id -u)" = 0 ] && [ -f /etc/debian_version ]; then \
		echo "Installing Chromium (once)…"; apt-get update -qq && apt-get install -y -qq chromium >/dev/null; \
	else $(BIN)/playwright install chromium; fi

lock: $(VENV)/tools  ## pin what the requirements bring along, with hashes
	@sed '/^# for tests/,$$d' requirements.txt | $(COMPILE) - --output-file requirements.lock
	@$(COMPILE) requirements.txt tests/requirements.txt --constraint requirements.lock \
		--output-file tests/requirements.lock

audit: $(VENV)/tools  ## look for known weaknesses of what is installed
	@$(VENV)/tools/bin/pip-audit --disable-pip --require-hashes -r requirements.lock

clean:  ## delete what setting up has installed
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
