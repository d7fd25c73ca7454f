"""What a distilled set teaches backbones that took no part in making it, alone and together with a few photographs.

    python -m benchmarks.few_shot [--sets NAME,…] [--targets NAME,…] [--counts 1,2,5,10,20] [--draws 10]
        [--seeds 1] [--held N] [--steps 200] [--keep FOLDER] [--save FILE] [--json]

NAME is a set of the gallery. On each target, a probe learns from k random photographs per class (those of
`Examiner.random_rows`, drawn anew in each draw), from the distilled images, and from both; and the same with one chosen
photograph per class in place of the distilled image: the one nearest to its class mean on the first backbone that the
set was made for. The protocol is `ridge`; a photograph has the same views in every draw. An image of the set, or a
chosen photograph, counts as one random photograph, or as many as CHOSEN says. `worth` is how many random photographs
per class are as good: read off the means, between two counts on a logarithmic scale. With `--seeds N` each set is made
N - 1 times more, in the same way and with other seeds; `by_seed` has the accuracies of each, and intervals over the
seeds, where an image counts as many photographs as CHOSEN says. With `--held N` the last N training images of each
class take the place of the test split, a set is distilled from the others for one small backbone, in --steps, and all
of WEIGHTS are measured: CHOSEN comes from there. Sets and scores are kept in KEEP and not computed again. Prints one
JSON object as the last line; intervals (95 %, Student) are over the draws.
"""
from dataclasses import replace
from pathlib import Path
import torch
from lgm_nb.backbones.open import open_backbone
from lgm_nb.core.durable import tensors_hash
from lgm_nb.core.files import cached
from lgm_nb.data.open import open_dataset
from lgm_nb.method.gallery import eight_bits, open_distilled
from lgm_nb.method.run_folder import source_names
from lgm_nb.method.settings import default_objective, Settings, settings_from
from lgm_nb.probing.examiner import Examiner, Score
from lgm_nb.probing.probe import exhaust, to_canvas
from lgm_nb.probing.ridge import RIDGE_VIEWS, fit_ridge, ridge_features
from benchmarks.common import add_numbers, distilled, interval, mean, numbers, parser, run, say, without_test, words

SETS = ('cifar10-mini/lite0+simclr+dino', 'cifar10-mini/lite0', 'caltech10-mini/lite0+simclr+dino')
WEIGHTS = (1, 2, 5, 10, 20)
CHOSEN = dict(distilled=5, photograph=2) # benchmarks/results/few_shot_held.json has the others
HELD_SOURCE = 'tiny-simclr-resnet'
TARGETS = ('tiny-vicreg-resnet', 'tiny-can-vit', 'mobilenetv2')

def worth(counts, curve, value):
    "How many images reach a value, on a curve over the logarithm of counts; None if it is not between its ends."
    for (k, low), (more, high) in zip(zip(counts, curve), zip(counts[1:], curve[1:])):
        if low <= value <= high and low < high: return k*(more/k)**((value - low)/(high - low))
    return None

