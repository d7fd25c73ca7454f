"""The long form of these tests, and the table of what came of them.

    python -m reliability.soak [--steps 2000] [--seconds 900] [--save FILE]     (in tests/, as `make soak` does)

Runs every case, a kill at every file operation as far as `--seconds` for each command allow, and the property tests
under pytest, then one run of many steps while it looks at the memory. Everything in the table is counted from these
outcomes. Exit code 1 if anything failed.
"""
import argparse, gc, os, sys, time
from collections import Counter
from pathlib import Path
import psutil, pytest
from conftest import ROOT
from lgm_nb.all import Distiller, open_backbone, open_dataset, Settings
from reliability.found import FOUND, node
from reliability.place import TINY

class Record:
    "Collects what the tests said of themselves."
    def __init__(self): self.cases, self.crashes, self.tests, self.outcomes = [], {}, Counter(), {}

    def pytest_runtest_logreport(self, report):
        if report.when != 'call' and not (report.when=='setup' and not report.passed): return
        self.tests[report.outcome] += 1
        if report.failed: print(f'\n{report.nodeid}\n{report.longreprtext[-3000:]}', file=sys.stderr, flush=True)
        self.outcomes[report.nodeid.removeprefix('tests/')] = report.outcome
        said = dict(report.user_properties)
        if 'area' in said: self.cases.append(dict(said, passed=report.passed))
        if 'points' in said: self.crashes[report.nodeid.partition('[')[2].rstrip(']')] = said

    def of(self, test):
        "How a test of the list of findings ended: in all its variants, if it has some."
        name = node(test)
        found = {v for k, v in self.outcomes.items() if k==name or k.startswith(f'{name}[')}
        return next((word for word in ('failed', 'skipped', 'passed') if word in found), 'not run')

def grow(steps):
    "Memory of this process in MB, after a tenth of a run of many steps and at its end."
    data = open_dataset('cifar10-mini').subset(['airplane', 'automobile', 'bird'], per_class=20)
    run, measured = Distiller(data, open_backbone(TINY), Settings(steps=steps, augs=1, views=1)), []
    for i, _ in enumerate(run, 1):
        if i not in (steps//10, steps): continue
        gc.collect()
        measured.append(psutil.Process().memory_info().rss/2**20)
    return measured

def cases_table(cases):
    "Cases by area."
    yield '| area | cases | right result | one clear error | healed, with a warning | traceback | hang | failed |'
    yield '| --- ' * 8 + '|'
    for area in [*dict.fromkeys(case['area'] for case in cases), 'all']:
        own = [case for case in cases if area in (case['area'], 'all')]
        count = Counter(case['outcome'] for case in own)
        kinds = [count[k] for k in ('works', 'refused', 'healed', 'traceback', 'hang')]
        yield '| ' + ' | '.join(map(str, [area, len(own), *kinds, sum(not case['passed'] for case in own)])) + ' |'

def kills_table(crashes):
    "Kills by scenario."
    yield '| killed in | operations | kills | left out | survived | bytes lost |'
    yield '| --- ' * 6 + '|'
    for name, said in crashes.items():
        left = said['operations'] - said['points']
        yield f"| {name} | {said['operations']} | {said['points']} | {left} | {said['survived']} | {said['lost']} |"

def found_table(record):
    "What was found once, each with its tests and how they ended."
    yield '| found once | tests | now |'
    yield '| --- ' * 3 + '|'
    for sentence, tests in FOUND.items():
        ends = {record.of(test) for test in tests}
        shown = '<br>'.join(f'`{test}`' for test in tests)
        yield f"| {sentence.replace('|', '/')} | {shown} | {', '.join(sorted(ends))} |"

def summary(record, memory, steps):
    "The short list."
    cases, crashes = record.cases, record.crashes.values()
    lost = sum(case['lost'] for case in cases) + sum(said['lost'] for said in crashes)
    count = Counter(case['outcome'] for case in cases)
    wrong = sum(case['wrong'] for case in cases) + sum(said['wrong'] for said in crashes)
    first, last = memory
    yield f'- bytes lost: {lost}'
    yield f"- tracebacks: {count['traceback'] + sum(said['tracebacks'] for said in crashes)}"
    yield f"- hangs: {count['hang']}"
    yield f'- silently wrong: {wrong}'
    yield (f'- growth over a run of {steps:,} steps: {last - first:+.1f} MB (from {first:.0f} MB after a tenth of it '
           f'to {last:.0f} MB)')

def rows(record, memory, steps, seconds):
    "The page, line by line."
    for part in (cases_table(record.cases), kills_table(record.crashes), found_table(record),
                 summary(record, memory, steps)):
        yield from part
        yield ''
    tests = ', '.join(f'{n} {outcome}' for outcome, n in record.tests.items())
    yield f'All tests of reliability: {tests}, in {seconds/60:.0f} minutes. Made by `make soak`.'

def elsewhere():
    "The tests of the list of findings that are not in this folder."
    named = dict.fromkeys(test for tests in FOUND.values() for test in tests if '.py::' in test)
    return [str(ROOT/'tests'/test) for test in named if not test.startswith('reliability/')]

def main():
    options = argparse.ArgumentParser()
    options.add_argument('--steps', type=int, default=2000)
    options.add_argument('--seconds', type=float, help='for the kills of each command')
    options.add_argument('--save', type=Path, default=ROOT/'benchmarks/results/reliability.md')
    given, record, start = options.parse_args(), Record(), time.monotonic()
    folder = str(Path(__file__).parent)
    if given.seconds: os.environ['SOAK_SECONDS'] = str(given.seconds)
    brief = ['--deselect', 'tests/reliability/test_crashes.py::test_some_kills']
    words = ['-q', '-m', 'soak or not soak', *brief, '-p', 'no:cacheprovider']
    code = pytest.main([folder, *elsewhere(), *words], plugins=[record])
    memory = grow(given.steps)
    text = '\n'.join(['# Reliability', '', *rows(record, memory, given.steps, time.monotonic() - start)]) + '\n'
    given.save.write_text(text, encoding='utf-8')
    print(text)
    sys.exit(int(code != 0))

if __name__=='__main__': main()
