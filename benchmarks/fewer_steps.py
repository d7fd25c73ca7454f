"""Which settings reach an accuracy in the fewest seconds? One change at a time from `BASE`.

    python -m benchmarks.fewer_steps [--sets cifar10-mini,caltech101] [--budgets 40,120,400] [--seeds 5] [--variants "start;lr 0.01;…"] [--keep FILE] [--json]

`cifar10-mini` is distilled with an embedded backbone (`--backbone`), `caltech101` (ten classes, `--photos` is the folder that holds it)
with EfficientNet-Lite0 at 96 px. A budget is steps of three views; a variant with more or fewer views a step takes fewer or more steps.
Every budget is a run of its own, since schedules stretch over a run. Seconds are steps times the time of a step with a complete pyramid,
taken at the end for all kinds of step in turn, so that the load of the machine during a long search is no matter. Accuracy is that of probes on a fifth of the training images,
held back; mean over `seeds` runs. `others` is the accuracy of the same images on backbones that did not make them: the other embedded ones, and
MobileNetV2 for the photographs. `against_start`, `others_against_start`: difference of the runs with the same seed, and its standard error.
`seconds_to_goal`: seconds of the run whose mean accuracy is that of `start` at the largest budget, read between the measured budgets; `chosen` reaches it soonest
(sum over the sets of the ratio to the seconds of `start`), among those that lose nothing on other backbones: at the largest budget no more than
two standard errors. `test` grades `start` and the chosen on test images, which decides nothing. What is done is kept in `--keep`, so that a search that is killed goes on.
"""
import json, math, statistics, time
from dataclasses import replace
from pathlib import Path
import torch
from benchmarks.accuracy_time import held_back
from benchmarks.common import alternate, middle, parser, run, say
from benchmarks.step import grown
from lgm_nb.backbones.open import open_backbone
from lgm_nb.backbones.embedded import zoo_cards
from lgm_nb.data.open import open_dataset
from lgm_nb.method.distiller import Distiller
from lgm_nb.method.settings import Settings
from lgm_nb.method.feature_bank import build_bank
from lgm_nb.method.meta_loss import GradientMatching
from lgm_nb.probing.examiner import Examiner

BASE = dict(lr=2e-2, augs=(3, 3), grow=.7, decay=0., average=0., restart=True, level=0., draw=0)
VARIANTS = { # what differs from BASE
    'start': {},
    'lr 0.005': dict(lr=5e-3), 'lr 0.01': dict(lr=1e-2), 'lr 0.04': dict(lr=4e-2), 'lr 0.08': dict(lr=8e-2),
    'decay 1': dict(decay=1.), 'decay 0.3': dict(decay=.3), 'average 0.2': dict(average=.2),
    '1 view': dict(augs=(1, 1)), '1, then 5 views': dict(augs=(1, 5)), '5, then 1 view': dict(augs=(5, 1)),
    'grown at 0.4': dict(grow=.4), 'grown at 0.2': dict(grow=.2), 'Adam goes on': dict(restart=False), 'coarse faster': dict(level=.25), 'fine faster': dict(level=-.25),
    'rows 2000': dict(draw=2000), 'rows 100': dict(draw=100),
}

SOME = ('start', 'lr 0.01', 'lr 0.04', 'decay 0.3', 'average 0.2', '1 view', '1, then 5 views', 'grown at 0.4', 'grown at 0.2', 'Adam goes on', 'coarse faster', 'rows 100') # half an hour on one core
FEW = ('start', 'lr 0.01', 'lr 0.04', 'grown at 0.4') # on photographs, where a step takes ten times as long

