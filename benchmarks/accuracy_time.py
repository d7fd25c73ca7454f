"""Accuracy against seconds: the paper's step, a bank with a random probe, and the default, on one backbone and one
data set.

    python -m benchmarks.accuracy_time [--backbone tiny-simclr-resnet] [--paper-steps 600] [--steps 400] [--points 8]
        [--seeds 5] [--json]

`paper` is `benchmarks.paper_way` with the authors' learning rate, views and probe, its growth shrunk to the steps
it is given (their 5,000 take too long for a benchmark of minutes; give `--paper-steps 5000` for all). `bank`
samples rows of a feature bank for a random probe, `ours` is the default of `lgm-distill`; both pay for their bank
in their first seconds. The three take turns, a stretch of steps each, so that a change of the machine's load meets
all; probing is not counted.

`speedup_to_paper_final`: the seconds that `paper` took in all, over the seconds after which `ours` is, and stays,
at the accuracy `paper` ended with. `to_centroid` and `to_95_percent` (of the best of all): seconds of each, null if
it never got there. Accuracy is that of probes on held-back training images, a fifth of them; at the end, `test`
scores all three on the test split, which decides nothing.
"""
import time
import torch
from benchmarks.common import add_numbers, parser, run, say
from benchmarks.paper_way import PaperWay, plain_backbone
from lgm_nb.backbones.open import open_backbone
from lgm_nb.data.dataset import Dataset
from lgm_nb.data.open import open_dataset
from lgm_nb.method.distiller import Distiller
from lgm_nb.method.feature_bank import build_bank
from lgm_nb.method.meta_loss import GradientMatching
from lgm_nb.method.settings import Settings
from lgm_nb.probing.examiner import Examiner

def held_back(data, each=5, seed=0):
    "A data set that is tested on every fifth of its training images."
    order = torch.randperm(len(data.train), generator=torch.Generator().manual_seed(seed))
    keep = torch.arange(len(order))%each != 0
    train, test = data.train.subset(order[keep]), data.train.subset(order[~keep])
    return Dataset(f'{data.name}-held-back', train, test, data.classes)

def first_reached(curve, accuracy):
    "Seconds from which a curve is, and stays, at an accuracy; None if never."
    reached = None
    for point in curve:
        if point['top1'] < accuracy: reached = None
        elif reached is None: reached = point['seconds']
    return reached

def timed_bank(data, net, views=3):
    "A bank in memory, and the seconds that it took."
    start = time.perf_counter()
    bank = build_bank(data, net, views, folder=False)
    return bank, time.perf_counter() - start

def accuracy(examiner, way): return round(float(examiner.score(way.images().detach(), way.labels).top1.mean()), 2)

def measure_curves(ways, lengths, points, taken, examiner):
    "Let runs take turns, and measure each after each of its turns."
    curves = {k: [] for k in ways}
    for i in range(1, points + 1):
        for k, way in ways.items():
            start = time.perf_counter()
            for _ in range(lengths[k]*i//points - lengths[k]*(i - 1)//points): next(way)
            taken[k] += time.perf_counter() - start
            curves[k].append(dict(step=way.step, seconds=round(taken[k], 2), top1=accuracy(examiner, way)))
            say(k, curves[k][-1])
    return curves

def main(data='cifar10-mini', backbone='tiny-simclr-resnet', paper_steps=600, steps=400, points=8, seeds=5, epochs=1000,
         seed=0):
    whole, net = open_dataset(data), open_backbone(backbone)
    ds = held_back(whole)
    examiner, final = (Examiner(d, net, seeds=seeds, epochs=epochs) for d in (ds, whole))
    settings = Settings(steps=steps, seed=seed, precision='float32')
    bank, bank_seconds = timed_bank(ds, net, settings.views)
    say(f'bank: {bank_seconds:.1f} s')
    probe = GradientMatching(w_std=.01, centre=False)
    ways = dict(paper=PaperWay(ds, plain_backbone(backbone), steps=paper_steps, grow_every=0, seed=seed),
                bank=Distiller(ds, net, settings, probe, bank=bank, frames=0),
                ours=Distiller(ds, net, settings, bank=bank, frames=0))
    lengths = dict(paper=paper_steps, bank=steps, ours=steps)
    curves = measure_curves(ways, lengths, points, dict(paper=0., bank=bank_seconds, ours=bank_seconds), examiner)
    goal, spent = curves['paper'][-1]['top1'], curves['paper'][-1]['seconds']
    best = max(p['top1'] for c in curves.values() for p in c)
    centroid = float(examiner.score_rows(examiner.centroid_rows()).top1.mean())
    reached = first_reached(curves['ours'], goal)
    def to(accuracy): return {k: first_reached(c, accuracy) for k, c in curves.items()}
    return dict(benchmark='accuracy_time', data=data, backbone=backbone, protocol='fast', seeds=seeds,
        speedup_to_paper_final=round(spent/reached, 2) if reached else None, paper_final=goal,
        bank_seconds=round(bank_seconds, 2), weights=net.hash, centroid=round(centroid, 2), to_centroid=to(centroid),
        to_95_percent=to(.95*best), curves=curves, test={k: accuracy(final, w) for k, w in ways.items()})

if __name__=='__main__':
    p = parser(__doc__)
    p.add_argument('--data', default='cifar10-mini')
    p.add_argument('--backbone', default='tiny-simclr-resnet')
    add_numbers(p, paper_steps=600, steps=400, points=8, seeds=5, epochs=1000, seed=0)
    run(main, p)
