"""Do the protocols agree? The same images, scored with the paper's, the fast and the ridge probe.

    python -m benchmarks.probe_protocols [--parts sets,authors,many,full] [--steps 60] [--seeds 3] [--epochs 1000]
        [--author-seeds 20] [--backbones tiny-simclr-resnet,tiny-can-vit] [--caltech ../shared/data] [--save FILE]
        [--json]

`sets`: three sets of one image per class of `cifar10-mini` for each backbone: distilled briefly, random real images
(the same for all seeds), and those nearest to the centroids.
`authors`: the ten images that the authors' evaluator has read, distilled anew with the settings of that day; `authors`
is what it said. Scored with `--author-seeds` probes. Left out if EfficientNet-Lite0 is not installed.
`many`: the 101 classes of Caltech-101, where CALTECH/caltech101 exists, with 300 epochs; distilled and random images.
`full`: all of 300 photographs, 30 per class. Fresh views in each epoch for `paper`, centre crops for the others.
`standard_errors` is the difference of the means of `fast` and `paper`, over the standard error of that difference.
Prints one JSON object as the last line.
"""
from functools import partial
from pathlib import Path
from benchmarks.common import add_numbers, parser, run, say, words
from lgm_nb.backbones.embedded import has_packaged_weights
from lgm_nb.backbones.open import open_backbone
from lgm_nb.data.open import open_dataset
from lgm_nb.method.meta_loss import GradientMatching
from lgm_nb.method.runs import distill
from lgm_nb.probing.examiner import Examiner, PROTOCOLS

SMALL = 'tiny-simclr-resnet' # for the rows that would take long on a larger one
AUTHORS = (65.5, 63.2, 63.2) # their evaluator's three probes on the images of `authors_set`
AUTHORS_NET = 'efficientnet-lite0'
PARTS = ('sets', 'authors', 'many', 'full')

def sets_of(data, backbone, steps, kinds=('distilled', 'random', 'centroid')):
    "Images and labels of each set, by name."
    examiner = Examiner(data, backbone)
    def photographs(rows): return data.train.batch(rows, backbone.canvas), data.train.labels[rows]
    def distilled():
        made = distill(data, backbone, steps=steps, views=1)
        return made.images, made.labels
    makers = dict(distilled=distilled, random=lambda: photographs(examiner.random_rows()[0]),
                  centroid=lambda: photographs(examiner.centroid_rows()))
    return {kind: makers[kind]() for kind in kinds}

def authors_set(data, backbone):
    "The ten images of the demo with the settings of the day on which the authors' evaluator read them."
    return distill(data, backbone, objective=GradientMatching(), steps=400, noise_std=.2, lr_decay=False, seed=0)

def compared(fast, paper):
    "Difference of two means, and over its standard error."
    difference = float(fast.top1.mean() - paper.top1.mean())
    error = float((fast.top1.var()/len(fast.top1) + paper.top1.var()/len(paper.top1))**.5)
    return dict(fast_minus_paper=round(difference, 2), standard_errors=round(difference/max(error, 1e-9), 2))

def row_of(name, score, seeds, **facts):
    "One row: the scores of `score(protocol)`, and how far `fast` is from `paper`."
    scores = {p: score(p) for p in PROTOCOLS}
    agreement = compared(scores['fast'], scores['paper']) if seeds > 1 else {}
    say(name, scores, agreement)
    return {name: {p: s.as_dict() for p, s in scores.items()} | agreement | facts}

def rows_of_sets(data, backbone, sets, seeds, epochs, **facts):
    "A row for each set of images."
    examiners, rows = {p: Examiner(data, backbone, p, seeds, epochs=epochs) for p in PROTOCOLS}, {}
    for kind, images in sets.items():
        rows |= row_of(f'{backbone.name} {kind}', lambda p, i=images: examiners[p].score(*i), seeds, data=data.name,
                       classes=len(data.classes), epochs=epochs, **facts)
    return rows

def authors_rows(data, seeds, epochs):
    "The row of the set that the authors' evaluator has read."
    if not has_packaged_weights(AUTHORS_NET): return say(f'authors: left out, {AUTHORS_NET} is not installed') or {}
    backbone = open_backbone(AUTHORS_NET)
    made = authors_set(data, backbone)
    sets = {'read by the authors': (made.images, made.labels)}
    return rows_of_sets(data, backbone, sets, seeds, epochs, authors=list(AUTHORS))

def many_rows(caltech, steps, seeds, epochs):
    "Rows of 101 classes."
    if not (Path(caltech)/'caltech101').is_dir(): return say(f'many: left out, no caltech101 in {caltech}') or {}
    data, backbone = open_dataset('caltech-101', root=caltech), open_backbone(SMALL)
    sets = sets_of(data, backbone, steps, ('distilled', 'random'))
    named = {f'{kind}, 101 classes': images for kind, images in sets.items()}
    return rows_of_sets(data, backbone, named, seeds, min(epochs, 300))

def full_rows(data, seeds, epochs):
    "The row of many photographs at once."
    data, backbone, epochs = data.subset(per_class=30), open_backbone(SMALL), min(epochs, 100)
    def score(p): return Examiner(data, backbone, p, seeds).score_full(epochs)
    return row_of(f'{SMALL} full', score, seeds, data=data.name, classes=len(data.classes), epochs=epochs)

def main(parts=PARTS, backbones='tiny-simclr-resnet,tiny-can-vit', steps=60, seeds=3, epochs=1000,
         caltech='../shared/data', author_seeds=20):
    "Run the benchmark; the returned dict is what is printed."
    data, rows = open_dataset('cifar10-mini'), {}
    for backbone in map(open_backbone, backbones.split(',') if 'sets' in parts else ()):
        rows |= rows_of_sets(data, backbone, sets_of(data, backbone, steps), seeds, epochs)
    makers = dict(authors=partial(authors_rows, data, author_seeds, epochs),
                  many=partial(many_rows, caltech, steps, seeds, epochs), full=partial(full_rows, data, seeds, epochs))
    for part, make in makers.items(): rows |= make() if part in parts else {}
    return dict(benchmark='probe_protocols', data=data.name, steps=steps, seeds=seeds, epochs=epochs, rows=rows)

def arguments():
    p = parser(__doc__)
    p.add_argument('--parts', type=words, default=PARTS, help=f"some of {','.join(PARTS)}; default: all")
    p.add_argument('--backbones', default='tiny-simclr-resnet,tiny-can-vit')
    p.add_argument('--caltech', default='../shared/data', help='folder that holds caltech101/')
    add_numbers(p, steps=60, seeds=3, epochs=1000, author_seeds=20)
    return p

if __name__=='__main__': run(main, arguments())
