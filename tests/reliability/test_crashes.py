"A process that is killed at any file operation loses nothing: the same command ends what it began."
import json, os, subprocess, sys
import pytest
from conftest import ROOT
from reliability.crashes import SCENARIOS

POINTS = {'save': 16, 'bank': 5, 'wider bank': 2, 'distil': 5, 'resume': 2, 'extend': 3, 'two backbones': 2,
          'overwrite': 4, 'probe': 6, 'report': 6, 'transfer': 3, 'reproduce': 2, 'sweep': 2}
# Points of a scenario in the long form, and when the rest is left out.
MANY, SECONDS = 400, float(os.environ.get('SOAK_SECONDS', 900))

def tried(made, points, seconds=3000):
    "What reliability.crashes says of some scenarios; in a process of its own, which has one thread and can fork."
    paths = os.pathsep.join([str(ROOT/'tests'), str(ROOT)])
    command = [sys.executable, '-m', 'reliability.crashes', made, '--seconds', str(seconds), '--only',
               *(f'{name}={n}' for name, n in points.items())]
    done = subprocess.run(command, cwd=ROOT/'tests',
        capture_output=True, text=True, timeout=3600, env=dict(os.environ, PYTHONPATH=paths, OMP_NUM_THREADS='1'))
    assert done.returncode==0, done.stderr
    return json.loads(done.stdout)

def check(found, record_property):
    for key in ('operations', 'points'): record_property(key, found[key])
    record_property('survived', found['points'] - len(found['faults']))
    faults = [fault for those in found['faults'].values() for fault in those]
    record_property('lost', sum(int(f.split()[1]) for f in faults if f.startswith('lost: ')))
    record_property('wrong', sum(f=='another result' for f in faults))
    record_property('tracebacks', sum(f.startswith('cannot run again') for f in faults))
    assert not found['faults'], found['faults']

@pytest.fixture(scope='module')
def few(made): return tried(made, POINTS) # one process for all: it starts longer than a scenario takes

@pytest.mark.skipif(not hasattr(os, 'fork'), reason='processes cannot be forked here')
@pytest.mark.parametrize('name', SCENARIOS)
def test_some_kills(name, few, record_property): check(few[name], record_property)

@pytest.mark.soak
@pytest.mark.skipif(not hasattr(os, 'fork'), reason='processes cannot be forked here')
@pytest.mark.parametrize('name', SCENARIOS)
def test_many_kills(name, made, record_property):
    "At every operation, as far as count and time allow."
    check(tried(made, {name: MANY}, SECONDS)[name], record_property)
