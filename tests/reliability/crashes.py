"""Kill a process before each of its file operations, run the command again, and see whether anything is lost.

    python -m reliability.crashes FOLDER [--only NAME[=N] …] [--seconds S]     (in tests/, OMP_NUM_THREADS=1)

FOLDER holds what conftest.make made. Each point is two children of this process: one that dies by SIGKILL at its
k-th operation, and one that runs the command again. N points of a scenario are tried, evenly spaced; all without N.
After S seconds the rest of a scenario is left out; what was tried is then spread evenly, too. Prints one JSON
object: for each scenario the number of operations and of points, and the faults.
"""
import argparse, builtins, io, json, os, shutil, signal, sys, tempfile, time, traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
import safetensors.torch
from tqdm import tqdm
from conftest import run_here
from lgm_nb.cli.terminal import open_both
from lgm_nb.core import contents
from lgm_nb.method.distilled_set import DistilledSet
from lgm_nb.probing.compare import compare
from lgm_nb.views.report import write_report
from reliability.place import hashes, Place, size_of, TINY

class Killer:
    "Counts file operations and dies at one of them: before a rename or a deletion, in the middle of a write."
    def __init__(self, at): self.at, self.n = at, 0

    def dies(self):
        self.n += 1
        return self.n==self.at

    def before(self, operation):
        def counted(*args, **kwargs):
            if self.dies(): os.kill(os.getpid(), signal.SIGKILL)
            return operation(*args, **kwargs)
        return counted

    def opening(self, operation):
        def counted(file, mode='r', *args, **kwargs):
            writes = any(c in mode for c in 'wax+') and not isinstance(file, int)
            dies = writes and self.dies()
            opened = operation(file, mode, *args, **kwargs)
            if dies: os.kill(os.getpid(), signal.SIGKILL) # the file is there, and empty
            return opened
        return counted

    def torn(self, serialize_file):
        def counted(tensors, file, *args, **kwargs):
            dies = self.dies()
            serialize_file(tensors, file, *args, **kwargs)
            if not dies: return
            os.truncate(file, os.stat(file).st_size//2)
            os.kill(os.getpid(), signal.SIGKILL)
        return counted

    def install(self):
        contents._SETTLED = 0. # what is kept of a file would else depend on its age, and so on the load of the machine
        for name in ('replace', 'rename', 'fsync', 'unlink', 'remove', 'rmdir', 'mkdir', 'truncate', 'ftruncate',
                     'link', 'symlink', 'chmod', 'posix_fallocate'):
            setattr(os, name, self.before(getattr(os, name)))
        builtins.open = io.open = self.opening(io.open)
        safetensors.torch.serialize_file = self.torn(safetensors.torch.serialize_file)

def in_child(work, kill_at=None):
    "Do some work in a child; returns how it ended (0, an exit code, or minus a signal), its operations and its error."
    said = tempfile.TemporaryFile()
    if (child := os.fork()) == 0:
        killer, code, error = Killer(kill_at), 0, ''
        try:
            killer.install()
            work()
        except BaseException: code, error = 70, traceback.format_exc()
        os.write(said.fileno(), json.dumps([killer.n, error]).encode())
        os._exit(code)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    said.seek(0)
    return status, *json.loads(said.read() or '[0, ""]')

def command(*words):
    "A command that must succeed."
    def work():
        done = run_here(*words)
        assert done.returncode==0, done.stderr
    return work

@dataclass(frozen=True)
class Scenario:
    prepare: Callable # called with a place, before
    first: Callable # called with a place; returns the work that is killed
    again: Callable # the same, afterwards
    result: Callable # called with a place; what must be as without a kill
    may_change: tuple = () # files from before that the work replaces

def _images(folder): return lambda place: DistilledSet.load(place/folder).images.numpy().tobytes()

def _distil(*more):
    return lambda place: command(*place.distil('photos', 'out', '--steps', 3, '--checkpoint-every', 1, *more))

def _bank(place, *more):
    return command('lgm-bank', '--data', f'folder:{place/"photos"}', '--backbone', TINY, '--views', 1, '--out',
        place/'out', *more)

def _means_alone(place):
    "A bank of class means, to which the features are added."
    place.photos()
    _bank(place, '--keep', 'means')()

def _unfinished(place):
    place.photos()
    place.copy('run')

def _resume(place): return command(*place.distil('photos', 'run', '--steps', 4, '--checkpoint-every', 1, '--resume'))

def _larger(place):
    "A set, and photographs of its classes and another one."
    place.copy('set')
    shutil.copytree(place.photos()/'bird', place/'photos/crow')

def _extend(*more):
    return lambda place: command('lgm-distill', '--extend', place/'set', '--data', f'folder:{place/"photos"}',
        '--steps', 3, '--device', 'cpu', '--checkpoint-every', 1, '--out', place/'out', *more)

def _two(*more): return _distil('--backbone', f'{TINY},tiny-simclr-resnet', '--sources-per-step', 1, *more)

def _reproduce(place):
    return command('lgm-reproduce', 'main', '--data', f'folder:{place.made/"photos"}', '--backbones', TINY, '--preset',
        'default', '--steps', 1, '--seeds', 1, '--protocol', 'ridge', '--device', 'cpu', '--out', place/'out')

def _table(place):
    results = json.loads((place/'out/results.json').read_text())['results']
    return {name: score['top1_mean'] for name, score in results.items()}

def _bank_bytes(place): return [(place/'out'/f'{name}.safetensors').read_bytes() for name in ('features', 'means')]

def _save(overwrite=False):
    def work(place): return lambda: DistilledSet.load(place.made/'set').save(place/'out', overwrite=overwrite)
    return work

def _probe(place): return command(*place.probe('set'))

def _accuracy(place): return json.loads((place/'set/card.json').read_text())['accuracy'][TINY]

def _report(place):
    def work():
        data, backbone = open_both(f'folder:{place.made/"photos"}', TINY)
        distilled = DistilledSet.load(place/'set')
        table = compare(distilled, data, [backbone], ['random'], 'ridge', 1)
        write_report(distilled, data, table, place/"set")
    return work

def _report_is_whole(place):
    page, card = (place/'set/report.html').read_text(), json.loads((place/'set/card.json').read_text())
    return '</html>' in page, 'report.html' in card['files'], json.loads((place/'set/report.json').read_text())['rows']

def _transfer(place):
    return command('lgm-transfer', '--data', f'folder:{place.made/"photos"}', '--backbones', TINY, '--steps', 1,
        '--seeds', 1,
                   '--protocol', 'ridge', '--baselines', 'random', '--cache', place/'keep', '--out', place/'out')

def _records(place): return [r.get('top1_mean') for r in json.loads((place/'out/transfer.json').read_text())['records']]

def _grid(place):
    place.write('grid.toml', f'[grid]\ndata = "folder:{place.made/"photos"}"\nbackbone = "{TINY}"\nsteps = [1, 2]\n'
                             'augs = 1\nviews = 1\n')

def _sweep(place): return command('lgm-sweep', place/'grid.toml', '--out', place/'out', '--seeds', 1, '--device', 'cpu')

def _sweep_scores(place): return [r['top1_mean'] for r in json.loads((place/'out/results.json').read_text())]

SCENARIOS = {
    'save': Scenario(lambda place: None, _save(), _save(overwrite=True), _images('out')),
    'bank': Scenario(Place.photos, _bank, _bank, _bank_bytes),
    'wider bank': Scenario(_means_alone, _bank, _bank, _bank_bytes, ('out/*',)),
    'distil': Scenario(Place.photos, _distil(), _distil('--resume'), _images('out')),
    'resume': Scenario(_unfinished, _resume, _resume, _images('run'), ('run/checkpoint*',)),
    'extend': Scenario(_larger, _extend(), _extend('--resume'), _images('out')),
    'two backbones': Scenario(Place.photos, _two(), _two('--resume'), _images('out')),
    'overwrite': Scenario(lambda place: (place.photos(), shutil.copytree(place.made/'set', place/'out')),
                          _distil('--overwrite', '--seed', 1), _distil('--overwrite', '--seed', 1), _images('out'),
                              ('out/*', 'out/images/*')),
    'probe': Scenario(lambda place: place.copy('set'), _probe, _probe, _accuracy, ('set/card.json',)),
    'report': Scenario(lambda place: place.copy('set'), _report, _report, _report_is_whole, ('set/card.json',)),
    'transfer': Scenario(lambda place: None, _transfer, _transfer, _records),
    'reproduce': Scenario(lambda place: None, _reproduce, _reproduce, _table),
    'sweep': Scenario(_grid, _sweep, _sweep, _sweep_scores)}

def _started(scenario, made, folder):
    "A new place for a scenario, with a note of somebody else and a cache of its own."
    place = Place(folder, made)
    os.environ['LGM_NB_CACHE'] = str(folder/'cache')
    scenario.prepare(place)
    place.write('out/notes.txt', 'mine')
    return place, hashes(folder)

def _faults(scenario, place, before, expected):
    "What is wrong after a kill and a second run."
    after = hashes(place.folder)
    for name, h in before.items():
        if after.get(name)==h or any(Path(name).match(p) for p in scenario.may_change): continue
        yield f'lost: {size_of(h)} bytes of {name}'
    yield from (f'left behind: {n}' for n in set(after) - set(before) if n.endswith('.tmp') or '.tmp/' in n)
    if scenario.result(place) != expected: yield 'another result'

def _one_point(scenario, made, k, expected):
    "Kill at the k-th operation, run again; yields faults."
    with tempfile.TemporaryDirectory() as folder:
        place, before = _started(scenario, made, Path(folder))
        status, _, error = in_child(scenario.first(place), k)
        if status != -signal.SIGKILL: yield f'was not killed: {status} {error}'
        status, _, error = in_child(scenario.again(place))
        if status != 0: yield f'cannot run again: {error[-1500:]}'
        else: yield from _faults(scenario, place, before, expected)

def warm_up(scenario, made):
    "Run a scenario in this process, so that its children find every module imported."
    tqdm.monitor_interval = 0 # no thread beside the one that forks
    with tempfile.TemporaryDirectory() as folder: scenario.first(_started(scenario, made, Path(folder))[0])()

def try_scenario(scenario, made, points=None, seconds=None):
    "Try a scenario; returns its operations, the points tried, and the faults of each."
    warm_up(scenario, made)
    with tempfile.TemporaryDirectory() as folder:
        place, before = _started(scenario, made, Path(folder))
        status, total, error = in_child(scenario.first(place))
        assert status==0, error
        expected = scenario.result(place)
        faults = {'undisturbed': list(_faults(scenario, place, before, expected))}
    end, tried = time.monotonic() + (seconds or 1e9), 0
    for k in _order(total, min(points or total, total)):
        if time.monotonic() > end: break
        faults[k] = list(_one_point(scenario, made, k, expected))
        tried += 1
    return dict(operations=total, points=tried, faults={k: f for k, f in faults.items() if f})

def _order(total, n):
    "Some of the numbers from 1 to `total`, evenly spaced, and in an order of which every part is so, too."
    chosen = sorted({1 + i*(total - 1)//max(n - 1, 1) for i in range(n)})
    return [chosen[i] for i in sorted(range(len(chosen)), key=lambda i: i*.6180339887%1)]

def main():
    options = argparse.ArgumentParser()
    options.add_argument('folder', type=Path)
    options.add_argument('--only', nargs='+', default=list(SCENARIOS))
    options.add_argument('--seconds', type=float)
    given, out = options.parse_args(), {}
    for name, _, points in (text.partition('=') for text in given.only):
        out[name] = try_scenario(SCENARIOS[name], given.folder, int(points) if points else None, given.seconds)
        print(name, out[name], file=sys.stderr, flush=True)
    print(json.dumps(out))

if __name__=='__main__': main()