class Steered(Distiller):
    "A distiller whose schedules are those of a variant."
    def __init__(self, data, net, bank, knobs, steps, seed):
        self.knobs, self.optimiser, self.sums, self.summed = knobs, None, None, 0
        rows = knobs['draw'] > 0
        super().__init__(data, net, Settings(steps=steps, augs=knobs['augs'][0], seed=seed, bank_rows=knobs['draw'] or 1), GradientMatching(w_std=.01, centre=False) if rows else None, bank=bank, frames=0)
        if rows: self.target.each = knobs['draw']//self.n_classes
        self.grow_every = max(1, int(knobs['grow']*steps/(len(self.pyramid.sizes) - 1)))

    def _restart(self):
        "One group a level; moments stay where the variant wants it."
        old, n = self.optimiser, len(self.pyramid.sizes)
        groups = [dict(params=[p], whole=self.knobs['lr']*2**(self.knobs['level']*((n - 1)/2 - i))) for i, p in enumerate(self.pyramid.levels)]
        self.optimiser = torch.optim.Adam(groups, fused=True)
        if old is not None and not self.knobs['restart']: self.optimiser.state.update({p: s for p, s in old.state.items()})

    def _pace(self):
        "Set the learning rate of a step: a cosine to zero over the last part of the run."
        left, last = 1 - self.step/self.settings.steps, self.knobs['decay']
        for g in self.optimiser.param_groups: g['lr'] = g['whole']*(.5 - .5*math.cos(math.pi*left/last) if left < last else 1.)

    def __next__(self):
        late = self.step >= self.settings.steps/2
        if (augs := self.knobs['augs'][late]) != self.settings.augs:
            self.settings = replace(self.settings, augs=augs); self.views.augs, self.encoder.chunk = augs, 0
        self._pace(); snap = super().__next__()
        if self.knobs['average'] and self.pyramid.complete and self.step > (1 - self.knobs['average'])*self.settings.steps:
            if self.sums is None: self.sums = [torch.zeros_like(p) for p in self.pyramid.levels]
            for s, p in zip(self.sums, self.pyramid.levels): s += p.detach()
            self.summed += 1
            if self.step==self.settings.steps:
                for s, p in zip(self.sums, self.pyramid.levels): p.data.copy_(s/self.summed)
        return snap

def one_run(data, net, bank, variant, budget, seed):
    "Images of a run."
    knobs = BASE | VARIANTS[variant]
    way = Steered(data, net, bank, knobs, steps_of(knobs, budget), seed)
    for _ in way: pass
    return way.images()

def steps_of(knobs, budget): return max(1, round(3*budget/(sum(knobs['augs'])/2)))

def step_seconds(data, net, bank, variants, repeats=9):
    "Seconds of a step for each number of views and of rows that some variants need."
    kinds = {(a, k['draw']) for k in (BASE | VARIANTS[v] for v in variants) for a in k['augs']}
    runs = {kind: grown(Steered(data, net, bank, BASE | dict(augs=(kind[0],)*2, draw=kind[1]), 10_000, 0)) for kind in sorted(kinds)}
    return {kind: middle(s) for kind, s in alternate({kind: lambda r=r: next(r) for kind, r in runs.items()}, repeats).items()}

def open_set(name, backbone, photos):
    "The data, the backbone that distils, and others that read."
    if name=='cifar10-mini': return open_dataset(name), open_backbone(backbone), [open_backbone(n) for n in zoo_cards() if n != backbone]
    from benchmarks.photos import CLASSES, photographs
    return photographs(photos, CLASSES[:10]), open_backbone('efficientnet-lite0'), [open_backbone('mobilenetv2')]

def search(name, backbone, photos, variants, budgets, seeds, probes, epochs, keep):
    "Measure all runs of one set; those in `keep` are taken from there."
    whole, net, others = open_set(name, backbone, photos); data = held_back(whole)
    start = time.perf_counter(); bank = build_bank(data, net, folder=False); bank_seconds = time.perf_counter() - start
    examiner, *readers = (Examiner(data, n, seeds=probes, epochs=epochs) for n in (net, *others))
    grade, pictures = lambda e, images: float(e.score(images, torch.arange(len(data.classes))).top1.mean()), {}
    done = {tuple(r['of']): r for r in map(json.loads, keep.read_text().splitlines())} if keep and keep.exists() else {}
    for seed in range(seeds):
        for budget in budgets:
            for v in variants:
                key = (name, net.hash, v, budget, seed)
                if key in done: continue
                images = one_run(data, net, bank, v, budget, seed)
                done[key] = dict(of=key, top1=round(grade(examiner, images), 3), others=round(statistics.mean(grade(e, images) for e in readers), 3)); pictures[key] = images
                if keep:
                    with keep.open('a') as f: f.write(json.dumps(done[key]) + '\n')
        say(name, 'seed', seed, {v: [done[name, net.hash, v, b, seed]['top1'] for b in budgets] for v in variants})
    each = step_seconds(data, net, bank, variants)
    def points(v):
        knobs, out = BASE | VARIANTS[v], []
        step = sum(each[a, knobs['draw']] for a in knobs['augs'])/2
        for b in budgets:
            rs, base = ([done[name, net.hash, w, b, s] for s in range(seeds)] for w in (v, 'start'))
            mean, sem = (lambda xs: round(statistics.mean(xs), 2)), (lambda xs: round(statistics.stdev(xs)/len(xs)**.5, 3) if len(xs) > 1 else 0.)
            point = dict(budget=b, seconds=round(steps_of(knobs, b)*step, 2))
            for key, gain in (('top1', 'against_start'), ('others', 'others_against_start')):
                gains = [r[key] - q[key] for r, q in zip(rs, base)]
                point |= {key: mean([r[key] for r in rs]), gain: [mean(gains), sem(gains)]}
            out.append(point | dict(sem=sem([r['top1'] for r in rs]), runs=[r['top1'] for r in rs]))
        return out
    results = {v: points(v) for v in variants}
    def test(v):
        "Mean test accuracy of the runs at the largest budget."
        final = Examiner(whole, net, seeds=probes, epochs=epochs)
        def of(s):
            images = pictures.get((name, net.hash, v, budgets[-1], s))
            if images is None: images = one_run(data, net, bank, v, budgets[-1], s)
            return float(final.score(images, torch.arange(len(data.classes))).top1.mean())
        return [round(of(s), 2) for s in range(seeds)]
    return dict(backbone=net.name, weights=net.hash, others=[n.name for n in others], bank_seconds=round(bank_seconds, 2), step_seconds={f'{a} views' + (f', {d} rows' if d else ''): s for (a, d), s in each.items()}, train=len(data.train), held_back=len(data.test)), results, test

