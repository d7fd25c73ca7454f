"""How long do probes take: ridge against fast with the features given, and all probes of the demo on a busy machine?

    python -m benchmarks.probe_time [--classes 10,101] [--dim 1280] [--tests 1000] [--backbones tiny-can-vit]
        [--rounds 3] [--epochs 1000] [--seeds 5] [--save FILE] [--json]

`given`: seconds to train (`fast`) or solve (`ridge`) the probes of all seeds and to test them, for random features of
the size of EfficientNet-Lite0's, so that no photographs are needed: neither depends on the values. `busy`: seconds of
all rows of the demo's table (a distilled set of its size, random, centroid, neighbour, full; everything embedded anew)
alone, and beside another process that multiplies matrices on every core. The two are measured in turn, and `times` is
the median of the ratios of neighbours. Prints one JSON object as the last line.
"""
import os, subprocess, sys, time
import torch
from benchmarks.common import add_numbers, middle, numbers, parser, ratio, run, say
from lgm_nb.backbones.open import open_backbone
from lgm_nb.data.open import open_dataset
from lgm_nb.method.distilled_set import DistilledSet
from lgm_nb.probing.examiner import Examiner, ROW_KINDS, Score
from lgm_nb.probing.probe import train_probes
from lgm_nb.probing.ridge import fit_ridge, RIDGE_VIEWS

def seconds_of(fn):
    start = time.perf_counter()
    fn()
    return time.perf_counter() - start

def given(n_classes, dim, tests, seeds, epochs, rounds, pool=20):
    "Seconds of both protocols for one image per class, given features, and their ratio."
    g = torch.Generator().manual_seed(0)
    labels, test = torch.arange(n_classes), torch.randn(tests, dim, generator=g)
    test_labels = torch.arange(tests)%n_classes
    copies, own = (torch.randn(n, n_classes, v, dim, generator=g) for n, v in ((1, pool), (seeds, RIDGE_VIEWS)))
    def pooled(epoch, rows): return copies[0][rows, torch.randint(pool, rows.shape, generator=g)]
    def score(W, b): return Score(test@W.mT + b[:, None], test_labels)
    def fast(): return score(*train_probes(pooled, labels, n_classes, dim, seeds=seeds, epochs=epochs))
    def ridge(): return score(*fit_ridge(own, labels, n_classes))
    ridge() # warms up
    pairs = [(seconds_of(fast), min(seconds_of(ridge) for _ in range(3))) for _ in range(rounds)]
    above, below = zip(*pairs)
    return dict(fast=middle(above), ridge=middle(below), times=ratio(above, below))

BUSY = 'import torch\nx = torch.rand(700, 700)\nwhile True: x = (x@x).softmax(1)'

def demo_probes(data, backbone, distilled, seeds, epochs):
    "Score every row of the demo's table on one backbone, with everything embedded anew."
    examiner = Examiner(data, backbone, seeds=seeds, epochs=epochs)
    for kind in ROW_KINDS: examiner.score_row(kind, distilled)

def beside(fn):
    "Seconds of a function beside a process that keeps every core busy and does not know this library."
    place = {name: value for name, value in os.environ.items() if name != 'GOMP_SPINCOUNT'}
    process = subprocess.Popen([sys.executable, '-c', BUSY], env=place)
    try:
        time.sleep(4) # torch is imported
        return seconds_of(fn)
    finally:
        process.kill()
        process.wait()

def busy(name, rounds, seeds, epochs):
    "Seconds of the demo's probes on one backbone, alone and beside another process."
    data, backbone = open_dataset('cifar10-mini'), open_backbone(name)
    labels = torch.arange(len(data.classes))
    images = torch.rand(len(labels), 3, backbone.canvas, backbone.canvas, generator=torch.Generator().manual_seed(0))
    made = DistilledSet(images, labels, data.classes)
    def probes(): demo_probes(data, backbone, made, seeds, epochs)
    pairs = [(beside(probes), seconds_of(probes)) for _ in range(rounds)]
    above, below = zip(*pairs)
    return dict(beside=middle(above), alone=middle(below), times=ratio(above, below))

def main(classes=(10, 101), dim=1280, tests=1000, backbones='tiny-can-vit', rounds=3, **probes):
    "Run the benchmark; the returned dict is what is printed."
    seeds, epochs = probes.get('seeds', 5), probes.get('epochs', 1000)
    out = dict(benchmark='probe_time', dim=dim, tests=tests, rounds=rounds, seeds=seeds, epochs=epochs)
    out['given'] = {n: given(n, dim, tests, seeds, epochs, rounds) for n in classes}
    say(out['given'])
    out['busy'] = {name: busy(name, rounds, seeds, epochs) for name in backbones.split(',') if name}
    say(out['busy'])
    return out

def arguments():
    p = parser(__doc__)
    p.add_argument('--classes', type=numbers, default=(10, 101))
    p.add_argument('--backbones', default='tiny-can-vit')
    add_numbers(p, dim=1280, tests=1000, rounds=3, epochs=1000, seeds=5)
    return p

if __name__=='__main__': run(main, arguments())
