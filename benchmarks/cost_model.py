"""Is the cost model right? Predicted and measured step times of three backbones that it was not calibrated on.

    python -m benchmarks.cost_model [--size 96] [--repeats 3] [--real bank|paper] [--save FILE] [--json]

Measures this machine on the reference networks of `lgm_nb.scale.machine`, predicts the time of one distillation step,
and times steps of a `Distiller` on cifar10-mini with random weights (a step takes as long with any weights). Each
repeat calibrates and measures again, one right after the other, so that a change of the machine's load affects both.
Prints one JSON object as the last line: for every backbone the ratios predicted/measured and their median. The aim is a
median between 0.7 and 1.3. Nothing is asserted.
"""
import statistics, time
from dataclasses import replace
import torch
from benchmarks.common import parser, run, say
from lgm_nb.backbones.backbone import Backbone
from lgm_nb.data.dataset import Dataset
from lgm_nb.data.open import open_dataset
from lgm_nb.method.distiller import Distiller
from lgm_nb.method.feature_bank import FeatureBank
from lgm_nb.method.settings import PRESETS, Settings, preset_objective
from lgm_nb.scale.cost import estimate
from lgm_nb.scale.machine import measure_machine
from lgm_nb.scale.work import work_of

BACKBONES = {'vit_base_patch16_224': 'vit', 'resnet50': 'cnn', 'tf_efficientnet_lite0': 'depthwise'}

def network(model, size):
    "A backbone with random weights."
    import timm
    options = dict(img_size=size) if model.startswith('vit') else {}
    return Backbone(model, timm.create_model(model, num_classes=0, **options), size)

def shuffled(data):
    "The same data set with its training images in random order."
    order = torch.randperm(len(data.train), generator=torch.Generator().manual_seed(0))
    return Dataset(data.name, data.train.subset(order), data.test, data.classes)

def random_bank(data, net):
    "A bank of random features, which costs as much to read as any."
    features = torch.randn(1000, net.dim, generator=torch.Generator().manual_seed(0))
    return FeatureBank(features, data.train.labels[:1000], len(data.classes))

def grown(data, net, real):
    "A run whose pyramid is complete, so that all steps cost the same."
    bank, objective = (random_bank(data, net), None) if real=='bank' else (None, preset_objective('paper'))
    base = Settings(views=1) if real=='bank' else PRESETS['paper']
    settings = replace(base, augs=3, steps=10_000, grow_every=1)
    run = Distiller(data, net, settings, objective, bank=bank, frames=0)
    while not run.pyramid.complete: next(run)
    next(run)
    return run

def fastest_step(run, seconds=2.):
    "Seconds of the fastest step within a time budget."
    best, end = float('inf'), time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        next(run)
        best = min(best, time.perf_counter() - start)
    return best

def compare_once(run, work, family, size, seconds):
    "Predicted and measured seconds of a step."
    machine = measure_machine(size, seconds=seconds, families=(family,))
    predicted = estimate(work, len(run.data.classes), run.settings, machine).step_seconds
    measured = fastest_step(run)
    return dict(predicted=round(predicted, 4), measured=round(measured, 4), ratio=round(predicted/measured, 3))

def main(size=96, repeats=3, real='bank', seconds=.6):
    "Compare predictions and measurements for each backbone."
    data = shuffled(open_dataset('cifar10-mini'))
    nets = {m: network(m, size) for m in BACKBONES}
    works, runs = {m: work_of(n) for m, n in nets.items()}, {m: grown(data, n, real) for m, n in nets.items()}
    results = {m: [] for m in nets}
    for _ in range(repeats):
        for model, family in BACKBONES.items():
            found = compare_once(runs[model], works[model], family, size, seconds)
            results[model].append(found)
            say('{}: predicted {predicted:.3f} s, measured {measured:.3f} s, ratio {ratio:.2f}'.format(model, **found))
    medians = {m: statistics.median(r['ratio'] for r in rows) for m, rows in results.items()}
    return dict(benchmark='cost_model', size=size, real=real,
                backbones={m: dict(median_ratio=medians[m], runs=rows) for m, rows in results.items()})

if __name__=='__main__':
    p = parser(__doc__)
    p.add_argument('--size', type=int, default=96, help='pixels of a side')
    p.add_argument('--repeats', type=int, default=3)
    p.add_argument('--real', choices=('bank', 'paper'), default='bank')
    p.add_argument('--seconds', type=float, default=.6, help='for each measurement of the machine')
    run(main, p)
