"What the speed benchmarks share."
import argparse, json, os, platform, shlex, statistics, time
from pathlib import Path
import torch

def parser(doc):
    p = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--json', action='store_true', help='accepted for uniformity; the last line is JSON always')
    p.add_argument('--save', type=Path, help='also write the object to this file, and beside it, where there is one, its plot as a PNG')
    return p

def run(main, p):
    "Parse, run, print the object as the last line."
    import sys
    args = vars(p.parse_args()); args.pop('json'); save = args.pop('save')
    own = ('--save', '--keep', '--caltech', '--cifar', '--photos') # places on this machine
    given = [a for i, a in enumerate(sys.argv[1:], 1) if a not in own and sys.argv[i - 1] not in own]
    load = os.getloadavg()[0] if hasattr(os, 'getloadavg') else None # a busy machine shows here
    out = dict(command='python -m ' + shlex.join([main.__module__ if main.__module__ != '__main__' else f'benchmarks.{Path(sys.argv[0]).stem}', *given]), **main(**args))
    out['machine'] = dict(cores=os.cpu_count(), threads=torch.get_num_threads(), load_before=load, torch=torch.__version__, python=platform.python_version())
    if save:
        from benchmarks.plots import PLOTS, plot
        save.parent.mkdir(parents=True, exist_ok=True); save.write_text(text := json.dumps(out, indent=1) + '\n')
        if out['benchmark'] in PLOTS: plot(json.loads(text)).save(save.with_suffix('.png'))
    print(json.dumps(out))

def say(*a):
    import sys
    print(*a, file=sys.stderr, flush=True)

def alternate(named, repeats):
    "Call functions in turn, several rounds, after one round to warm up; seconds of each call by name."
    seconds = {name: [] for name in named}
    for i in range(repeats + 1):
        for name, fn in named.items():
            start = time.perf_counter(); fn()
            if i: seconds[name].append(time.perf_counter() - start)
    return seconds

def middle(values, digits=4): return round(statistics.median(values), digits)

def ratio(above, below):
    "Median of the ratios of neighbouring measurements, so that a change of load meets both."
    return round(statistics.median(a/b for a, b in zip(above, below)), 2)

def peak(fn):
    "Bytes by which the resident memory of this process rises at most while `fn` runs (Linux)."
    def of(key): return next(int(line.split()[1])*1024 for line in open('/proc/self/status') if line.startswith(key))
    import ctypes
    ctypes.CDLL(None).malloc_trim(0) # else what earlier work has freed is filled first, and does not show
    Path('/proc/self/clear_refs').write_text('5') # the high-water mark starts from here
    before = of('VmRSS:'); fn()
    return of('VmHWM:') - before

def in_new_process(fn, *args):
    "Run a function of a module in a fresh process and give its result."
    import concurrent.futures, multiprocessing
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context('spawn')) as pool: return pool.submit(fn, *args).result()
