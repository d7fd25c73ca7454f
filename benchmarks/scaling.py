"""What does a step cost as the data grows? Flat in the real images, linear in the classes; memory flat in the views.

    python -m benchmarks.scaling [--backbone tiny-simclr-resnet] [--images 1000,10000,100000,1000000]
        [--classes 10,30,100,300,1000] [--json]

`images`: seconds per step with 10 classes, with a bank of that many random features, for the default objective
(`ours`) and for a random probe that samples 2,000 rows of the bank (`rows`; a smaller bank is used entirely).
`classes`: seconds per step with one view per class, and `slope`, the exponent of a power law through them: 1 is
linear. `memory`: rise of the resident memory in one step at the largest number of classes, by views of each image,
in chunks of `--chunk` views, each in a fresh process.
"""
import gc, math
import torch
from benchmarks.common import add_numbers, alternate, in_new_process, middle, numbers, parser, peak, run, say
from benchmarks.step import grown, noise_data
from lgm_nb.backbones.open import open_backbone
from lgm_nb.method.distiller import Distiller
from lgm_nb.method.feature_bank import FeatureBank
from lgm_nb.method.meta_loss import GradientMatching
from lgm_nb.method.settings import Settings

def random_bank(rows, dim, classes):
    "A bank of random features; large ones are made in pieces."
    g, features = torch.Generator().manual_seed(0), torch.empty(rows, dim, dtype=torch.float16)
    for part in features.split(10_000): part.copy_(torch.randn(part.shape, generator=g))
    labels = torch.arange(rows)%classes
    some = [features[c::classes][:10_000] for c in range(classes)] # means of all would take a while
    return FeatureBank(features, labels, classes, means=torch.stack([z.float().mean(0) for z in some]))

def run_of(net, classes, images, augs, chunk, objective=None):
    bank = random_bank(images, net.dim, classes)
    settings = Settings(steps=10_000, augs=augs, views=1, grow_every=1, chunk=chunk)
    return grown(Distiller(noise_data(classes, net.canvas, 1), net, settings, objective, bank=bank, frames=0))

def memory(backbone, classes, augs, chunk):
    net = open_backbone(backbone)
    step = run_of(net, classes, classes, augs, chunk)
    next(run_of(net, 2, 2, 2, 2)) # so that code read from disk does not count
    return peak(lambda: next(step))

def slope(xs, ys):
    "Exponent of the power law through some points, by least squares."
    x, y = ([math.log(v) for v in vs] for vs in (xs, ys))
    mx, my = sum(x)/len(x), sum(y)/len(y)
    return sum((a - mx)*(b - my) for a, b in zip(x, y))/sum((a - mx)**2 for a in x)

def step_seconds(runs, repeats):
    "Median seconds of the steps of some runs, taken in turn."
    seconds = alternate({n: lambda r=r: next(r) for n, r in runs.items()}, repeats)
    return {n: middle(v) for n, v in seconds.items()}

def seconds_by_images(net, images, chunk, repeats):
    "Seconds per step by images in the bank, for the default objective and for sampled rows."
    found = {}
    for kind, objective in dict(ours=None, rows=GradientMatching(w_std=.01, centre=False)).items():
        runs = {n: run_of(net, 10, n, 3, chunk, objective) for n in images}
        found[kind] = step_seconds(runs, repeats)
        say(kind, found[kind])
        del runs
        gc.collect()
    return found

def main(backbone='tiny-simclr-resnet', images=(1000, 10_000, 100_000, 1_000_000), classes=(10, 30, 100, 300, 1000),
         augs=(1, 3, 10), chunk=100, repeats=3):
    net = open_backbone(backbone)
    by_images = seconds_by_images(net, images, chunk, 3*repeats) # steps of ten classes are short
    by_classes = step_seconds({c: run_of(net, c, c, 1, chunk) for c in classes}, repeats)
    say(by_classes)
    most = max(classes)
    risen = {a: in_new_process(memory, backbone, most, a, chunk) for a in augs}
    say(risen)
    return dict(benchmark='scaling', backbone=backbone, weights=net.hash, images=by_images, classes=by_classes,
                slope=round(slope(*zip(*by_classes.items())), 3), memory=dict(classes=most, chunk=chunk, bytes=risen))

if __name__=='__main__':
    p = parser(__doc__)
    p.add_argument('--backbone', default='tiny-simclr-resnet')
    p.add_argument('--images', type=numbers, default=(1000, 10_000, 100_000, 1_000_000))
    p.add_argument('--classes', type=numbers, default=(10, 30, 100, 300, 1000))
    p.add_argument('--augs', type=numbers, default=(1, 3, 10))
    add_numbers(p, chunk=100, repeats=3)
    run(main, p)
