"""Accuracy against seconds: the paper's step, a bank with a random probe, and class means, on one backbone and one data set.

    python -m benchmarks.accuracy_time [--backbone tiny-simclr-resnet] [--paper-steps 600] [--steps 400] [--points 8] [--seeds 5] [--json]

`paper` is `benchmarks.paper_way` with the authors' learning rate, views and probe, its growth shrunk to the steps it is given (their
5,000 take too long for a benchmark of minutes; give `--paper-steps 5000` for all). `bank` draws rows of a feature bank for a random
probe, `means` is the default of `lgm-distill`; both pay for their bank in their first seconds. The three take turns, a stretch of
steps each, so that a change of the machine's load meets all; probing is not counted. `speedup_to_paper_final`: the seconds that
`paper` took in all, over the seconds after which `means` is, and stays, at the accuracy `paper` ended with. `to_centroid` and
`to_95_percent` (of the best of all): seconds of each way, null where it never got there. Accuracy is that of probes on held-back training
images, a fifth of them; at the end, `test` grades all three on the test split, which decides nothing.
"""
import time
import torch
from benchmarks.common import parser, run, say
from benchmarks.paper_way import PaperWay, plain_backbone
from lgm_nb.backbones.open import open_backbone
from lgm_nb.data.dataset import Dataset
from lgm_nb.data.open import open_dataset
from lgm_nb.method.distiller import Distiller
from lgm_nb.method.settings import Settings
from lgm_nb.method.feature_bank import build_bank
from lgm_nb.method.meta_loss import GradientMatching
from lgm_nb.probing.examiner import Examiner

def held_back(data, each=5, seed=0):
    "A data set that is tested on every fifth of its training images."
    order = torch.randperm(len(data.train), generator=torch.Generator().manual_seed(seed))
    keep = torch.arange(len(order))%each != 0
    return Dataset(f'{data.name}-held-back', data.train.subset(order[keep]), data.train.subset(order[~keep]), data.classes)

def first_reached(curve, accuracy):
    "Seconds from which a curve is, and stays, at an accuracy; None if never."
    reached = None
    for point in curve:
        if point['top1'] < accuracy: reached = None
        elif reached is None: reached = point['seconds']
    return reached

def main(data='cifar10-mini', backbone='tiny-simclr-resnet', paper_steps=600, steps=400, points=8, seeds=5, epochs=1000, seed=0):
    whole = open_dataset(data); ds, net, plain = held_back(whole), open_backbone(backbone), plain_backbone(backbone)
    examiner = Examiner(ds, net, seeds=seeds, epochs=epochs); final = Examiner(whole, net, seeds=seeds, epochs=epochs)
    settings = Settings(steps=steps, seed=seed, precision='float32')
    start = time.perf_counter(); bank = build_bank(ds, net, settings.views, folder=False); bank_seconds = time.perf_counter() - start
    taken = dict(paper=0., bank=bank_seconds, means=bank_seconds); say(f'bank: {bank_seconds:.1f} s')
    paper = PaperWay(ds, plain, steps=paper_steps, grow_every=0, seed=seed)
    ways = dict(paper=paper, bank=Distiller(ds, net, settings, GradientMatching(w_std=.01, centre=False), bank=bank, frames=0),
                means=Distiller(ds, net, settings, bank=bank, frames=0))
    lengths = dict(paper=paper_steps, bank=steps, means=steps)
    look = lambda way: way.images().detach()
    curves = {k: [] for k in ways}
    for i in range(1, points + 1):
        for k, way in ways.items():
            start = time.perf_counter()
            for _ in range(lengths[k]*i//points - lengths[k]*(i - 1)//points): next(way)
            taken[k] += time.perf_counter() - start
            curves[k].append(dict(step=way.step, seconds=round(taken[k], 2), top1=round(float(examiner.score(look(way), paper.labels).top1.mean()), 2)))
            say(k, curves[k][-1])
    goal, best = curves['paper'][-1]['top1'], max(p['top1'] for c in curves.values() for p in c)
    centroid = float(examiner.score_rows(examiner.centroid_rows()).top1.mean())
    reached, spent = first_reached(curves['means'], goal), curves['paper'][-1]['seconds']
    return dict(benchmark='accuracy_time', data=data, backbone=backbone, seeds=seeds, speedup_to_paper_final=round(spent/reached, 2) if reached else None,
        paper_final=goal, bank_seconds=round(bank_seconds, 2), weights=net.hash, centroid=round(centroid, 2), to_centroid={k: first_reached(c, centroid) for k, c in curves.items()},
        to_95_percent={k: first_reached(c, .95*best) for k, c in curves.items()}, curves=curves,
        test={k: round(float(final.score(look(w), paper.labels).top1.mean()), 2) for k, w in ways.items()})

if __name__=='__main__':
    p = parser(__doc__)
    p.add_argument('--data', default='cifar10-mini'); p.add_argument('--backbone', default='tiny-simclr-resnet')
    for name, value in (('paper-steps', 600), ('steps', 400), ('points', 8), ('seeds', 5), ('epochs', 1000), ('seed', 0)): p.add_argument(f'--{name}', type=int, default=value)
    run(main, p)
