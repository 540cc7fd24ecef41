.DEFAULT_GOAL := help
.PHONY: help run test lint bench manage shell lock messages clean
PYTHON_HERE := .venv/bin/python
ARGS ?=

help:  ## List the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

run:  ## Start everything, from nothing if need be; PORT=8001 chooses another port; Ctrl-C stops it
	@sh running/bootstrap.sh
	@exec $(PYTHON_HERE) -m running --follow-parent

test:  ## Run all tests, side by side; ARGS="tests/processing -x" chooses some
	@sh running/bootstrap.sh --with-tests
	@exec $(PYTHON_HERE) -m pytest $(or $(ARGS),-n auto --maxprocesses 4 --dist loadfile)

lint:  ## Check style, format, types and the direction of imports
	@sh running/bootstrap.sh
	$(PYTHON_HERE) -m ruff check .
	$(PYTHON_HERE) -m ruff format --check .
	$(PYTHON_HERE) -m mypy
	.venv/bin/lint-imports

bench:  ## Print the figures of the benchmarks; ARGS="engine --preset large" runs one of them with options
	@sh running/bootstrap.sh
	@if [ -n "$(ARGS)" ]; then set -- $(ARGS); name=$$1; shift; exec $(PYTHON_HERE) tests/benchmarks/bench_$$name.py "$$@"; fi; \
		for benchmark in tests/benchmarks/bench_*.py; do echo "== $$benchmark"; $(PYTHON_HERE) $$benchmark || exit 1; done

manage:  ## Run a management command with the servers up: make manage ARGS="createsuperuser"
	@sh running/bootstrap.sh
	@exec $(PYTHON_HERE) -m running -- python manage.py $(ARGS)

shell:  ## Open a Python shell with the servers up
	@sh running/bootstrap.sh
	@exec $(PYTHON_HERE) -m running -- python manage.py shell

lock:  ## Pin all libraries anew, with hashes, after a change of pyproject.toml
	@sh running/bootstrap.sh
	.venv/bin/uv pip compile -q pyproject.toml --all-extras --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-header --python-version 3.11 -o requirements.lock

messages:  ## Gather the texts anew for translators, then compile locale/; needs GNU gettext, running the site does not
	@sh running/bootstrap.sh
	$(PYTHON_HERE) manage.py engine_texts
	$(PYTHON_HERE) manage.py makemessages --locale fr --no-wrap --add-location file --no-obsolete \
		--ignore .venv --ignore var --ignore tests --ignore static --ignore docs --ignore running
	$(PYTHON_HERE) manage.py compilemessages --locale fr --ignore .venv --ignore var

clean:  ## Remove all that was made here: data, orders, libraries, caches
	@mkdir -p var && flock -n var/lock true || { echo "The service is running: stop it first." >&2; exit 1; }
	@if [ -L var/servers ]; then rm -rf "$$(readlink var/servers)"; fi
	rm -rf var .venv .mypy_cache .ruff_cache .hypothesis .import_linter_cache build *.egg-info
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
