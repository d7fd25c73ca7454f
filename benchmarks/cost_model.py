"""Is the cost model right? Predicted and measured step times of three backbones that it was not calibrated on.

    python -m benchmarks.cost_model [--size 96] [--repeats 3] [--real bank|paper] [--save FILE] [--json]

Measures this machine on the reference networks of `lgm_nb.cost`, predicts the time of one distillation step, and times steps of a
`Distiller` on cifar10-mini with random weights (a step takes as long with any weights). Each repeat calibrates and measures anew, one
after the other, so that a change of the machine's load meets both. Prints one JSON object as the last line: for every backbone the
ratios predicted/measured and their median. The aim is a median between 0.7 and 1.3. Nothing is asserted.
"""
import statistics, time
import torch
from benchmarks.common import parser, run, say
from lgm_nb.backbones.backbone import Backbone
from lgm_nb.scale.cost import estimate, measure_machine, work_of
from lgm_nb.data.open import open_dataset
from lgm_nb.method.settings import PRESETS, PRESET_OBJECTIVES, Settings
from lgm_nb.method.distiller import Distiller
from lgm_nb.method.feature_bank import FeatureBank
from dataclasses import replace

BACKBONES = {'vit_base_patch16_224': 'vit', 'resnet50': 'cnn', 'tf_efficientnet_lite0': 'depthwise'}

def network(model, size):
    import timm
    options = dict(img_size=size) if model.startswith('vit') else {}
    return Backbone(model, timm.create_model(model, num_classes=0, **options), size)

def grown(data, net, real):
    "A run whose pyramid is complete, so that all steps cost the same."
    base = Settings(augs=3, views=1) if real=='bank' else replace(PRESETS['paper'], augs=3)
    settings = replace(base, steps=10_000, grow_every=1)
    g = torch.Generator().manual_seed(0)
    labels = data.train.labels[:1000] if real=='bank' else None
    bank = FeatureBank(torch.randn(1000, net.dim, generator=g), labels, len(data.classes)) if real=='bank' else None
    run = Distiller(data, net, settings, None if real=='bank' else PRESET_OBJECTIVES['paper'](), bank=bank, frames=0)
    while not run.pyramid.complete: next(run)
    next(run)
    return run

def fastest_step(run, seconds=2.):
    best, end = float('inf'), time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter(); next(run); best = min(best, time.perf_counter() - start)
    return best

def main(size=96, repeats=3, real='bank', seconds=.6):
    data = open_dataset('cifar10-mini')
    data = type(data)(data.name, data.train.subset(torch.randperm(len(data.train), generator=torch.Generator().manual_seed(0))), data.test, data.classes)
    nets = {m: network(m, size) for m in BACKBONES}
    works, runs = {m: work_of(n) for m, n in nets.items()}, {m: grown(data, n, real) for m, n in nets.items()}
    results = {m: [] for m in nets}
    for _ in range(repeats):
        for model, family in BACKBONES.items():
            machine = measure_machine(size, seconds=seconds, families=(family,))
            predicted = estimate(works[model], len(data.classes), runs[model].settings, machine).step_seconds
            measured = fastest_step(runs[model])
            results[model].append(dict(predicted=round(predicted, 4), measured=round(measured, 4), ratio=round(predicted/measured, 3)))
            say(f'{model}: predicted {predicted:.3f} s, measured {measured:.3f} s, ratio {predicted/measured:.2f}')
    return dict(benchmark='cost_model', size=size, real=real,
                backbones={m: dict(median_ratio=statistics.median(r['ratio'] for r in rows), runs=rows) for m, rows in results.items()})

if __name__=='__main__':
    p = parser(__doc__)
    p.add_argument('--size', type=int, default=96, help='pixels of a side'); p.add_argument('--repeats', type=int, default=3)
    p.add_argument('--real', choices=('bank', 'paper'), default='bank'); p.add_argument('--seconds', type=float, default=.6, help='for each measurement of the machine')
    run(main, p)
