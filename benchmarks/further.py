"""One image per class, taken further: classes added to a set, more images, soft and learned labels.

    python -m benchmarks.further [--tables classes,drawn,ipc,labels] [--sets cifar10-mini] [--seeds 3]
        [--class-seeds 12] [--drawn 8] [--objectives discriminant] [--counts 1,2,5,10] [--temperatures 16]
        [--labelled 1] [--steps 200] [--backbone tiny-simclr-resnet] [--held N] [--keep FOLDER]
        [--caltech ../shared/data] [--save FILE] [--json]

`classes` distils all classes but two, and adds these two with `extend`: with real images of the old classes, with their
statistics alone, and with nothing but the set, by the objective of the set or by the ridge probe; beside a run from
nothing on all classes (of CLASS_SEEDS seeds, since their difference is small). `drawn` adds two classes as well, but
other ones for each of DRAWN seeds (five add each class once), and says what the new and the old classes lose; on
held-back images it compares several ways. `ipc` is the accuracy against the number of images per class, for each
objective, beside as many real images: random ones, those nearest to the class mean, those nearest to the means of as
many parts of the class, and the neighbours of the distilled ones. `labels` gives distilled and real images hard, soft
and learned labels. Where a table is not about objectives, one image per class is distilled with the first of them, and
several with the last; `discriminant` is the default of `distill`. A step has about as many views for any number of
images per class: --augs is divided by it. With `--held N` the last N training images of each class take the place of
the test split: choices are made so. Every set and every score is kept in KEEP and not computed again, so that the
benchmark resumes. Prints one JSON object as the last line; intervals (95 %, Student) are over distillation seeds, for
random images over their draws.
"""
import time
from dataclasses import replace
from pathlib import Path
import torch
from lgm_nb.backbones.open import open_backbone
from lgm_nb.core.files import cached, key_of
from lgm_nb.data.open import open_dataset
from lgm_nb.method.distilled_set import DistilledSet
from lgm_nb.method.distiller import Distiller
from lgm_nb.method.extend import extend, Extension
from lgm_nb.method.objectives import DiscriminantMatching, RidgeProbe
from lgm_nb.method.parts import split_rows
from lgm_nb.method.runs import run_facts
from lgm_nb.method.settings import Settings
from lgm_nb.probing.examiner import Examiner
from lgm_nb.probing.labels import Teacher
from benchmarks.common import (
    add_numbers, distilled, floats, interval, mean, numbers, parser, run, say, without_test, words)
from benchmarks.objectives import beyond, objective_of
from benchmarks.photos import CLASSES, photographs

ADDED, STEPS_TO_TIME = 2, 10 # classes of the table `classes`; of a run whose steps are timed

def open_data(name, caltech, held):
    "A data set; None, with a message, if it is not here."
    if name=='cifar10-mini': data = open_dataset(name)
    elif name != 'caltech-10': raise SystemExit(f'--sets {name}: must be cifar10-mini or caltech-10')
    elif not (Path(caltech)/'caltech101').is_dir(): return say(f'{name} is left out: no caltech101 in {caltech}')
    else: data = photographs(caltech, CLASSES[:10])
    return without_test(data, held) if held else data

