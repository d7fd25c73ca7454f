"""Fine-tuning on images that were distilled for a probe, and on images that were made for it.

    python -m benchmarks.fine_tuning [--backbones tiny-simclr-resnet] [--ways block,lora,full] [--seeds 3]
        [--made probe,whole] [--real random,centroid,full] [--rates 1e-5,1e-4] [--steps 200] [--tuning-steps 100]
        [--full-steps 300] [--held 60] [--repeats 5] [--per-class N] [--keep FOLDER] [--save FILE] [--json]

A network is tuned on one distilled image per class, on as many real ones and on all of them, from their own probe on:
its last block, low-rank adapters (LoRA, for which the package peft is needed; without it these rows are left out and
the result says so), or all of it. `probe` are images of the default objective; `whole` and `class` add the gradients of
the last block's weights to it, of all classes together or of each. The last HELD training images of each class take the
place of the test split first, with one seed: there each way has its best rate for each kind of images, a low or a high
one (ten times as high for LoRA), and of several objectives for tuning the best is taken. Then the test images are read
once, with SEEDS distillations and as many draws of random images; those nearest to the class means, and all images, are
tuned on once. `cost` is the time of a step of each objective, in turns. Every set and every score is kept in KEEP and
not computed again, so that the benchmark resumes. Prints one JSON object as the last line; intervals (95 %, Student)
are over distillation seeds.
"""
from functools import cached_property
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
import torch
from lgm_nb.backbones.open import open_backbone
from lgm_nb.core.files import cached, key_of
from lgm_nb.data.open import open_dataset
from lgm_nb.method.distiller import Distiller
from lgm_nb.method.objectives import DiscriminantMatching
from lgm_nb.method.settings import Settings
from lgm_nb.probing.examiner import Examiner
from lgm_nb.probing.fine_tuning import fine_tune, with_probe
from benchmarks.block_matching import BlockMatching
from benchmarks.common import (
    add_numbers, alternate, distilled, floats, interval, mean, middle, parser, ratio, run, say, without_test, words)

MADE = {
    'probe': lambda data, net: DiscriminantMatching(),
    'whole': lambda data, net: DiscriminantMatching() + BlockMatching(data, net),
    'class': lambda data, net: DiscriminantMatching() + BlockMatching(data, net, by_class=True)}
FOR_TUNING = ('whole', 'class')

class Images:
    "Images to tune on, and the classifiers that come of them; scores are kept."
    def __init__(self, bench, images, labels, facts, seed):
        self.bench, self.images, self.labels, self.seed = bench, images, labels, seed
        self.steps = bench.options['full_steps' if len(images)==len(bench.data.train) else 'tuning_steps']
        self.known = dict(what='fine-tuned', data=bench.data.hash, net=bench.net.hash, images=facts, seed=seed)

    @cached_property
    def start(self):
        return with_probe(self.bench.net, self.images, self.labels, len(self.bench.data.classes), self.seed)

    def _top1(self, make, **facts):
        return cached(self.known | facts, lambda: make().top1(self.bench.data.test), self.bench.keep)

    def probe(self): return self._top1(lambda: self.start, way='probe')

    def tuned(self, way, rate):
        def make(): return fine_tune(self.start, self.images, self.labels, way, rate, self.steps, self.seed)
        return self._top1(make, way=way, rate=rate, steps=self.steps)

class Bench:
    "A data set and a backbone, and the images of each kind."
    def __init__(self, data, net, options, seeds):
        self.data, self.net, self.options, self.seeds = data, net, options, seeds
        self.keep, self.found = Path(options['keep']), {}

    @cached_property
    def examiner(self): return Examiner(self.data, self.net, seeds=self.options['seeds'])

    def images(self, kind):
        "Images of a kind, one for each seed."
        if kind not in self.found: self.found[kind] = list(self._made(kind) if kind in MADE else self._real(kind))
        return self.found[kind]

    def _made(self, kind):
        o = self.options
        for seed in range(self.seeds):
            settings = Settings(steps=o['steps'], augs=o['augs'], seed=seed)
            made, facts = distilled(self.data, self.net, MADE[kind](self.data, self.net), settings, self.keep)
            say(f'{self.data.name} on {self.net.name}: {kind}, seed {seed}: {made.card["seconds"]:.0f} s')
            yield Images(self, made.images, made.labels, facts, seed)

    def _real(self, kind):
        train = self.data.train
        if kind=='full': each = [torch.arange(len(train))]
        elif kind=='centroid': each = [self.examiner.centroid_rows()]
        else: each = self.examiner.random_rows()[:self.seeds]
        for seed, rows in enumerate(each):
            yield Images(self, train.batch(rows, self.net.canvas), train.labels[rows], key_of(rows.tolist()), seed)

def rates_of(way, rates): return [rate*10 if way=='lora' else rate for rate in rates]

# --- on held-back images

def held_table(bench, kinds):
    "Every rate, on held-back images."
    for kind in kinds:
        own = bench.images(kind)
        for way in bench.options['ways']:
            for rate in rates_of(way, bench.options['rates']):
                top1 = mean([i.tuned(way, rate) for i in own])
                yield dict(table='held', network=bench.net.name, images=kind, way=way, rate=rate,
                           probe=round(mean([i.probe() for i in own]), 2), top1_mean=round(top1, 2))

