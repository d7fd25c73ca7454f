"""What to match, and on which backbones: objectives × sources × data, read at home, on seen and on unseen backbones.

    python -m benchmarks.objectives [--rows TEXT,…] [--sets cifar10-mini,caltech-20] [--seeds 3] [--steps 400]
        [--targets lite0,…] [--held N] [--keep FOLDER] [--caltech ../shared/data] [--save FILE] [--json]

A row is `OBJECTIVE @ SOURCES`, such as `means @ lite0` or `whitened .6 / means @ lite0 + simclr`, where a slash gives
each source its own objective; `means @ lite0 @ steps=400 lr_decay=0` has settings of its own, and one with
`data=caltech-20` among them is for that data set only. `--rows` names rows, or parts of the names of those in ROWS;
`--targets` the backbones that are probed, all of them by default.
With `--held N` the last N training images of each class take the place of the test split, and the rest are all there is
to learn from: choices are made so, and the test images are read once, at the end. Every set and every score is kept in
KEEP and not computed again, so that the benchmark resumes. What is not installed is left out with a message. Prints one
JSON object as the last line: one entry for each row and target, with the interval (95 %, Student) of the accuracy over
distillation seeds, and `above`, the mean difference to the best real images and its interval, paired by seed. `top1`
has the accuracy of each seed, and `real` that of real images of each kind, so that others can be paired as well.
"""
from dataclasses import fields, replace
from pathlib import Path
from lgm_nb.backbones.open import open_backbone
from lgm_nb.core.files import cached
from lgm_nb.data.open import open_dataset
from lgm_nb.method.meta_loss import GradientMatching, TotalVariation
from lgm_nb.method.objectives import (
    DiscriminantMatching, FlowMatching, OrthogonalMatching, PartMatching, PathMatching, RidgeProbe, WhitenedMeans)
from lgm_nb.method.settings import Settings
from lgm_nb.probing.examiner import Examiner
from benchmarks.common import add_numbers, distilled, interval, mean, parser, run, say, without_test, words
from benchmarks.photos import CLASSES, photographs

BACKBONES = dict(lite0='efficientnet-lite0', lite2='efficientnet-lite2', mobilenet='mobilenetv2', can='tiny-can-vit',
                 dino='tiny-dino-resnet', simclr='tiny-simclr-resnet', vicreg='tiny-vicreg-resnet')
OBJECTIVES = {
    'means': lambda: GradientMatching(),
    'published': lambda: GradientMatching(w_std=.01, centre=False),
    'flow': lambda: FlowMatching(),
    'ridge': lambda strength='1', temperature='.1': RidgeProbe(float(strength), float(temperature)),
    'orthogonal': lambda: OrthogonalMatching(),
    'path': lambda steps='64': PathMatching(int(steps)),
    'parts': lambda inner='': PartMatching(objective_of(inner) if inner else None),
    'discriminant': lambda number='.7': DiscriminantMatching(shrinkage=float(number)),
    'whitened': lambda number='.6': WhitenedMeans(shrinkage=float(number)),
    'tv': lambda number='.1': float(number)*TotalVariation()}
MATCHED = ('discriminant .7', 'means', 'ridge', 'whitened .6', 'orthogonal') # `flow` equals `means`
SOURCES = ('lite0', 'mobilenet', 'simclr', 'dino', 'can', 'vicreg', 'lite0 + lite2', 'simclr + dino', 'lite0 + simclr',
           'lite0 + simclr + dino')
ROWS = tuple(f'{what} @ {sources}' for what in MATCHED for sources in SOURCES)
ROWS += ('path @ lite0', 'path @ simclr', f'path @ {SOURCES[-1]}', f'{MATCHED[0]} + tv .1 @ {SOURCES[-1]}')
DEFAULT = 'discriminant .7 @ lite0 + simclr + dino' # what `make demo` makes; `distill` has the same objective
DEFAULT_STEPS = 800
REAL = ('random', 'centroid', 'neighbour')