def to_goal(results):
    "Seconds in which each variant is as good as the longest runs of `start`; between two budgets in proportion, on a scale of log seconds."
    goal = results['start'][-1]['top1']
    def seconds(points):
        if points[0]['top1'] >= goal: return points[0]['seconds']
        for p, q in zip(points, points[1:]):
            if q['top1'] >= goal: return round(p['seconds']*(q['seconds']/p['seconds'])**((goal - p['top1'])/(q['top1'] - p['top1'])), 2)
    return {v: seconds(points) for v, points in results.items()}

def carries(points):
    "Is a variant as good as the start on the backbones that did not make the images?"
    gain, sem = points[-1]['others_against_start']
    return gain >= -2*sem

def choose(seconds, results):
    "The variant that reaches the goal soonest on all sets together, of those that carry over."
    names = set.intersection(*[{v for v, s in found.items() if s and carries(results[name][v])} for name, found in seconds.items()])
    return min(names, key=lambda v: sum(found[v]/found['start'] for found in seconds.values()))

def main(sets=('cifar10-mini', 'caltech101'), backbone='tiny-simclr-resnet', photos='../shared/data', variants=SOME, budgets=(40, 120, 400), seeds=5, probes=3, epochs=1000, keep=None, threads=0, few=FEW):
    if threads: torch.set_num_threads(threads)
    found = {name: search(name, backbone, photos, few if name=='caltech101' else variants, budgets, seeds, probes, epochs, keep) for name in sets}
    seconds = {name: to_goal(results) for name, (_, results, _) in found.items()}
    best = choose(seconds, {name: results for name, (_, results, _) in found.items()})
    return dict(benchmark='fewer_steps', sets={n: f[0] for n, f in found.items()}, seeds=seeds, knobs={v: BASE | VARIANTS[v] for v in dict.fromkeys((*variants, *few))}, chosen=best, seconds_to_goal=seconds,
                test={n: {v: f[2](v) for v in dict.fromkeys(('start', best))} for n, f in found.items()}, results={n: f[1] for n, f in found.items()})

if __name__=='__main__':
    words, numbers = (lambda text: tuple(text.split(','))), (lambda text: tuple(int(n) for n in text.split(',')))
    several = lambda text: tuple(text.split(';'))
    p = parser(__doc__)
    p.add_argument('--sets', type=words, default=('cifar10-mini', 'caltech101')); p.add_argument('--backbone', default='tiny-simclr-resnet'); p.add_argument('--photos', default='../shared/data')
    p.add_argument('--variants', type=several, default=SOME, help='separated by semicolons; there are more in VARIANTS'); p.add_argument('--budgets', type=numbers, default=(40, 120, 400))
    for name, value in (('seeds', 5), ('probes', 3), ('epochs', 1000), ('threads', 0)): p.add_argument(f'--{name}', type=int, default=value)
    p.add_argument('--few', type=several, default=FEW, help='variants on the photographs'); p.add_argument('--keep', type=Path)
    run(main, p)
