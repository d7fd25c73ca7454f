"""The long form of these tests, and the table of what came of them.

    python -m reliability.soak [--steps 2000] [--save FILE]     (in tests/, as `make soak` does)

Runs every case, many crash points and the property tests under pytest, then one run of many steps while it looks at
the memory. Everything in the table is counted from these outcomes. Exit code 1 if anything failed.
"""
import argparse, gc, sys, time
from collections import Counter
from pathlib import Path
import psutil, pytest
from conftest import ROOT
from lgm_nb.all import Distiller, open_backbone, open_dataset, Settings
from reliability.place import TINY

class Record:
    "Collects what the tests said of themselves."
    def __init__(self): self.cases, self.crashes, self.tests = [], {}, Counter()

    def pytest_runtest_logreport(self, report):
        if report.when != 'call' and not (report.when=='setup' and not report.passed): return
        self.tests[report.outcome] += 1
        said = dict(report.user_properties)
        if 'area' in said: self.cases.append((said['area'], said['outcome'], report.passed))
        if 'points' in said: self.crashes[report.nodeid.partition('[')[2].rstrip(']')] = (said, report.passed)

def grow(steps):
    "Memory of this process in MB, after a tenth of a run of many steps and at its end."
    data = open_dataset('cifar10-mini').subset(['airplane', 'automobile', 'bird'], per_class=20)
    run, measured = Distiller(data, open_backbone(TINY), Settings(steps=steps, augs=1, views=1)), []
    for i, _ in enumerate(run, 1):
        if i not in (steps//10, steps): continue
        gc.collect()
        measured.append(psutil.Process().memory_info().rss/2**20)
    return measured

def rows(record, memory, steps, seconds):
    "The table, line by line."
    areas = list(dict.fromkeys(area for area, _, _ in record.cases))
    yield '| area | cases | right result | one clear error | healed, with a warning | traceback | hang | failed |'
    yield '| --- ' * 8 + '|'
    for area in [*areas, 'all']:
        own = [(outcome, passed) for a, outcome, passed in record.cases if area in (a, 'all')]
        count = Counter(outcome for outcome, _ in own)
        kinds = [count[k] for k in ('works', 'refused', 'healed', 'traceback', 'hang')]
        yield '| ' + ' | '.join(map(str, [area, len(own), *kinds, sum(not passed for _, passed in own)])) + ' |'
    yield ''
    yield '| killed in | operations | kills | survived | something lost |'
    yield '| --- ' * 5 + '|'
    for name, (said, passed) in record.crashes.items():
        yield f"| {name} | {said['operations']} | {said['points']} | {said['survived']} | {said['lost']} |"
    yield ''
    first, last = memory
    yield (f'Memory of a run of {steps:,} steps: {first:.0f} MB after a tenth of it, {last:.0f} MB at its end '
           f'({last - first:+.1f}).')
    tests = ', '.join(f'{n} {outcome}' for outcome, n in record.tests.items())
    yield f'All tests of reliability: {tests}, in {seconds/60:.0f} minutes. Made by `make soak`.'

def main():
    options = argparse.ArgumentParser()
    options.add_argument('--steps', type=int, default=2000)
    options.add_argument('--save', type=Path, default=ROOT/'benchmarks/results/reliability.md')
    given, record, start = options.parse_args(), Record(), time.monotonic()
    folder = str(Path(__file__).parent)
    brief = ['--deselect', 'tests/reliability/test_crashes.py::test_some_kills']
    code = pytest.main([folder, '-q', '-m', 'soak or not soak', *brief, '-p', 'no:cacheprovider'], plugins=[record])
    memory = grow(given.steps)
    text = '\n'.join(['# Reliability', '', *rows(record, memory, given.steps, time.monotonic() - start)]) + '\n'
    given.save.write_text(text, encoding='utf-8')
    print(text)
    sys.exit(int(code != 0))

if __name__=='__main__': main()
