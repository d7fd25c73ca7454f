"""How long is a step beside other work, and does it help if idle threads of OpenMP sleep sooner?

    python -m benchmarks.busy_step [--backbones tiny-simclr-resnet] [--spins 300000,1000] [--rounds 5] [--steps 20]
        [--threads 2] [--save FILE] [--json]

A thread of OpenMP that has no work stays awake for some turns of a loop before it sleeps. libgomp, which PyTorch uses
on Linux, takes 300,000 turns by default; on a machine with other work, each of them keeps a core from somebody.
`import lgm_nb` sets GOMP_SPINCOUNT to 1,000, unless it is set. Measured, in fresh processes and in turn: seconds per
step `alone`, beside a process that multiplies matrices on every core (`busy`), and beside another run of the same kind
(`twin`, as two notebooks are). `times` is the median of the ratios of neighbours, the first of SPINS over each of the
others. Prints one JSON object as the last line.
"""
import os, statistics, subprocess, sys, time
from pathlib import Path
import torch
from benchmarks.common import add_numbers, middle, numbers, parser, ratio, run, say
from benchmarks.probe_time import BUSY
from lgm_nb.backbones.open import open_backbone
from lgm_nb.data.open import open_dataset
from lgm_nb.method.distiller import Distiller
from lgm_nb.method.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
SITUATIONS = ('alone', 'busy', 'twin')

def median_step(name, steps, threads):
    "Median seconds of a step in this process; without a number of steps, take steps until killed."
    torch.set_num_threads(threads)
    run = Distiller(open_dataset('cifar10-mini'), open_backbone(name), Settings(steps=10**6), frames=0)
    next(run) # warms up
    seconds = []
    while steps==0 or len(seconds) < steps:
        start = time.perf_counter()
        next(run)
        if steps: seconds.append(time.perf_counter() - start)
    print(statistics.median(seconds))

def child(spin, code):
    "Start a Python process."
    place = dict(os.environ, GOMP_SPINCOUNT=str(spin), PYTHONPATH=str(ROOT))
    return subprocess.Popen([sys.executable, '-c', code], env=place, stdout=subprocess.PIPE, text=True)

def step_code(name, steps, threads):
    return f'from benchmarks.busy_step import median_step; median_step({name!r}, {steps}, {threads})'

def measured(situation, name, spin, steps, threads):
    "Seconds per step in one situation."
    beside = dict(busy=BUSY, twin=step_code(name, 0, threads)).get(situation)
    other = child(spin if situation=='twin' else 300_000, beside) if beside else None
    try:
        if other: time.sleep(8) # until it works
        return float(child(spin, step_code(name, steps, threads)).communicate()[0])
    finally:
        if other:
            other.kill()
            other.wait()

def compared(situation, name, spins, rounds, steps, threads):
    "Seconds per step for each of the spins, and how many times as long the first takes."
    each = {spin: [] for spin in spins}
    for _ in range(rounds):
        for spin in spins: each[spin].append(measured(situation, name, spin, steps, threads))
    found = dict(backbone=name, situation=situation, seconds={spin: middle(s) for spin, s in each.items()},
                 times={spin: ratio(each[spins[0]], each[spin]) for spin in spins[1:]})
    say(found)
    return found

def main(backbones=('tiny-simclr-resnet',), spins=(300_000, 1000), rounds=5, steps=20, threads=2):
    "Run the benchmark; the returned dict is what is printed."
    for name in backbones: # builds the bank
        Distiller(open_dataset('cifar10-mini'), open_backbone(name), Settings(steps=1), frames=0)
    rows = [compared(s, name, spins, rounds, steps, threads) for name in backbones for s in SITUATIONS]
    return dict(benchmark='busy_step', steps=steps, rounds=rounds, step_threads=threads, rows=rows)

def arguments():
    p = parser(__doc__)
    p.add_argument('--backbones', type=lambda text: tuple(text.split(',')), default=('tiny-simclr-resnet',))
    p.add_argument('--spins', type=numbers, default=(300_000, 1000), help='the first is compared with the others')
    add_numbers(p, rounds=5, steps=20, threads=2)
    return p

if __name__=='__main__': run(main, arguments())