def best_rates(held):
    "The rate of each way and kind of images that came out best."
    best = {}
    for e in held:
        key = e['images'], e['way']
        if key not in best or e['top1_mean'] > best[key]['top1_mean']: best[key] = e
    return {key: e['rate'] for key, e in best.items()}

def best_made(held):
    "The kind of images made for tuning that came out best, on average over ways at their best rates."
    best = best_rates(held)
    def score(kind):
        return mean([e['top1_mean'] for e in held if e['images']==kind and e['rate']==best[kind, e['way']]])
    kinds = {e['images'] for e in held} & set(FOR_TUNING)
    return max(sorted(kinds), key=score, default=None)

# --- on the test images

def summed(each, **facts):
    "An entry: the mean of some accuracies, one for each seed, with its interval."
    return dict(facts, top1_mean=round(mean(each), 2), interval=interval(each), seeds=len(each),
                top1=[round(v, 2) for v in each])

def paired(name, each, others):
    "Mean of the differences of each seed, and its interval."
    minus = [a - b for a, b in zip(each, others)]
    return {name: round(mean(minus), 2), f'{name}_interval': interval(minus)}

def test_table(bench, kinds, rates):
    "The chosen rates, on test images; images made for tuning beside those for the probe, seed by seed."
    plain = {}
    for kind in kinds:
        own = bench.images(kind)
        probe = [i.probe() for i in own]
        for way in ('probe', *bench.options['ways']):
            rate = rates.get((kind, way))
            each = probe if way=='probe' else [i.tuned(way, rate) for i in own]
            if kind=='probe': plain[way] = each
            beside = paired('minus_plain', each, plain[way]) if kind in FOR_TUNING and 'probe' in kinds else {}
            yield summed(each, table='test', network=bench.net.name, images=kind, way=way, rate=rate,
                         **paired('minus', each, probe), **beside)

# --- cost

def cost_table(data, net, options):
    "Seconds per step of each objective."
    data = data.subset(data.classes, per_class=60) # a step takes as long with any number of photographs
    settings = Settings(steps=100, augs=options['augs'], views=1)
    runs = {kind: Distiller(data, net, settings, make(data, net), frames=0) for kind, make in MADE.items()}
    seconds = alternate({kind: run.__next__ for kind, run in runs.items()}, options['repeats'])
    for kind, each in seconds.items():
        yield dict(table='cost', network=net.name, made=kind, seconds=middle(each), ratio=ratio(each, seconds['probe']))

def per_network(name, data, options):
    "All tables of one network."
    net, kinds = open_backbone(name), (*options['made'], *options['real'])
    held = list(held_table(Bench(without_test(data, options['held']), net, options, 1), kinds))
    yield from held
    chosen = best_made(held)
    taken = [k for k in kinds if k not in FOR_TUNING or k==chosen]
    yield from test_table(Bench(data, net, options, options['seeds']), taken, best_rates(held))
    yield from cost_table(data, net, options)

def usable(ways):
    "The ways whose packages are installed, and a line for each that is left out."
    if 'lora' not in ways or find_spec('peft'): return ways, []
    return tuple(w for w in ways if w != 'lora'), ["lora: peft is not installed; pip install 'lgm_nb[finetune]'"]

def main(**options):
    "Run the benchmark; the returned dict is what is printed."
    options['ways'], left_out = usable(options['ways'])
    for line in left_out: say(f'left out: {line}')
    data, found = open_dataset('cifar10-mini'), []
    if options['per_class']: data = data.subset(data.classes, per_class=options['per_class'])
    for name in options['backbones']:
        for entry in per_network(name, data, options):
            say({k: v for k, v in entry.items() if k not in ('top1', 'seeds')})
            found.append(entry)
    kept = {k: options[k] for k in ('steps', 'augs', 'tuning_steps', 'full_steps', 'held', 'ways', 'rates')}
    peft = metadata.version('peft') if 'lora' in options['ways'] else None
    return dict(benchmark='fine_tuning', protocol='fast', data=data.name, **kept, left_out=left_out, peft=peft,
                rows=found)

def arguments():
    p = parser(__doc__)
    p.add_argument('--backbones', type=words, default=('tiny-simclr-resnet',), help='such as tiny-can-vit')
    p.add_argument('--ways', type=words, default=('block', 'lora', 'full'))
    p.add_argument('--made', type=words, default=('probe', 'whole'), help='also: class')
    p.add_argument('--real', type=words, default=('random', 'centroid', 'full'))
    p.add_argument('--rates', type=floats, default=(1e-5, 1e-4), help='a low and a high one; ten times these for LoRA')
    p.add_argument('--keep', default='build/fine_tuning', help='folder for sets and scores')
    add_numbers(p, seeds=3, steps=200, tuning_steps=100, full_steps=300, augs=3, held=60, repeats=5, per_class=0)
    return p

if __name__=='__main__': run(main, arguments())