class Bench:
    "A data set and a backbone, and what was measured with them; sets and scores are kept."
    def __init__(self, data, net, options):
        self.data, self.net, self.options, self.keep = data, net, options, Path(options['keep'])
        self.examiner = Examiner(data, net, seeds=options['probes'])
        self.teachers = {}

    def settings(self, seed, ipc=1):
        o = self.options
        return Settings(steps=o['steps'], augs=max(1, round(o['augs']/ipc)), ipc=ipc, seed=seed)

    def sets(self, objective, ipc=1, data=None, seeds=0):
        "Distilled sets, one per seed, each with the facts that tell it from others."
        data, found = data or self.data, []
        for seed in range(seeds or self.options['seeds']):
            found.append(distilled(data, self.net, objective_of(objective), self.settings(seed, ipc), self.keep))
            say(f'{data.name}: {objective}, ipc {ipc}, seed {seed}: {found[-1][0].card["seconds"]:.0f} s')
        return found

    def chosen(self, ipc):
        "The objective of the tables about something else."
        return self.options['objectives'][0 if ipc==1 else -1]

    def top1(self, kind, measure, **facts):
        "Accuracies of the probes, in percent, from the folder or measured now."
        known = dict(what='further', kind=kind, data=self.data.hash, net=self.net.hash,
                     probes=self.options['probes'], **facts)
        return cached(known, lambda: measure().top1.tolist(), self.keep)

    def row(self, kind, made=None, facts=None, ipc=1):
        "Accuracies of a usual row."
        return self.top1(kind, lambda: self.examiner.score_row(kind, made, ipc), made=facts, ipc=ipc)

    def full(self): return round(mean(self.row('full')), 2)

    def real_rows(self, kind, ipc):
        "Rows of real images that do not depend on a set."
        if kind=='random': return self.examiner.random_rows(ipc)
        if kind=='centroid': return self.examiner.centroid_rows(ipc)
        return torch.cat([self._clusters(c, ipc) for c in range(len(self.data.classes))])

    def _clusters(self, label, k):
        "The real images nearest to the means of k parts of a class."
        rows = self.data.train.rows_of(label)
        z = self.examiner.train_features[rows]
        parts = split_rows(z, k)
        means = [z[parts==part].mean(0) for part in range(k)]
        return torch.stack([rows[(z - m + 1e9*(parts != part)[:, None]).norm(dim=1).argmin()]
                            for part, m in enumerate(means)])

    def real(self, kind, ipc):
        def measure(): return self.examiner.score_rows(self.real_rows(kind, ipc))
        return self.top1(kind, measure, ipc=ipc, rows=True)

    def teacher(self, kind, temperature):
        "A teacher; all of them share the probe of all images and its features."
        first = next(iter(self.teachers.values()), None)
        if (kind, temperature) not in self.teachers:
            new = self.teachers[kind, temperature] = Teacher(self.data, self.net, kind, temperature)
            new.share_features(self.examiner)
            if first is not None: new.probe = first.probe
        return self.teachers[kind, temperature]

def summed(each, **facts):
    "An entry: the mean of some accuracies, one per seed, with its interval."
    return dict(facts, top1_mean=round(mean(each), 2), interval=interval(each), seeds=len(each),
                top1=[round(v, 2) for v in each])

# --- classes

EARLIER = {'extended, nothing but the old set': 'extended, no real images of the old'} # in the names of kept scores

def extended(bench, base, facts, data, settings, objective=None, **changes):
    "A set with further classes, from the folder or made now; `changes` are settings that differ from those of the set."
    settings = replace(settings, **changes)
    known = dict(run_facts(data, bench.net, settings, objective), base=facts, what='extended', version=2)
    folder = bench.keep/f'extended-{key_of(known)}'
    if not (folder/'card.json').exists(): extend(base, data, bench.net, objective, **changes).save(folder)
    made = DistilledSet.load(folder)
    say(f'{data.name}, {objective}: {cost(made):.0f} s beside {made.card["history"][-1]["beside"]}')
    return made, key_of(known)

def with_statistics(bench, base, data, settings):
    "A set with statistics of its photographs; one that an earlier version kept has none."
    known = base.statistics or Distiller(data, bench.net, settings, frames=0).distilled().statistics
    return DistilledSet(base.images, base.labels, base.classes, base.card, statistics=known)

def bare(base): return DistilledSet(base.images, base.labels, base.classes, base.card)

def with_real(bench, base, new):
    "A set with the real images of new classes that are nearest to their means, instead of distilled ones."
    rows = bench.examiner.centroid_rows()[[bench.data.classes.index(c) for c in new]]
    real = DistilledSet(bench.data.train.batch(rows, base.images.shape[-1]), torch.arange(len(new)), new, base.card)
    return base.merge(real)

def larger(bench, base, facts, first, last, settings):
    "The ways to add the last classes to a set of the first ones; on held-back images those to choose from."
    data, ridge = bench.data, RidgeProbe()
    yield 'extended', extended(bench, base, facts, data, settings)
    yield 'extended, ridge probe', extended(bench, base, facts, data, settings, ridge)
    known = with_statistics(bench, base, first, settings)
    yield 'extended, ridge probe, statistics of the old', extended(bench, known, facts, last, settings, ridge)
    if bench.options['held']: return
    yield 'extended, nothing but the old set', extended(bench, bare(base), facts, last, settings)
    yield 'real images added', (with_real(bench, base, last.classes), facts)

def step_ms(bench, base):
    "Processor time of a step in milliseconds, in turn: from nothing, by the objective of the set, by the ridge probe."
    data, settings = bench.data, bench.settings(0)
    whole = Distiller(data, bench.net, settings, frames=0)
    runs = [whole, *(Extension(base, data, [bench.net], settings, o, frames=0).run for o in (None, RidgeProbe()))]
    for run in runs: run_steps_of(run, STEPS_TO_TIME) # to warm up
    each = [[run_steps_of(run, STEPS_TO_TIME) for run in runs] for _ in range(3)]
    return [round(1000*min(times), 1) for times in zip(*each)]

