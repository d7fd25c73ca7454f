"""Which settings reach an accuracy in the fewest seconds? One change at a time from the default.

    python -m benchmarks.fewer_steps [--sets cifar10-mini,caltech101] [--budgets 40,120,400] [--seeds 3]
        [--variants "default;lr 0.01;…"] [--keep FILE] [--json]

`cifar10-mini` is distilled with an embedded backbone (`--backbone`), `caltech101` (ten classes, `--photos` is the
folder that holds it) with EfficientNet-Lite0 at 96 px. A budget is steps of three views; a variant with more or
fewer views per step takes fewer or more steps. Every budget is a run of its own, since schedules stretch over a
run. Seconds are steps times the time of a step with a complete pyramid, taken at the end for all kinds of step in
turn, so that the load of the machine during a long search is no matter. Accuracy is that of probes on a fifth of
the training images, held back; mean over `seeds` runs. `others` is the accuracy of the same images on backbones
that did not make them: the other embedded ones, and MobileNetV2 for the photographs. `against_default`,
`others_against_default`: difference of the runs with the same seed, and its standard error.

`seconds_to_goal`: seconds of the run whose mean accuracy is that of the default at the largest budget, read between the
measured budgets; `chosen` reaches it soonest (sum over the sets of the ratio to the seconds of the default), among
those that lose nothing on other backbones: at the largest budget no more than two standard errors. `test` scores
the default and the chosen on test images, which decides nothing. Results so far are in `--keep`, so that a search that
is killed can be resumed.
"""
import json, statistics
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
import torch
from benchmarks.accuracy_time import held_back, timed_bank
from benchmarks.common import add_numbers, alternate, middle, numbers, parser, run, say, words
from benchmarks.step import grown
from lgm_nb.backbones.embedded import zoo_cards
from lgm_nb.backbones.open import open_backbone
from lgm_nb.data.open import open_dataset
from lgm_nb.method.distiller import Distiller
from lgm_nb.method.meta_loss import GradientMatching
from lgm_nb.method.settings import GROWTH_SHARE, Settings
from lgm_nb.probing.examiner import Examiner

DEFAULT = dict(lr=2e-2, augs=(3, 3), grow=GROWTH_SHARE, decay=True, average=0., restart=True, draw=0)
VARIANTS = { # what differs from the default
    'default': {},
    'lr 0.005': dict(lr=5e-3), 'lr 0.01': dict(lr=1e-2), 'lr 0.04': dict(lr=4e-2), 'lr 0.08': dict(lr=8e-2),
    'constant rate': dict(decay=False), 'average 0.2': dict(average=.2),
    '1 view': dict(augs=(1, 1)), '1, then 5 views': dict(augs=(1, 5)), '5, then 1 view': dict(augs=(5, 1)),
    'grown at 0.2': dict(grow=.2), 'grown at 0.7': dict(grow=.7), 'Adam goes on': dict(restart=False),
    'rows 2000': dict(draw=2000), 'rows 100': dict(draw=100),
}
SOME = ('default', 'lr 0.01', 'lr 0.04', 'constant rate', 'average 0.2', '1 view', '1, then 5 views', 'grown at 0.2',
        'grown at 0.7', 'Adam goes on', 'rows 100') # half an hour on one core
FEW = ('default', 'lr 0.01', 'lr 0.04', 'constant rate', 'grown at 0.7') # on photographs, where a step takes longer

def knobs_of(variant): return DEFAULT | VARIANTS[variant]
def steps_of(knobs, budget): return max(1, round(3*budget/(sum(knobs['augs'])/2)))

class Steered(Distiller):
    "A distiller whose schedules are those of a variant."
    def __init__(self, data, net, bank, knobs, steps, seed):
        self.knobs, self.optimiser = knobs, None
        self.sums, self.summed = None, 0
        settings = Settings(steps=steps, augs=knobs['augs'][0], seed=seed, bank_rows=knobs['draw'] or 1,
                            lr=knobs['lr'], lr_decay=knobs['decay'])
        objective = GradientMatching(w_std=.01, centre=False) if knobs['draw'] else None
        super().__init__(data, net, settings, objective, bank=bank, frames=0)
        self.grow_every = max(1, int(knobs['grow']*steps/(len(self.pyramid.sizes) - 1)))

    def restart_optimiser(self):
        "Moments of the former levels stay if the variant says so."
        old = self.optimiser
        super().restart_optimiser()
        if old is not None and not self.knobs['restart']: self.optimiser.state.update(dict(old.state))

    def _set_views(self):
        "Change the views per step halfway."
        augs = self.knobs['augs'][self.step >= self.settings.steps/2]
        if augs==self.settings.augs: return
        self.settings = replace(self.settings, augs=augs)
        encoder = self.sources[0].encoder
        encoder.encode.augs, encoder.chunk = augs, 0

    def _average(self):
        "Average the levels over the last part of the run."
        late = self.step > (1 - self.knobs['average'])*self.settings.steps
        if not self.knobs['average'] or not self.pyramid.complete or not late: return
        if self.sums is None: self.sums = [torch.zeros_like(p) for p in self.pyramid.levels]
        for s, p in zip(self.sums, self.pyramid.levels): s += p.detach()
        self.summed += 1
        if self.step < self.settings.steps: return
        for s, p in zip(self.sums, self.pyramid.levels): p.data.copy_(s/self.summed)

    def __next__(self):
        self._set_views()
        snap = super().__next__()
        self._average()
        return snap

