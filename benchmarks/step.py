"""How long does a step take, and how much memory, as in the paper and here, at equal settings?

    python -m benchmarks.step [--backbone efficientnet-lite0] [--classes 5] [--augs 4] [--repeats 5] [--json]

The paper's step is `benchmarks.paper_way`: fresh real images each step, autograd twice, weights that ask for
gradients. Ours is the default `Distiller`: a target computed once from a bank, the closed form, a frozen backbone
with folded batch norms. Same backbone, classes, views, number format and threads, complete pyramids; steps are taken
in turn and the ratio is the median of neighbours'. Real images come once from memory and once from JPEG files of
500 × 375 pixels that two loader workers decode.

Keys: `time_ratio_memory`, `time_ratio_jpeg`, `memory_ratio_100x10` (all: the paper's over ours),
`memory_ratio_unchunked_100x10` (our own step in one piece over ours in chunks). Memory is the rise of the resident
memory above the loaded backbone, from before the run is made to after its first step, at `--many` classes × 10 views
with `tiny-simclr-resnet`, each mode in a fresh process, ours in chunks of `--chunk` views; a step of two classes
comes before, so that code read from disk does not count as memory of a step. `sweep`: seconds and memory of our
step by views of an image, classes and chunk.
"""
import tempfile
from pathlib import Path
import numpy as np
import torch
from PIL import Image
from benchmarks.common import add_numbers, alternate, in_new_process, middle, parser, peak, ratio, run, say
from benchmarks.paper_way import PaperWay, plain_backbone
from lgm_nb.backbones.open import open_backbone
from lgm_nb.data.dataset import Dataset, Split
from lgm_nb.data.open import open_dataset
from lgm_nb.method.distiller import Distiller
from lgm_nb.method.feature_bank import FeatureBank
from lgm_nb.method.settings import Settings

def noise_data(classes, size, each=20, seed=0):
    "Random images: a step takes as long with any."
    pixels = np.random.default_rng(seed).integers(0, 256, (classes*each, size, size, 3), np.uint8)
    split = Split(pixels, np.arange(classes).repeat(each))
    return Dataset(f'noise-{classes}', split, split, range(classes))

def jpegs(folder, classes, each=20):
    "Enlarged small images as JPEG files of the size of ImageNet's."
    small, files, labels = open_dataset('cifar10-mini').train, [], []
    for c in range(classes):
        for row in small.rows_of(c%10)[:each].tolist():
            file = Path(folder)/f'{c}_{row}.jpg'
            small.image(row).resize((500, 375), Image.Resampling.BICUBIC).save(file, quality=90)
            files.append(file)
            labels.append(c)
    split = Split(files, labels)
    return Dataset(f'jpegs-{classes}', split, split, range(classes))

def in_memory(files, size):
    "The same images, decoded."
    pixels = np.stack([np.array(files.train.image(i).resize((size, size))) for i in range(len(files.train))])
    split = Split(pixels, files.train.labels)
    return Dataset('memory', split, split, files.classes)

def ours(data, net, augs, **kw):
    "A run with the paper's noise, so that only the way a step is computed differs."
    features = torch.randn(len(data.train), net.dim, generator=torch.Generator().manual_seed(0))
    bank = FeatureBank(features, data.train.labels, len(data.classes))
    settings = Settings(steps=10_000, augs=augs, views=1, grow_every=1, precision='float32', noise_std=.2, **kw)
    return grown(Distiller(data, net, settings, bank=bank, frames=0))

def grown(way):
    "Complete the pyramid, so that all steps cost the same."
    while not way.pyramid.complete: way.pyramid.grow(way.generator)
    way.restart_optimiser()
    return way