def run_steps_of(run, n):
    "Processor time of a step, the mean of some."
    start = time.process_time()
    for _ in range(n): next(run)
    return (time.process_time() - start)/n

def classes_table(bench):
    "Classes added to a set, beside a run from nothing."
    data, n = bench.data, len(bench.data.classes) - ADDED
    means, seeds = bench.chosen(1), bench.options['class_seeds']
    first, last = data.subset(data.classes[:n]), data.subset(data.classes[n:])
    whole, bases = bench.sets(means, seeds=seeds), bench.sets(means, data=first, seeds=seeds)
    made = {'from nothing': whole}
    for (base, facts), settings in zip(bases, map(bench.settings, range(len(bases)))):
        for name, one in larger(bench, base, facts, first, last, settings): made.setdefault(name, []).append(one)
    costs = dict(zip(('from nothing', 'extended', 'extended, ridge probe'), step_ms(bench, bases[0][0])))
    def marked(name, facts): return f'{EARLIER.get(name, name)} {facts}'
    scores = {name: [mean(bench.row('distilled', s, marked(name, f))) for s, f in sets] for name, sets in made.items()}
    real = {k: round(mean(bench.real(k, 1)), 2) for k in ('random', 'centroid')}
    for name, each in scores.items():
        minus = [a - b for a, b in zip(each, scores['from nothing'])]
        yield summed(each, table='classes', data=data.name, made=name, real=real, full=bench.full(),
                     minus=round(mean(minus), 2), minus_interval=interval(minus), step_ms=costs.get(name))

# --- drawn

def ways(settings):
    "Ways to add classes, compared on held-back images."
    ridge, both, twice = RidgeProbe(), DiscriminantMatching() + RidgeProbe(), dict(steps=2*settings.steps)
    return {'extended': {}, 'extended, ridge probe': dict(objective=ridge),
            'extended, default + ridge probe': dict(objective=both), 'extended, twice as many steps': twice,
            'extended, default + ridge probe, twice as many steps': dict(twice, objective=both)}