def objective_of(text):
    "The objective that a part of a row names: terms with plus signs, each a name and perhaps a number."
    terms = []
    for term in text.split('+'):
        name, *number = term.split()
        terms.append(OBJECTIVES[name](*number))
    return sum(terms[1:], terms[0])

def read_row(row):
    "Names of the sources of a row, and an objective for each."
    what, where = (part.strip() for part in row.split('@')[:2])
    names = [BACKBONES[n.strip()] for n in where.split('+')]
    each = [objective_of(t) for t in what.split('/')]
    if len(each)==1: each *= len(names)
    if len(each) != len(names): raise SystemExit(f'--rows {row}: {len(each)} objectives for {len(names)} backbones')
    return names, each

def chosen_rows(texts):
    "The rows that a text names, or is a part of."
    if texts is None: return list(ROWS)
    return [r for t in texts for r in ([t.strip()] if '@' in t else [r for r in ROWS if t.strip() in r])]

def own_words(row):
    "What a row names besides objective and sources."
    return dict(word.split('=') for part in row.split('@')[2:] for word in part.split())

def own_settings(row):
    "The settings that a row names."
    types = {f.name: type(f.default) for f in fields(Settings)}
    return {name: types[name](float(value)) for name, value in own_words(row).items() if name != 'data'}

def chosen_targets(texts, nets):
    "The backbones to probe: those named, as sources are, or all that are installed."
    if texts is None: return list(nets)
    if unknown := [t for t in texts if t not in BACKBONES]:
        raise SystemExit(f'--targets {unknown[0]}: must be among {", ".join(BACKBONES)}')
    return [name for name in nets if name in {BACKBONES[t] for t in texts}]

def open_data(name, caltech, held):
    "A data set; None, with a message, if it is not here."
    if name=='cifar10-mini': data = open_dataset(name)
    elif not (Path(caltech)/'caltech101').is_dir(): return say(f'{name} is left out: no caltech101 in {caltech}')
    elif name=='caltech-20': data = photographs(caltech, CLASSES)
    elif name=='caltech-101': data = open_dataset(name, root=caltech)
    else: raise SystemExit(f'--sets {name}: must be cifar10-mini, caltech-20 or caltech-101')
    return without_test(data, held) if held else data

def open_all():
    "Every backbone that is installed, by name."
    found = {}
    for name in BACKBONES.values():
        try: found[name] = open_backbone(name)
        except (ValueError, RuntimeError, ImportError) as e: say(f'{name} is left out: {str(e).splitlines()[0]}')
    return found

class Reader:
    "Scores of sets and of real images on the targets of one data set; each is measured once and kept."
    def __init__(self, data, nets, probes, keep, protocol='fast'):
        self.data, self.nets, self.probes, self.keep, self.protocol = data, nets, probes, keep, protocol
        self.examiners = {}

    def _examiner(self, name):
        if name not in self.examiners:
            self.examiners[name] = Examiner(self.data, self.nets[name], self.protocol, seeds=self.probes)
        return self.examiners[name]

    def top1(self, kind, target, made=None, facts=None, ipc=1):
        "Accuracies of the probes, in percent; `facts` tell which set it is, or `ipc` how many real images per class."
        net = self.nets[target]
        known = dict(what='score', kind=kind, data=self.data.hash, target=net.hash, probes=self.probes, made=facts)
        if self.protocol != 'fast': known['protocol'] = self.protocol
        if ipc > 1: known['ipc'] = ipc
        def measure(): return self._examiner(target).score_row(kind, made, ipc).top1.tolist()
        return cached(known, measure, self.keep)

    def beside_real(self, target, sets):
        "Accuracy of sets, one for each seed, with the best real images of as many and with all of them."
        made = [mean(self.top1('distilled', target, *s)) for s in sets]
        ipc = len(sets[0][0])//len(self.data.classes)
        real = {k: [mean(self.top1(k, target, ipc=ipc))]*len(sets) for k in REAL[:2]} # the same beside each set
        real['neighbour'] = [mean(self.top1('neighbour', target, *s)) for s in sets]
        best = max(real, key=lambda kind: mean(real[kind]))
        return dict(top1_mean=round(mean(made), 2), interval=interval(made), seeds=len(made),
                    best_real=round(mean(real[best]), 2), best_real_kind=best, above=beyond(made, real[best]),
                    full=round(mean(self.top1('full', target)), 2), top1=[round(v, 2) for v in made],
                    real={kind: [round(v, 2) for v in values] for kind, values in real.items()})