@dataclass
class Search:
    "One set: what is distilled, with what, and how it is measured."
    name:str
    whole:Any # with its test split
    net:Any # backbone that distils
    others:list # backbones that only read
    budgets:tuple
    seeds:int
    probes:int
    epochs:int
    keep:Path|None

    def __post_init__(self):
        self.data, self.images = held_back(self.whole), {}
        self.bank, self.bank_seconds = timed_bank(self.data, self.net)
        self.examiner, *self.readers = (self._examiner(self.data, n) for n in (self.net, *self.others))
        lines = self.keep.read_text().splitlines() if self.keep and self.keep.exists() else []
        self.done = {tuple(r['of']): r for r in map(json.loads, lines)}

    def _examiner(self, data, net): return Examiner(data, net, seeds=self.probes, epochs=self.epochs)
    def _accuracy(self, examiner, images):
        return float(examiner.score(images, torch.arange(len(self.data.classes))).top1.mean())

    def key(self, variant, budget, seed): return self.name, self.net.hash, variant, budget, seed

    def images_of(self, variant, budget, seed):
        "Images of a run."
        key = self.key(variant, budget, seed)
        if key not in self.images:
            knobs = knobs_of(variant)
            way = Steered(self.data, self.net, self.bank, knobs, steps_of(knobs, budget), seed)
            for _ in way: pass
            self.images[key] = way.images()
        return self.images[key]

    def measure(self, variant, budget, seed):
        "Measure a run, unless it was."
        key = self.key(variant, budget, seed)
        if key in self.done: return
        images = self.images_of(variant, budget, seed)
        others = round(statistics.mean(self._accuracy(e, images) for e in self.readers), 3)
        self.done[key] = dict(of=key, top1=round(self._accuracy(self.examiner, images), 3), others=others)
        if self.keep:
            with self.keep.open('a') as f: f.write(json.dumps(self.done[key]) + '\n')

    def runs(self, variant, budget): return [self.done[self.key(variant, budget, s)] for s in range(self.seeds)]

    def curve(self, variant, seed): return [self.done[self.key(variant, b, seed)]['top1'] for b in self.budgets]

    def test(self, variant):
        "Mean test accuracy of the runs at the largest budget."
        final = self._examiner(self.whole, self.net)
        sets = [self.images_of(variant, self.budgets[-1], s) for s in range(self.seeds)]
        return [round(self._accuracy(final, images), 2) for images in sets]

    def step_seconds(self, variants, repeats=9):
        "Seconds of a step for each number of views and of rows that some variants need."
        knobs = [knobs_of(v) for v in variants]
        kinds = sorted({(augs, k['draw']) for k in knobs for augs in k['augs']})
        def start(augs, draw):
            kind = DEFAULT | dict(augs=(augs, augs), draw=draw)
            return grown(Steered(self.data, self.net, self.bank, kind, 10_000, 0))
        runs = {kind: start(*kind) for kind in kinds}
        seconds = alternate({kind: lambda r=r: next(r) for kind, r in runs.items()}, repeats)
        return {kind: middle(s) for kind, s in seconds.items()}

def mean(xs): return round(statistics.mean(xs), 2)
def standard_error(xs): return round(statistics.stdev(xs)/len(xs)**.5, 3) if len(xs) > 1 else 0.

