"What the benchmarks share."
import argparse, ctypes, json, math, os, platform, shlex, statistics, sys, time
from pathlib import Path
import torch
from lgm_nb.core.files import key_of
from lgm_nb.data.dataset import Dataset
from lgm_nb.method.runs import cached_set, run_facts
from lgm_nb.probing.compare import paired_interval

def parser(doc):
    p = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--json', action='store_true', help='accepted for uniformity; the last line is JSON always')
    p.add_argument('--save', type=Path, help='also write the object to this file, and its plot beside it')
    return p

def add_numbers(p, **defaults):
    "Add options that take a whole number."
    for name, value in defaults.items(): p.add_argument(f"--{name.replace('_', '-')}", type=int, default=value)

def numbers(text):
    "Whole numbers, separated by commas."
    return tuple(int(n) for n in text.split(','))

def floats(text):
    "Numbers, separated by commas."
    return tuple(float(n) for n in text.split(','))

def words(text):
    "Names, separated by commas."
    return tuple(text.split(','))

def command(main):
    "The command as given, without places on this machine."
    own = ('--save', '--keep', '--out', '--caltech', '--cifar', '--photos', '--data')
    given = [a for i, a in enumerate(sys.argv[1:], 1) if a not in own and sys.argv[i - 1] not in own]
    name = main.__module__ if main.__module__ != '__main__' else f'benchmarks.{Path(sys.argv[0]).stem}'
    return 'python -m ' + shlex.join([name, *given])

def _save(out, file):
    "Write an object, and its plot if it has one."
    from benchmarks.plots import PLOTS, plot
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(out, indent=1) + '\n'
    file.write_text(text)
    if out['benchmark'] in PLOTS: plot(json.loads(text)).save(file.with_suffix('.png'))

def run(main, p):
    "Parse, run, print the object as the last line."
    args = vars(p.parse_args())
    args.pop('json')
    save = args.pop('save')
    load = os.getloadavg()[0] if hasattr(os, 'getloadavg') else None # a busy machine shows here
    out = dict(command=command(main), **main(**args))
    out['machine'] = dict(cores=os.cpu_count(), threads=torch.get_num_threads(), load_before=load,
                          torch=torch.__version__, python=platform.python_version())
    if save: _save(out, save)
    print(json.dumps(out))

def say(*a): print(*a, file=sys.stderr, flush=True)

def alternate(named, repeats):
    "Call functions in turn, several rounds, after one round to warm up; seconds of each call by name."
    seconds = {name: [] for name in named}
    for i in range(repeats + 1):
        for name, fn in named.items():
            start = time.perf_counter()
            fn()
            if i: seconds[name].append(time.perf_counter() - start)
    return seconds

def middle(values, digits=4): return round(statistics.median(values), digits)

def ratio(above, below):
    "Median of the ratios of neighbouring measurements, so that a change of load meets both."
    return round(statistics.median(a/b for a, b in zip(above, below)), 2)

def ratio_interval(above, below):
    "The 95 % interval (Student) of the mean ratio of neighbouring measurements, on a scale of logarithms."
    logs = torch.tensor(above, dtype=torch.float64).log() - torch.tensor(below, dtype=torch.float64).log()
    return [round(math.exp(end), 3) for end in paired_interval(logs, torch.zeros_like(logs))[1:]]

def _status(key):
    "A line of /proc/self/status, in bytes."
    return next(int(line.split()[1])*1024 for line in open('/proc/self/status') if line.startswith(key))

def peak(fn):
    "Bytes by which the resident memory of this process rises at most while `fn` runs (Linux)."
    ctypes.CDLL(None).malloc_trim(0) # else what earlier work has freed is filled first, and does not show
    Path('/proc/self/clear_refs').write_text('5') # the high-water mark starts from here
    before = _status('VmRSS:')
    fn()
    return _status('VmHWM:') - before

def in_new_process(fn, *args):
    "Run a function of a module in a fresh process and return its result."
    import concurrent.futures, multiprocessing
    spawn = multiprocessing.get_context('spawn')
    with concurrent.futures.ProcessPoolExecutor(1, spawn) as pool: return pool.submit(fn, *args).result()

def without_test(data, held):
    "The last `held` training images of each class instead of the test split."
    rows = [data.train.rows_of(c) for c in range(len(data.classes))]
    n = [min(held, len(r)//3) for r in rows]
    train = torch.cat([r[:-k] for r, k in zip(rows, n)])
    test = torch.cat([r[-k:] for r, k in zip(rows, n)])
    return Dataset(f'{data.name} held {held}', data.train.subset(train), data.train.subset(test), data.classes)

def mean(values): return sum(values)/len(values)

def interval(values):
    "Mean of some numbers, one per distillation seed, and its interval; None for one number."
    if len(values) < 2: return None
    return [round(v, 2) for v in paired_interval(torch.tensor(values), torch.zeros(len(values)))[1:]]

def distilled(data, nets, objectives, settings, keep):
    "A set from the folder, or made now, and what tells it from others."
    facts = key_of(run_facts(data, nets, settings, objectives))
    return cached_set(data, nets, settings, objectives, keep), facts