def added_classes(n, seed):
    "Numbers of the classes that a seed adds: as seeds go on, each class once, then each once more."
    rounds, place = divmod(seed, n//ADDED)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(rounds)).tolist()
    return order[ADDED*place:ADDED*(place + 1)]

def per_class(bench, made, facts):
    "Accuracy of the probes on each class, in percent, from the folder or measured now."
    known = dict(what='further-classes', data=bench.data.hash, net=bench.net.hash, probes=bench.options['probes'],
                 made=facts)
    ordered = made.subset(bench.data.classes)
    return cached(known, lambda: bench.examiner.score_row('distilled', ordered).per_class.tolist(), bench.keep)

def of_draw(bench, seed, whole):
    "For each way to add the two classes of a seed: accuracy, and minus from nothing of all, new and old classes."
    data, settings, classes = bench.data, bench.settings(seed), bench.data.classes
    new = added_classes(len(classes), seed)
    old = [c for c in range(len(classes)) if c not in new]
    base = distilled(data.subset([classes[c] for c in old]), bench.net, objective_of(bench.chosen(1)), settings,
                     bench.keep)
    other = per_class(bench, *whole)
    for name, way in ways(settings).items():
        if way and not bench.options['held']: continue
        each = per_class(bench, *extended(bench, *base, data, settings, **way))
        minus = [a - b for a, b in zip(each, other)]
        yield name, [mean(each), *(mean([minus[c] for c in cs]) for cs in (range(len(classes)), new, old))]

def drawn_table(bench):
    "Classes added to a set, other ones for each seed, beside a run from nothing."
    whole = bench.sets(bench.chosen(1), seeds=bench.options['drawn'])
    found = {'from nothing': [[mean(per_class(bench, *w)), 0., 0., 0.] for w in whole]}
    for seed, made in enumerate(whole):
        for name, values in of_draw(bench, seed, made): found.setdefault(name, []).append(values)
    for name, values in found.items():
        each, *minus = zip(*values)
        facts = {f'minus{k}': round(mean(m), 2) for k, m in zip(('', '_new', '_old'), minus)}
        facts |= {f'minus{k}_interval': interval(m) for k, m in zip(('', '_new', '_old'), minus)}
        yield summed(each, table='drawn', data=bench.data.name, made=name, full=bench.full(), **facts)

def cost(made): # seconds of the last run
    return made.card.get('history', [made.card])[-1]['seconds']

# --- images per class

def ipc_table(bench):
    "Accuracy against the number of images per class, and above one image per class by the default objective."
    one = [mean(bench.row('distilled', *s, 1)) for s in bench.sets(bench.chosen(1))]
    for objective in bench.options['objectives']:
        for ipc in bench.options['counts']:
            sets = bench.sets(objective, ipc)
            each = [mean(bench.row('distilled', *s, ipc)) for s in sets]
            others = {k: [mean(bench.real(k, ipc))]*len(sets) for k in ('random', 'centroid', 'clusters')}
            others['neighbour'] = [mean(bench.row('neighbour', *s, ipc)) for s in sets] # of each set
            real = {kind: round(mean(values), 2) for kind, values in others.items()}
            best = max(real, key=real.__getitem__)
            minus = [a - b for a, b in zip(each, one)]
            yield summed(each, table='ipc', data=bench.data.name, objective=objective, ipc=ipc, real=real,
                         best_real=real[best], best_real_kind=best, above=beyond(each, others[best]),
                         full=bench.full(), minus=round(mean(minus), 2),
                         minus_interval=interval(minus), seconds=round(mean([s.card['seconds'] for s, _ in sets]), 1))

# --- labels

def label_kinds(temperatures): return [('hard', None), *(('soft', t) for t in temperatures), ('learned', None)]

def labels_of(bench, kind, temperature, images, rows):
    "Labels of distilled images, or of real ones, of which only the rows are given; None for hard labels."
    if kind=='hard': return None
    teacher = bench.teacher(kind, temperature or 1.)
    return teacher.label(images.images, images.labels) if rows is None else teacher.label_rows(rows)

def labelled(bench, what, ipc, kind, temperature):
    "Accuracies of images with labels: one per distillation seed, or one per draw of real images."
    facts = dict(labels=kind, temperature=temperature, ipc=ipc)
    if what=='distilled':
        def score(s):
            labels = labels_of(bench, kind, temperature, s, None)
            return bench.examiner.score(s.images, s.labels if labels is None else labels)
        sets = bench.sets(bench.chosen(ipc), ipc)
        return [mean(bench.top1(what, lambda: score(s), made=f, **facts)) for s, f in sets] # noqa: B023 (called at once)
    def measure():
        rows = bench.real_rows(what, ipc)
        return bench.examiner.score_rows(rows, labels_of(bench, kind, temperature, None, rows))
    found = bench.top1(what, measure, rows=True, **facts)
    return found if what=='random' else [mean(found)]

def labels_table(bench):
    "Hard, soft and learned labels, of distilled and of real images."
    for ipc in bench.options['labelled']:
        for kind, temperature in label_kinds(bench.options['temperatures']):
            for what in ('distilled', 'random', 'centroid', 'clusters'):
                if what=='clusters' and ipc==1: continue # the image nearest to the mean, as 'centroid'
                yield summed(labelled(bench, what, ipc, kind, temperature), table='labels', data=bench.data.name,
                             images=what, ipc=ipc, labels=kind, temperature=temperature, full=bench.full())

TABLES = dict(classes=classes_table, drawn=drawn_table, ipc=ipc_table, labels=labels_table)

def main(**options):
    "Run the benchmark; the returned dict is what is printed."
    net, found = open_backbone(options['backbone']), []
    for name in options['sets']:
        data = open_data(name, options['caltech'], options['held'])
        if data is None: continue
        bench = Bench(data, net, options)
        for table in options['tables']:
            for entry in TABLES[table](bench):
                say({k: v for k, v in entry.items() if k not in ('top1', 'full', 'seeds')})
                found.append(entry)
    kept = {k: options[k] for k in ('backbone', 'steps', 'augs', 'probes', 'held')}
    return dict(benchmark='further', protocol='fast', **kept, rows=found)

def arguments():
    p = parser(__doc__)
    p.add_argument('--tables', type=words, default=tuple(TABLES), help=f'default: {",".join(TABLES)}')
    p.add_argument('--sets', type=words, default=('cifar10-mini',), help='also: caltech-10')
    p.add_argument('--objectives', type=words, default=('discriminant',),
                   help='of ipc; other tables use the first for one image per class, the last for several')
    p.add_argument('--counts', type=numbers, default=(1, 2, 5, 10), help='images per class')
    p.add_argument('--labelled', type=numbers, default=(1,), help='images per class of the table labels')
    p.add_argument('--temperatures', type=floats, default=(16.,), help='of soft labels')
    p.add_argument('--backbone', default='tiny-simclr-resnet')
    p.add_argument('--keep', default='build/further', help='folder for sets and scores')
    p.add_argument('--caltech', default='../shared/data', help='folder that holds caltech101/')
    add_numbers(p, seeds=3, class_seeds=0, drawn=8, steps=200, augs=3, probes=3, held=0)
    return p

if __name__=='__main__': run(main, arguments())