class Target:
    "A data set on a backbone: features of its test images, and of views of the photographs that are drawn."
    def __init__(self, data, net, options):
        self.data, self.net, self.options = data, net, options
        fewest = int(data.train.labels.bincount().min())
        self.counts = [k for k in options['counts'] if k <= fewest]
        self.examiner = Examiner(data, net, 'ridge', seeds=options['draws'])
        self.most = self.examiner.random_rows(self.counts[-1]).unflatten(1, (len(data.classes), -1)) # draws, classes, k

    def facts(self, **more):
        return dict(what='few-shot', data=self.data.hash, net=self.net.hash, draws=self.options['draws'],
                    counts=self.counts, **more)

    def views(self):
        "Rows that are drawn, and features of views of them (n, views, D), computed once."
        if not hasattr(self, 'known'):
            rows = self.most.unique()
            fetch = self.examiner.data.train.batch
            self.known = rows, exhaust(ridge_features(lambda r: fetch(r, self.net.canvas), rows[None], self.net))[0]
        return self.known

    def photographs(self, k):
        "Features (draws, classes·k, views, D) of the first k photographs of each draw, and their labels."
        rows, z = self.views()
        chosen = self.most[:, :, :k].flatten(1).contiguous()
        return z[torch.searchsorted(rows, chosen)], self.data.train.labels[chosen]

    def teacher(self, images, labels):
        "Features and labels of images that are the same in each draw, each draw with views of its own."
        rows = torch.arange(len(images)).expand(self.options['draws'], -1)
        canvas = to_canvas(images, self.net)
        return exhaust(ridge_features(canvas.__getitem__, rows, self.net)), labels.expand(len(rows), -1)

    def score(self, *parts):
        "Accuracy of each draw in percent, of a probe of some features and labels together."
        z, labels = (torch.cat(t, 1) for t in zip(*parts))
        W, b = fit_ridge(z, labels, len(self.data.classes))
        logits = self.examiner.test_features@W.transpose(1, 2) + b[:, None]
        return [round(v, 3) for v in Score(logits, self.data.test.labels).top1.tolist()]

    def scores(self, teacher, weight):
        "Scores for each count, of photographs alone if there is no teacher; of the teacher alone as count 0."
        if teacher is None: return {k: self.score(self.photographs(k)) for k in self.counts}
        own = self.teacher(*teacher)
        return {0: self.score(own)} | {k: self.score(*[own]*weight, self.photographs(k)) for k in self.counts}

    def measured(self, name, teacher, weight):
        "Scores by count, from the folder or measured now."
        mark = None if teacher is None else tensors_hash(dict(images=teacher[0], labels=teacher[1]))
        facts = self.facts(protocol='ridge', teacher=name, images=mark, weight=weight, views=RIDGE_VIEWS)
        return dict(cached(facts, lambda: list(self.scores(teacher, weight).items()), self.options['keep']))

def curve_ends(scores, end):
    "The lower or upper ends of the intervals of a curve."
    return [interval(top1)[end] if len(top1) > 1 else mean(top1) for top1 in scores.values()]

def worths(alone, value):
    "How many random photographs a value is worth, read off the means and the ends of their intervals."
    counts = list(alone)
    curves = [mean(v) for v in alone.values()], curve_ends(alone, 1), curve_ends(alone, 0)
    middle, low, high = (v and round(v, 2) for v in (worth(counts, c, value) for c in curves))
    return dict(worth=middle, worth_low=low, worth_high=high)

def weights_of(name, held):
    "How many photographs an image of a teacher counts as."
    if name=='none': return [1]
    return WEIGHTS if held else [1, CHOSEN['photograph' if name.startswith('nearest') else 'distilled']]

def entries(target, teachers):
    "One entry for each teacher, weight and count."
    alone = target.measured('none', None, 1)
    for name, teacher in [('none', None), *teachers.items()]:
        for weight in weights_of(name, target.options['held']):
            scores = target.measured(name, teacher, weight)
            said = ', '.join(f'{k}: {mean(top1):.1f}' for k, top1 in scores.items())
            say(f'{target.data.name} on {target.net.name}, {name}, {weight}: {said}')
            for k, top1 in scores.items():
                minus = interval([a - b for a, b in zip(top1, alone[k])]) if k and teacher is not None else None
                yield dict(data=target.data.name, target=target.net.name, teacher=name, weight=weight, k=k,
                           top1_mean=round(mean(top1), 2), interval=interval(top1), minus_interval=minus,
                           **(worths(alone, mean(top1)) if teacher is not None else {}))

def full(target):
    "Accuracy of the ridge probe of all training images."
    def measure(): return float(target.examiner.score_full().top1.mean())
    return round(cached(target.facts(protocol='ridge', teacher='all'), measure, target.options['keep']), 2)

def chosen(data, source, keep):
    "The photographs nearest to the class means on a backbone, and their labels."
    net = open_backbone(source)
    facts = dict(what='few-shot', data=data.hash, net=net.hash, rows='centroid')
    rows = torch.tensor(cached(facts, lambda: Examiner(data, net, 'ridge').centroid_rows().tolist(), keep))
    return data.train.batch(rows, net.canvas), data.train.labels[rows]

