"""Distilled images as the memory of a stream of classes, beside as many photographs, class means and all images.

    python -m benchmarks.continual [--sets cifar10-mini,caltech10-mini] [--seeds 5] [--per-task 2] [--made MADE,…]
        [--counts 1,2,5,10] [--steps 200] [--draws 3] [--backbone tiny-simclr-resnet] [--others NAME,…] [--held N]
        [--keep FOLDER] [--save FILE] [--json]

The classes come in tasks of two, in an order of their own for each seed. When a task comes, the images of the former
ones are gone, but for a memory: distilled images, random photographs, or those nearest to the class means, all in 8
bits and at the size of the backbone. A ridge probe then learns all classes so far from the memory and the images of
the task. How it weighs the two, and how strong its penalty is, is in CHOSEN, for each memory; with `--held N` the last
N training images of each class take the place of the test split, every choice is measured, and the rows say how good
each is after the last task. MADE is a way and an objective, such as `alone means`: in the way `alone` a task is
distilled by itself, in the way `extended` beside the distilled images of former classes. No set has seen a later task.
The table `moved` reads memories of one image per class on other backbones after the last task, with the protocol
`ridge`. Sets and scores are kept in KEEP and not computed again. Prints one JSON object as the last line; what is in
lists has one entry for each seed.
"""
import io
from pathlib import Path
import torch
import torch.nn.functional as F
from lgm_nb.backbones.open import open_backbone
from lgm_nb.core.files import cached, key_of
from lgm_nb.core.show import image_grid
from lgm_nb.data.open import open_dataset
from lgm_nb.method.distilled_set import DistilledSet
from lgm_nb.method.extend import extend
from lgm_nb.method.gallery import eight_bits
from lgm_nb.method.runs import run_facts
from lgm_nb.method.settings import Settings
from lgm_nb.probing.examiner import Examiner
from lgm_nb.probing.probe import exhaust
from lgm_nb.probing.ridge import ridge_features
from benchmarks.common import add_numbers, distilled, mean, numbers, parser, run, say, without_test, words
from benchmarks.objectives import objective_of

WEIGHTS = ('memory', 'images', 'classes') # the memory alone; with the task, each image or each class counts the same
STRENGTHS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.)
MEANS = ('distance', 'cosine') # to the class means
NO_IMAGES = ('none', 'means', 'all') # memories that are no few images
MADE = ('alone discriminant',)
CHOSEN = { # benchmarks/results/continual_held.json has the others
    'none': ('images', 1e-2), 'random 1': ('classes', 1e-1), 'random 2': ('classes', 1e-2),
    'random 5': ('classes', 1e-2), 'random 10': ('memory', 1e-2), 'centroid': ('memory', 1e-1),
    'distilled': ('memory', 1e-2), 'means': ('distance', None), 'all': ('images', 1e-4)}

# --- probes

def weighted_ridge(features, labels, weights, n_classes, strength):
    "Solve for a ridge probe of rows that count differently; the strength is relative to their weighted spread."
    w = (weights/weights.sum())[:, None]
    Y = F.one_hot(labels, n_classes).float()
    x_mean, y_mean = (w*features).sum(0), (w*Y).sum(0)
    X, T = (features - x_mean)*w.sqrt(), (Y - y_mean)*w.sqrt()
    penalty = strength*X.square().sum()
    def solve(A, B): return torch.linalg.solve(A + penalty*torch.eye(len(A)), B)
    W = X.T@solve(X@X.T, T) if len(X) <= X.shape[1] else solve(X.T@X, X.T@T)
    return W, y_mean - x_mean@W

