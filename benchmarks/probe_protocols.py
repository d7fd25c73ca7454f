"""Do the protocols agree? The same sets of images, scored with the paper's, the fast and the ridge probe.

    python -m benchmarks.probe_protocols [--backbones tiny-simclr-resnet,tiny-can-vit] [--steps 60] [--seeds 3]
        [--epochs 1000] [--save FILE] [--json]

Three sets of one image per class of `cifar10-mini` for each backbone: distilled briefly, random real images (the same
for all seeds), and those nearest to the centroids. `standard_errors` is the difference of the means of `fast` and
`paper`, over the standard error of that difference. Prints one JSON object as the last line.
"""
from benchmarks.common import add_numbers, parser, run, say
from lgm_nb.backbones.open import open_backbone
from lgm_nb.data.open import open_dataset
from lgm_nb.method.runs import distill
from lgm_nb.probing.examiner import Examiner, PROTOCOLS

def sets_of(data, backbone, steps):
    "Images and labels of each set, by name."
    examiner = Examiner(data, backbone)
    made = distill(data, backbone, steps=steps, views=1)
    real = {'random': examiner.random_rows()[0], 'centroid': examiner.centroid_rows()}
    photographs = {k: (data.train.batch(rows, backbone.canvas), data.train.labels[rows]) for k, rows in real.items()}
    return {'distilled': (made.images, made.labels)} | photographs

def compared(fast, paper):
    "Difference of two means, and over its standard error."
    difference = float(fast.top1.mean() - paper.top1.mean())
    error = float((fast.top1.var()/len(fast.top1) + paper.top1.var()/len(paper.top1))**.5)
    return dict(fast_minus_paper=round(difference, 2), standard_errors=round(difference/max(error, 1e-9), 2))

def main(backbones='tiny-simclr-resnet,tiny-can-vit', steps=60, seeds=3, epochs=1000):
    "Run the benchmark; the returned dict is what is printed."
    data, rows = open_dataset('cifar10-mini'), {}
    for name in backbones.split(','):
        backbone = open_backbone(name)
        examiners = {p: Examiner(data, backbone, p, seeds, epochs=epochs) for p in PROTOCOLS}
        for kind, (images, labels) in sets_of(data, backbone, steps).items():
            scores = {p: e.score(images, labels) for p, e in examiners.items()}
            agreement = compared(scores['fast'], scores['paper']) if seeds > 1 else {}
            rows[f'{name} {kind}'] = {p: s.as_dict() for p, s in scores.items()} | agreement
            say(name, kind, scores, agreement)
    return dict(benchmark='probe_protocols', data=data.name, steps=steps, seeds=seeds, epochs=epochs, rows=rows)

def arguments():
    p = parser(__doc__)
    p.add_argument('--backbones', default='tiny-simclr-resnet,tiny-can-vit')
    add_numbers(p, steps=60, seeds=3, epochs=1000)
    return p

if __name__=='__main__': run(main, arguments())