def sets_of(data, names, options):
    "The sets to teach with, by name."
    if not options['held']: return {name: open_distilled(name) for name in names}
    made, _ = distilled(data, open_backbone(HELD_SOURCE), None, Settings(steps=options['steps']), options['keep'])
    return {f'made for {HELD_SOURCE}': made}

def again(data, made, seeds, keep):
    "Sets that are made as one of the gallery was, with other seeds, in 8 bits as well."
    settings = settings_from(**made.card['settings'])
    if made.card['data']['hash'] != data.hash or made.card['method'] != repr(default_objective(settings)):
        raise SystemExit(f'--seeds {seeds + 1}: the set was made from other data than {data.name}, or in another way')
    nets = [open_backbone(name) for name in source_names(made.card)]
    for seed in range(settings.seed + 1, settings.seed + 1 + seeds):
        found, _ = distilled(data, nets, None, replace(settings, seed=seed), keep)
        say(f'{data.name} from {len(nets)} backbones, seed {seed}: {found.card["seconds"]:.0f} s')
        yield eight_bits(found)

def over_seeds(target, name, sets):
    "One entry for each count: the accuracy of each set, and their mean."
    weight = CHOSEN['distilled']
    alone = target.measured('none', None, 1)
    each = [target.measured(name, (s.images, s.labels), weight) for s in sets]
    for k in each[0]:
        top1 = [mean(scores[k]) for scores in each]
        yield dict(data=target.data.name, target=target.net.name, teacher=name, weight=weight, k=k,
                   top1=[round(v, 2) for v in top1], top1_mean=round(mean(top1), 2), interval=interval(top1),
                   **({} if k else worths(alone, mean(top1))))

def teachers_of(data, sets, keep):
    "The images of some sets and, for the first source of the first, one chosen photograph per class."
    for name, made in sets.items():
        if made.classes != data.classes: raise SystemExit(f'--sets {name}: its classes are not those of {data.name}')
    first = source_names(next(iter(sets.values())).card)[0]
    images = {name: (made.images, made.labels) for name, made in sets.items()}
    return images | {f'nearest to class means on {first}': chosen(data, first, keep)}

def main(**options):
    "Run the benchmark; the returned dict is what is printed."
    found, by_seed, full_data, made_with = [], [], [], {}
    more = options['seeds'] - 1
    if more and options['held']: raise SystemExit('--seeds: cannot be combined with --held')
    options['keep'] = Path(options['keep'])
    for data_name in dict.fromkeys(name.split('/')[0] for name in options['sets']):
        data = open_dataset(data_name)
        if options['held']: data = without_test(data, options['held'])
        sets = sets_of(data, [n for n in options['sets'] if n.split('/')[0]==data_name], options)
        sources = {name: source_names(made.card) for name, made in sets.items()}
        made_with |= sources
        teachers = teachers_of(data, sets, options['keep'])
        others = {n: [made, *again(data, made, more, options['keep'])] for n, made in sets.items()} if more else {}
        for name in options['targets']:
            if any(name in s for s in sources.values()): raise SystemExit(f'--targets {name}: a set was made for it')
            target = Target(data, open_backbone(name), options)
            found += entries(target, teachers)
            for set_name, made in others.items(): by_seed += over_seeds(target, set_name, made)
            full_data.append(dict(data=data.name, target=name, top1=full(target)))
    kept = {k: options[k] for k in ('draws', 'held', 'seeds')}
    return dict(benchmark='few_shot', protocol='ridge', **kept, made_with=made_with, rows=found, by_seed=by_seed,
                full=full_data)

def arguments():
    p = parser(__doc__)
    p.add_argument('--sets', type=words, default=SETS, help='of the gallery')
    p.add_argument('--targets', type=words, default=TARGETS, help='backbones that no set was made for')
    p.add_argument('--counts', type=numbers, default=(1, 2, 5, 10, 20), help='photographs per class')
    p.add_argument('--keep', default='build/few_shot', help='folder for sets and scores')
    add_numbers(p, draws=10, seeds=1, held=0, steps=200)
    return p

if __name__=='__main__': run(main, arguments())