def points_of(search, variant, each):
    "What a variant came to at each budget; `each`: seconds of a step by kind."
    knobs, points = knobs_of(variant), []
    step = sum(each[augs, knobs['draw']] for augs in knobs['augs'])/2
    for budget in search.budgets:
        runs, base = search.runs(variant, budget), search.runs('default', budget)
        point = dict(budget=budget, seconds=round(steps_of(knobs, budget)*step, 2))
        for key, gain in (('top1', 'against_default'), ('others', 'others_against_default')):
            gains = [r[key] - q[key] for r, q in zip(runs, base)]
            point |= {key: mean([r[key] for r in runs]), gain: [mean(gains), standard_error(gains)]}
        top1 = [r['top1'] for r in runs]
        points.append(point | dict(sem=standard_error(top1), runs=top1))
    return points

def facts_of(search, each):
    "What was measured, with what."
    def kind(augs, draw): return f'{augs} views' + (f', {draw} rows' if draw else '')
    return dict(backbone=search.net.name, weights=search.net.hash, others=[n.name for n in search.others],
                bank_seconds=round(search.bank_seconds, 2), step_seconds={kind(*k): s for k, s in each.items()},
                train=len(search.data.train), held_back=len(search.data.test))

def measure_all(search, variants):
    "Measure all runs of one set; its facts, and the points of each variant."
    for seed in range(search.seeds):
        for budget in search.budgets:
            for v in variants: search.measure(v, budget, seed)
        say(search.name, 'seed', seed, {v: search.curve(v, seed) for v in variants})
    each = search.step_seconds(variants)
    return facts_of(search, each), {v: points_of(search, v, each) for v in variants}

def open_set(name, backbone, photos):
    "The data, the backbone that distils, and others that read."
    if name=='cifar10-mini':
        return open_dataset(name), open_backbone(backbone), [open_backbone(n) for n in zoo_cards() if n != backbone]
    from benchmarks.photos import CLASSES, photographs
    return photographs(photos, CLASSES[:10]), open_backbone('efficientnet-lite0'), [open_backbone('mobilenetv2')]

def to_goal(results):
    """Seconds in which each variant is as good as the longest runs of the default; between two budgets in proportion,
    on a scale of log seconds."""
    goal = results['default'][-1]['top1']
    def seconds(points):
        if points[0]['top1'] >= goal: return points[0]['seconds']
        for p, q in zip(points, points[1:]):
            if q['top1'] < goal: continue
            share = (goal - p['top1'])/(q['top1'] - p['top1'])
            return round(p['seconds']*(q['seconds']/p['seconds'])**share, 2)
    return {v: seconds(points) for v, points in results.items()}

def carries(points):
    "Is a variant as good as the default on the backbones that did not make the images?"
    gain, sem = points[-1]['others_against_default']
    return gain >= -2*sem

def choose(seconds, results):
    "The variant that reaches the goal soonest on all sets together, of those that carry over."
    good = [{v for v, s in found.items() if s and carries(results[name][v])} for name, found in seconds.items()]
    return min(set.intersection(*good), key=lambda v: sum(found[v]/found['default'] for found in seconds.values()))

def main(sets=('cifar10-mini', 'caltech101'), backbone='tiny-simclr-resnet', photos='../shared/data', variants=SOME,
         budgets=(40, 120, 400), seeds=3, probes=3, epochs=1000, keep=None, threads=0, few=FEW):
    if threads: torch.set_num_threads(threads)
    searches = {n: Search(n, *open_set(n, backbone, photos), budgets, seeds, probes, epochs, keep) for n in sets}
    found = {n: measure_all(s, few if n=='caltech101' else variants) for n, s in searches.items()}
    results = {n: points for n, (_, points) in found.items()}
    seconds = {n: to_goal(points) for n, points in results.items()}
    best = choose(seconds, results)
    return dict(benchmark='fewer_steps', protocol='fast', seeds=seeds,
                sets={n: facts for n, (facts, _) in found.items()},
                knobs={v: knobs_of(v) for v in dict.fromkeys((*variants, *few))}, chosen=best, seconds_to_goal=seconds,
                test={n: {v: s.test(v) for v in dict.fromkeys(('default', best))} for n, s in searches.items()},
                results=results)

def several(text): return tuple(text.split(';'))

if __name__=='__main__':
    p = parser(__doc__)
    p.add_argument('--sets', type=words, default=('cifar10-mini', 'caltech101'))
    p.add_argument('--backbone', default='tiny-simclr-resnet')
    p.add_argument('--photos', default='../shared/data')
    p.add_argument('--variants', type=several, default=SOME, help='separated by semicolons; there are more in VARIANTS')
    p.add_argument('--few', type=several, default=FEW, help='variants on the photographs')
    p.add_argument('--budgets', type=numbers, default=(40, 120, 400))
    p.add_argument('--keep', type=Path)
    add_numbers(p, seeds=3, probes=3, epochs=1000, threads=0)
    run(main, p)