def memory(mode, backbone, classes, augs, chunk, steps=0):
    "Bytes of the first step; with `steps`, also the median seconds of those after it."
    torch.manual_seed(0)
    net, runs = plain_backbone(backbone) if mode=='paper' else open_backbone(backbone), []
    def go(data, augs, chunk):
        if mode=='paper': way = grown(PaperWay(data, net, augs, steps=10 + steps))
        else: way = ours(data, net, augs, chunk=chunk)
        runs.append(way)
        next(way)
    for _ in range(2): go(noise_data(2, net.canvas, 2), 2, 2)
    runs.clear()
    data = noise_data(classes, net.canvas, augs)
    bytes_ = peak(lambda: go(data, augs, chunk or classes*augs))
    if not steps: return bytes_
    return bytes_, middle(alternate({'step': lambda: next(runs[0])}, steps)['step'])

def sweep(backbone, many, steps=3):
    "Seconds and memory of our step as views, classes and chunk change, the rest as it is."
    def at(of, classes, augs, chunk): return dict(of=of, classes=classes, augs=augs, chunk=chunk)
    points = [at('augs', many//5, a, 50) for a in (1, 3, 10, 30)]
    points += [at('classes', c, 3, 50) for c in (many//10, 3*many//10, many, 3*many)]
    points += [at('chunk', many, 10, c) for c in (10, 25, 50, 100, 250, 1000)]
    for p in points:
        size = p['classes'], p['augs'], p['chunk']
        p['bytes'], p['seconds'] = in_new_process(memory, 'ours', backbone, *size, steps)
        say(p)
    return points

def step_seconds(net, plain, classes, augs, repeats, workers):
    "Seconds of the steps of each way, taken in turn."
    with tempfile.TemporaryDirectory() as folder:
        files, n = jpegs(folder, classes), repeats + 1
        images = in_memory(files, net.canvas)
        half = ours(images, net, augs)
        half.sources[0].encoder.encode.dtype = torch.bfloat16
        ways = dict(ours=ours(images, net, augs), paper_memory=grown(PaperWay(images, plain, augs, steps=n)),
                    ours_bfloat16=half, paper_jpeg=grown(PaperWay(files, plain, augs, steps=n, workers=workers)))
        return alternate({k: lambda w=w: next(w) for k, w in ways.items()}, repeats)

def main(backbone='efficientnet-lite0', small='tiny-simclr-resnet', classes=5, augs=4, repeats=5, workers=2, chunk=25,
         many=100):
    net = open_backbone(backbone)
    seconds = step_seconds(net, plain_backbone(backbone), classes, augs, repeats, workers)
    say({k: middle(v) for k, v in seconds.items()})
    modes = (('paper', 'paper', 0), ('ours_unchunked', 'ours', 0), ('ours', 'ours', chunk))
    bytes_ = {mode: in_new_process(memory, kind, small, many, 10, c) for mode, kind, c in modes}
    say(bytes_)
    return dict(
        benchmark='step', backbone=backbone, input_size=net.input_size, classes=classes, augs=augs, workers=workers,
        time_ratio_memory=ratio(seconds['paper_memory'], seconds['ours']),
        time_ratio_jpeg=ratio(seconds['paper_jpeg'], seconds['ours']),
        **{f'memory_ratio_{many}x10': round(bytes_['paper']/bytes_['ours'], 2),
           f'memory_ratio_unchunked_{many}x10': round(bytes_['ours_unchunked']/bytes_['ours'], 2)},
        time_ratio_memory_bfloat16=ratio(seconds['paper_memory'], seconds['ours_bfloat16']),
        seconds={k: middle(v) for k, v in seconds.items()},
        memory=dict(backbone=small, classes=many, augs=10, chunk=chunk, bytes=bytes_), sweep=sweep(small, many))

if __name__=='__main__':
    p = parser(__doc__)
    p.add_argument('--backbone', default='efficientnet-lite0')
    p.add_argument('--small', default='tiny-simclr-resnet', help='backbone of the memory part')
    add_numbers(p, classes=5, augs=4, chunk=25, repeats=5, workers=2, many=100)
    run(main, p)