class Stream:
    "The classes of a data set in an order: a label is the place of a class in it."
    def __init__(self, bench, seed):
        self.data, self.per_task = bench.data, bench.options['per_task']
        self.order = torch.randperm(len(self.data.classes), generator=torch.Generator().manual_seed(seed))
        place = self.order.argsort()
        self.train, self.test = (place[s.labels] for s in (self.data.train, self.data.test))
        self.z_train, self.z_test = bench.examiner.train_features, bench.examiner.test_features
        self.tasks = range(len(self.order)//self.per_task)

    def names(self, task):
        return [self.data.classes[c] for c in self.order[task*self.per_task:(task + 1)*self.per_task]]

    def accuracies(self, scores, task):
        "Accuracy on the classes of each task so far, in percent, of `scores` (N, classes so far) of the test images."
        seen = self.test < (task + 1)*self.per_task
        hit, of = (scores[seen].argmax(1)==self.test[seen]).float(), self.test[seen]//self.per_task
        return [round(float(hit[of==t].mean())*100, 3) for t in range(task + 1)]

    def rows(self, memory, task, weights):
        "Features, labels and weights to learn from, when the memory is (classes, k, views, D), or None."
        n = (task + 1)*self.per_task
        kept = n if weights=='memory' else task*self.per_task # classes of which only the memory is there
        own = (self.train >= kept) & (self.train < n)
        z, y, w = self.z_train[own], self.train[own], torch.ones(int(own.sum()))
        if weights=='classes': w = w/y.bincount(minlength=n)[y]
        if memory is None or kept==0: return z, y, w
        old = memory[:kept].flatten(1, 2)
        w_old = 1/old.shape[1] if weights=='classes' else 1/memory.shape[2]
        labels = torch.arange(kept).repeat_interleave(old.shape[1])
        w = torch.cat([torch.full(labels.shape, w_old), w])
        return torch.cat([old.flatten(0, 1), z]), torch.cat([labels, y]), w

    def learn(self, memory, task, weights, strength):
        "Accuracies after a task."
        W, b = weighted_ridge(*self.rows(memory, task, weights), (task + 1)*self.per_task, strength)
        return self.accuracies(self.z_test@W + b, task)

    def joint(self, task, strength):
        "Accuracies of a probe of all images of all classes so far."
        own = self.train < (task + 1)*self.per_task
        weights = torch.ones(int(own.sum()))
        W, b = weighted_ridge(self.z_train[own], self.train[own], weights, (task + 1)*self.per_task, strength)
        return self.accuracies(self.z_test@W + b, task)

    def by_means(self, task, kind):
        "Accuracies of the nearest class mean."
        means = torch.stack([self.z_train[self.train==c].mean(0) for c in range((task + 1)*self.per_task)])
        if kind=='cosine': scores = F.normalize(self.z_test, dim=1)@F.normalize(means, dim=1).T
        else: scores = -torch.cdist(self.z_test, means)
        return self.accuracies(scores, task)

# --- memories

class Bench:
    "A data set and a backbone, and what was measured with them; sets and scores are kept."
    def __init__(self, data, net, options):
        self.data, self.net, self.options, self.keep = data, net, options, Path(options['keep'])
        self.examiner = Examiner(data, net, seeds=options['draws'])
        self.streams = [Stream(self, seed) for seed in range(options['seeds'])]
        self.found = {}

    def distilled(self, made, seed):
        "A set of the stream of a seed, classes in their order, made task by task; and what tells it from others."
        way, objective = made.split(' ', 1)
        stream, settings, found, facts = self.streams[seed], Settings(steps=self.options['steps'], seed=seed), None, ''
        for task in stream.tasks:
            part = self.data.subset(stream.names(task))
            if found is None or way=='alone':
                new, key = distilled(part, self.net, objective_of(objective), settings, self.keep)
                found, facts = (new if found is None else found.merge(new)), key_of([facts, key])
            else: found, facts = self._extended(found, facts, part, settings)
        return eight_bits(found), facts

    def _extended(self, base, facts, part, settings):
        known = dict(run_facts(part, self.net, settings), base=facts, what='continual')
        folder = self.keep/f'extended-{key_of(known)}'
        memory = DistilledSet(base.images, base.labels, base.classes, base.card) # statistics would be one of their own
        if not (folder/'card.json').exists(): extend(memory, part, self.net).save(folder)
        return DistilledSet.load(folder), key_of(known)

    def kept_rows(self, kind, k, seed):
        "Training rows (draws, classes·k) of photographs to keep, classes in the order of the stream."
        draws = self.options['draws']
        if kind=='random': rows = Examiner(self.data, self.net, seeds=draws*(seed + 1)).random_rows(k)[-draws:]
        else: rows = self.examiner.centroid_rows(k)[None]
        by_class = rows.view(len(rows), -1, k)
        return by_class[:, self.streams[seed].order].flatten(1)

    def once(self, measure, *args):
        "What was found in this process is not computed again."
        key = (measure.__name__, *args)
        if key not in self.found: self.found[key] = measure(*args)
        return self.found[key]

    def images(self, kind, k, seed): return self.once(self._images, kind, k, seed)

    def _images(self, kind, k, seed):
        "Sets of images (draws, classes·k, 3, H, W) to keep, as 8 bits hold them; what tells them from others."
        if kind not in ('random', 'centroid'):
            made, facts = self.distilled(kind, seed)
            return made.images[None], facts
        sets = [self.data.train.batch(rows, self.net.canvas) for rows in self.kept_rows(kind, k, seed)]
        return (torch.stack(sets)*255).round()/255, f'{kind} {k}'

    def memories(self, kind, k, seed): return self.once(self._memories, kind, k, seed)

    def _memories(self, kind, k, seed):
        "Features (classes, k, views, D) of a memory, for each draw of images or of views."
        sets, _ = self.images(kind, k, seed)
        each = sets.expand(self.options['draws'], *sets.shape[1:]).flatten(0, 1)
        rows = torch.arange(len(each)).view(self.options['draws'], -1)
        features = exhaust(ridge_features(each.__getitem__, rows, self.net))
        return features.unflatten(1, (-1, k))

    def kept(self, measure, seed, **facts):
        known = dict(what='continual', data=self.data.hash, net=self.net.hash, per_task=self.options['per_task'],
                     draws=self.options['draws'], seed=seed, **facts)
        return cached(known, measure, self.keep)

    def stream_of(self, kind, k, seed, weights, strength):
        "Accuracies after each task on each of the tasks so far, the mean of some draws."
        stream = self.streams[seed]
        facts = kind if kind in NO_IMAGES else self.images(kind, k, seed)[1]
        def measure():
            if kind=='all': return [stream.joint(t, strength) for t in stream.tasks]
            if kind=='means': return [stream.by_means(t, weights) for t in stream.tasks]
            each = [None] if kind=='none' else self.memories(kind, k, seed)
            return [torch.tensor([stream.learn(m, t, weights, strength) for m in each]).mean(0).tolist()
                    for t in stream.tasks]
        return self.kept(measure, seed, memory=facts, weights=weights, strength=strength)

# --- tables

def memory_kinds(options):
    "Name, kind and images per class of each memory."
    real = [(f'random {k}', 'random', k) for k in options['counts']]
    made = [(f'distilled, {m}' if options['held'] else 'distilled', m, 1) for m in options['made']]
    return [('none', 'none', 0), *real, ('centroid', 'centroid', 1), *made, ('means', 'means', 0), ('all', 'all', 0)]

def ways_to_learn(name, options):
    "Weights and strengths for a memory: the chosen ones or, on held-back images, all that there are to choose from."
    if not options['held']:
        if name not in CHOSEN: raise SystemExit(f'{name}: not in CHOSEN; choose its weights with --held 60 first')
        return [CHOSEN[name]]
    if name=='means': return [(kind, None) for kind in MEANS]
    if name=='all': return [('images', s) for s in STRENGTHS]
    return [(w, s) for w in WEIGHTS for s in STRENGTHS if name != 'none' or w=='images']

def size(bench, kind, k):
    "Bytes of a memory for one class: images without compression, features in float32; and as PNG files."
    image = 3*bench.net.canvas**2
    if kind in ('none', 'means'): return dict(bytes=4*bench.net.dim if kind=='means' else 0)
    if kind=='all': return dict(bytes=image*len(bench.data.train)//len(bench.data.classes))
    return dict(bytes=k*image, png=round(k*png_bytes(bench.images(kind, k, 0)[0][0])))

def png_bytes(images):
    "Mean size of some images as PNG files."
    def one(image):
        file = io.BytesIO()
        image_grid(image[None]).save(file, 'png', optimize=True)
        return len(file.getvalue())
    return mean([one(image) for image in images])

def measures(each):
    "Accuracy after each task, one list for each seed: of all classes so far, new ones, the first task's, former ones."
    def of(some): return [[round(mean(some(row)), 2) for row in stream] for stream in each]
    return dict(seen=of(lambda row: row), new=of(lambda row: row[-1:]), first=of(lambda row: row[:1]),
                old=[[round(mean(row[:-1]), 2) for row in stream[1:]] for stream in each])

def streams(bench):
    "One entry for each memory; on held-back images, for each way to learn from it."
    for name, kind, k in memory_kinds(bench.options):
        for weights, strength in ways_to_learn(name, bench.options):
            each = [bench.stream_of(kind, k, seed, weights, strength) for seed in range(bench.options['seeds'])]
            found = measures(each)
            say(f'{bench.data.name}: {name}, {weights}, {strength}: {mean([s[-1] for s in found["seen"]]):.1f}')
            yield dict(table='stream', data=bench.data.name, memory=name, k=k, weights=weights, strength=strength,
                       **size(bench, kind, k), **found)

def moved(bench):
    "What one image per class teaches other backbones after the last task, with the protocol `ridge`."
    for other in map(open_backbone, bench.options['others']):
        examiner = Examiner(bench.data, other, 'ridge', seeds=bench.options['draws'])
        for name, kind, k in memory_kinds(bench.options):
            if k != 1: continue
            each = []
            for seed, stream in enumerate(bench.streams):
                sets, facts = bench.images(kind, k, seed)
                labels = stream.order.repeat_interleave(k)
                def measure(): return mean([float(examiner.score(s, labels).top1.mean()) for s in sets]) # noqa: B023
                each.append(round(bench.kept(measure, seed, memory=facts, target=other.hash), 2)) # called at once
            say(f'{bench.data.name}: {name} on {other.name}: {mean(each):.1f}')
            yield dict(table='moved', data=bench.data.name, memory=name, k=k, target=other.name, top1=each)

def main(**options):
    "Run the benchmark; the returned dict is what is printed."
    net, found = open_backbone(options['backbone']), []
    for name in options['sets']:
        data = open_dataset(name)
        bench = Bench(without_test(data, options['held']) if options['held'] else data, net, options)
        found += streams(bench)
        if not options['held']: found += moved(bench)
    kept = {k: options[k] for k in ('backbone', 'steps', 'seeds', 'draws', 'per_task', 'held', 'made')}
    return dict(benchmark='continual', protocol='ridge', dim=net.dim, canvas=net.canvas, **kept, rows=found)

def arguments():
    p = parser(__doc__)
    p.add_argument('--sets', type=words, default=('cifar10-mini',), help='also: caltech10-mini')
    p.add_argument('--made', type=words, default=MADE, help='ways and objectives of distilled images')
    p.add_argument('--counts', type=numbers, default=(1, 2, 5, 10), help='random photographs per class')
    p.add_argument('--backbone', default='tiny-simclr-resnet')
    p.add_argument('--others', type=words, default=('tiny-vicreg-resnet', 'tiny-can-vit'), help='of the table moved')
    p.add_argument('--keep', default='build/continual', help='folder for sets and scores')
    add_numbers(p, seeds=5, per_task=2, steps=200, draws=3, held=0)
    return p

if __name__=='__main__': run(main, arguments())
