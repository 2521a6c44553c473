# The developer's menu. `make demo` and `make test` work on a fresh machine with Python 3.11 or newer.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
TORCH := torch==2.13.0
STUDIES ?= $(basename $(notdir $(wildcard src/masquerade/studies/*_*.toml)))
JOBS ?= 2
ENOUGH := OMP_NUM_THREADS=1

.PHONY: demo test check check-page bench studies quick docs wheel clean

demo: $(VENV)/.demo ## install, and run the whole story on built-in faces; prints where the report is
	$(BIN)/masquerade demo -o out/demo --overwrite
	@echo "To call it: $(BIN)/masquerade --help   (or once in a shell: . $(BIN)/activate; then masquerade --help)"

test: $(VENV)/.dev ## install, and run all tests; as root, PostgreSQL and Chromium too, from Debian's packages
	$(ENOUGH) $(BIN)/pytest -n 2 $(TEST_OPTIONS)

check: $(VENV)/.dev check-page ## format, lint, types, and which room may import which; of the page too, where Node is
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The built page is committed, so that a machine without Node, or without npm's registry, can run, test and package everything but
# the page's own checks.
check-page: ## the page's format, lint, types and unit tests; says so and passes where its tools cannot be had
	@if ! command -v npm >/dev/null || ! node page/node_version.js; then \
	  echo "The page was not checked: this needs Node 20.19 or newer, with npm."; \
	elif ! $(MAKE) --no-print-directory page/node_modules/.installed; then \
	  echo "The page was not checked: npm could not install its tools."; \
	else cd page && npm run --silent check; fi

page/node_modules/.installed: page/package-lock.json
	cd page && npm ci --silent --no-audit --no-fund
	touch $@

bench: $(VENV)/.dev ## what is timed against what; writes bench/results.json
	$(BIN)/python -m bench

studies: $(VENV)/.dev studies/models ## every study at the laptop profile, the results page and the leaderboard; needs MASQUERADE_DATA
	$(BIN)/masquerade study run $(STUDIES) --profile laptop --jobs $(JOBS) -o out/studies
	for name in $(STUDIES); do cp out/studies/$$name/report.json studies/results/$$name.json; done
	$(BIN)/python studies/stale.py
	$(BIN)/python studies/verdicts.py
	$(BIN)/python studies/results_page.py
	$(BIN)/python studies/leaderboard_page.py
	$(BIN)/python studies/advice.py
	$(BIN)/python studies/collusion_extract.py

quick: $(VENV)/.dev ## every study at the quick profile, and what each takes of one core; needs MASQUERADE_DATA
	$(BIN)/python studies/quick.py

# HyperObf's networks for photos of 64 pixels, what Crafter is compared with, and another generator: too large or too many
# to keep here, trained in an hour and a half.
studies/models: | $(VENV)/.dev
	$(BIN)/python studies/train_hyperobf.py $(MASQUERADE_DATA) $@
	$(BIN)/python studies/train_crafter_baselines.py $(MASQUERADE_DATA) $@
	$(BIN)/python studies/train_crafter.py $(MASQUERADE_DATA) $@ --only faces-g2

docs: $(VENV)/.dev ## the documentation as a site, in out/site; a link that leads nowhere fails
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict
	@echo out/site/index.html

wheel: $(VENV)/.dev ## the sdist, and the wheel built from it
	$(BIN)/python -m build --outdir dist .

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip

# torch goes first, by itself: asked for by another package, pip may take a build of several gigabytes.
$(VENV)/.torch: | $(VENV)/bin/python
	$(BIN)/pip install --quiet $(TORCH)
	touch $@

$(VENV)/.demo: $(VENV)/.torch pyproject.toml
	$(BIN)/pip install --quiet --editable '.[demo]'
	touch $@

$(VENV)/.dev: $(VENV)/.torch pyproject.toml
	$(BIN)/pip install --quiet --editable '.[demo,dev,docs,examiners,service]'
	touch $@ $(VENV)/.demo

clean:
	rm -rf out dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
