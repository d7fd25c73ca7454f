"""How strong should the ridge probe's penalty be? Accuracy on held-back training images against the strength.

    python -m benchmarks.ridge_strength [--backbones tiny-can-vit,…] [--per-class 1,5] [--seeds 5] [--held 30]
        [--caltech ../shared/data] [--save FILE] [--json]

Probes learn from random real images and are tested on the last HELD training images of each class, which they never
learn from; the test split plays no part. The data is `cifar10-mini`, and Caltech-101 with EfficientNet-Lite0 if
CALTECH/caltech101 exists. What is not installed is left out with a message. `chosen` is the strength with the highest
mean accuracy over backbones and numbers of images; `RIDGE_STRENGTH` in lgm_nb/probing/ridge.py is that one. Prints one
JSON object as the last line.
"""
from pathlib import Path
import torch
from benchmarks.common import add_numbers, numbers, parser, run, say
from lgm_nb.backbones.embedded import has_packaged_weights
from lgm_nb.backbones.open import open_backbone
from lgm_nb.data.open import open_dataset
from lgm_nb.probing.probe import exhaust
from lgm_nb.probing.ridge import fit_ridge, ridge_features

BACKBONES = 'tiny-can-vit,tiny-dino-resnet,tiny-simclr-resnet,tiny-vicreg-resnet,efficientnet-lite0'
STRENGTHS = (.01, .03, .1, .3, 1., 3., 10., 30., 100.)

def rows_to_use(split, n_classes, per_class, held, seeds):
    "Rows to learn from, (seeds, per_class·C), and rows held back."
    own = [split.rows_of(c) for c in range(n_classes)]
    sets = []
    for seed in range(seeds):
        g = torch.Generator().manual_seed(seed)
        sets.append(torch.cat([o[:-held][torch.randperm(len(o) - held, generator=g)[:per_class]] for o in own]))
    return torch.stack(sets), torch.cat([o[-held:] for o in own])

def curve(data, backbone, per_class, held, seeds):
    "Mean top-1 of the seeds on held-back images, in percent, for each strength."
    split, n_classes = data.train, len(data.classes)
    sets, tests = rows_to_use(split, n_classes, per_class, held, seeds)
    features = exhaust(ridge_features(lambda rows: split.batch(rows, backbone.canvas), sets, backbone))
    held_back, found = backbone.embed(split, tests), []
    for strength in STRENGTHS:
        W, b = fit_ridge(features, split.labels[sets], n_classes, strength)
        hits = (held_back@W.mT + b[:, None]).argmax(2)==split.labels[tests]
        found.append(round(100*float(hits.float().mean()), 2))
    return found

def settings_at_hand(names, caltech):
    "Data sets and backbones to measure on, and how many images of each class are held back at most."
    for name in names:
        if name.startswith('tiny-') or has_packaged_weights(name):
            yield open_dataset('cifar10-mini'), open_backbone(name), 1000
        else: say(f'{name} is left out: its weights are not installed')
    lite = 'efficientnet-lite0' in names and has_packaged_weights('efficientnet-lite0')
    if (Path(caltech)/'caltech101').is_dir() and lite:
        yield open_dataset('caltech-101', root=caltech), open_backbone('efficientnet-lite0'), 5
    else: say(f'Caltech-101 is left out: no caltech101 in {caltech}, or no EfficientNet-Lite0')

def main(backbones=BACKBONES, per_class=(1, 5), seeds=5, held=30, caltech='../shared/data'):
    "Run the benchmark; the returned dict is what is printed."
    curves = {}
    for ds, backbone, most in settings_at_hand(backbones.split(','), caltech):
        for n in per_class:
            name = f'{ds.name} {backbone.name} {n}'
            curves[name] = curve(ds, backbone, n, min(held, most), seeds)
            say(name, curves[name])
    mean = [round(sum(at)/len(at), 2) for at in zip(*curves.values())]
    return dict(benchmark='ridge_strength', seeds=seeds, held=held, strengths=STRENGTHS, top1=curves, mean=mean,
                chosen=STRENGTHS[mean.index(max(mean))])

def arguments():
    p = parser(__doc__)
    p.add_argument('--backbones', default=BACKBONES)
    p.add_argument('--per-class', type=numbers, default=(1, 5), help='images of each class to learn from')
    p.add_argument('--caltech', default='../shared/data', help='folder that holds caltech101/')
    add_numbers(p, seeds=5, held=30)
    return p

if __name__=='__main__': run(main, arguments())