def beyond(made, real):
    "Mean difference, and the ends of its interval; None for the ends of one pair."
    difference = [a - b for a, b in zip(made, real)]
    return [round(mean(difference), 2), *(interval(difference) or (None, None))]

def is_default(row, own, steps):
    "Is a row what `make demo` makes?"
    return '@'.join(row.split('@')[:2]).strip()==DEFAULT and steps==DEFAULT_STEPS and not set(own) - {'steps'}

def entries(row, data, nets, each, reader, targets):
    "One entry for each target of a row; `each` are the settings of its seeds."
    names, objectives = read_row(row)
    own = own_settings(row)
    each = [replace(s, **own) for s in each]
    if absent := [n for n in names if n not in nets]: return say(f'{row} is left out: no {absent[0]}') or []
    sets = []
    for s in each:
        sets.append(distilled(data, [nets[n] for n in names], objectives, s, reader.keep))
        say(f'{data.name}: {row}, seed {s.seed}: {sets[-1][0].card["seconds"]:.0f} s')
    found = []
    for target in targets:
        found.append(dict(data=data.name, objective=row.split('@')[0].strip(), source=names,
            default=is_default(row, own, each[0].steps), steps=each[0].steps, settings=own,
            target=target, seen=target in names, home=target==names[0],
            **reader.beside_real(target, sets), seconds=round(mean([s.card['seconds'] for s, _ in sets]), 1),
            peak_mb=max(s.card['peak_mb'] for s, _ in sets)))
    say(summary(row, found))
    return found

def summary(row, found):
    "A line for the log: home, then points above the best real images on every unseen backbone."
    home = next((e for e in found if e['home']), None)
    gains = {e['target']: e['above'][0] for e in found if not e['seen']}
    listed = ', '.join(f'{name} {gain:+.1f}' for name, gain in gains.items())
    told = []
    if home: told.append(f'home {home["top1_mean"]:.1f} ({100*home["top1_mean"]/home["full"]:.0f} % of full)')
    if gains: told.append(f'unseen {mean(list(gains.values())):+.2f}: {listed}')
    return f'{row}: {"; ".join(told)}'

def main(rows=None, sets=('cifar10-mini', 'caltech-20'), targets=None, seeds=3, steps=400, augs=3, probes=5, held=0,
         keep='build/objectives', caltech='../shared/data'):
    "Run the benchmark; the returned dict is what is printed."
    nets, found = open_all(), []
    targets = chosen_targets(targets, nets)
    each = [Settings(steps=steps, augs=augs, seed=seed) for seed in range(seeds)]
    for name in sets:
        ds = open_data(name, caltech, held)
        if ds is None: continue
        reader = Reader(ds, nets, probes, Path(keep))
        for row in chosen_rows(rows):
            if own_words(row).get('data', name)==name: found += entries(row, ds, nets, each, reader, targets)
    return dict(benchmark='objectives', steps=steps, augs=augs, probes=probes, held=held, default=DEFAULT,
                protocol='fast', rows=found)

def arguments():
    p = parser(__doc__)
    p.add_argument('--rows', type=words, default=None, help='rows, or parts of their names, separated by commas')
    p.add_argument('--sets', type=words, default=('cifar10-mini', 'caltech-20'), help='also: caltech-101')
    p.add_argument('--targets', type=words, default=None, help='backbones to probe: ' + ', '.join(BACKBONES))
    p.add_argument('--keep', default='build/objectives', help='folder for sets and scores')
    p.add_argument('--caltech', default='../shared/data', help='folder that holds caltech101/')
    add_numbers(p, seeds=3, steps=400, augs=3, probes=5, held=0)
    return p

if __name__=='__main__': run(main, arguments())
