"""How images are written, augmented and cropped: rates of the levels, a Fourier basis, jitter, larger canvases.

    python -m benchmarks.parameterisation [--ways WAY,…] [--seeds 3] [--steps 400] [--held N] [--probes 5]
        [--sources efficientnet-lite0,tiny-simclr-resnet,tiny-dino-resnet] [--repeats 5] [--keep FOLDER] [--save FILE]
        [--json]

Each of WAYS changes one thing of a run with the library's default settings and objective on cifar10-mini; the default
comes first. `coarse faster` and `fine faster` give each level a learning rate in proportion to the root of its side, or
of one over it. `fourier` writes images as amplitudes of frequencies, scaled by their wavelength; `fourier faster` has
three times the learning rate, `fourier bands` adds finer frequencies when a pyramid would add levels. `jitter` turns
and shifts views beyond their crops, `colour jitter` changes their brightness, contrast and saturation, both for real
and for synthetic images. Views of `canvas x 2` are cropped from a canvas of twice the side. `pixels` has no pyramid.

With `--held N` the last N training images of each class take the place of the test split: choices are made so. Probes
are those of the protocol `ridge`, on every backbone that is installed; home is the first source. Sets and scores are
kept in KEEP, so that the benchmark resumes. Differences from the default are paired by distillation seed (95 %,
Student). `step` is the time of a step, relative to one of the default that is measured in turn with it. Prints one JSON
object as the last line.
"""
import copy, math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
import torch
from lgm_nb.backbones.open import open_backbone
from lgm_nb.core.files import key_of
from lgm_nb.data.open import open_dataset
from lgm_nb.method.augmentation import Augmenter, ViewParams
from lgm_nb.method.distilled_set import DistilledSet
from lgm_nb.method.distiller import Distiller
from lgm_nb.method.feature_bank import build_bank
from lgm_nb.method.pyramid import Pyramid
from lgm_nb.method.runs import run_facts, run_steps
from lgm_nb.method.settings import Settings
from benchmarks.common import (
    add_numbers, alternate, interval, mean, middle, parser, ratio, run, say, without_test, words)
from benchmarks.objectives import open_all, Reader

# --- how images are written

class PacedAdam(torch.optim.Adam):
    "Adam in which each group of parameters has a factor of its own for the rate that it is given before each step."
    def step(self, closure=None):
        for group in self.param_groups: group['lr'] = group['lr']*group['pace']
        return super().step(closure)

class Fourier(Pyramid):
    "Images as amplitudes of frequencies, scaled by their wavelength, all from the start."
    def __init__(self, *args):
        super().__init__(*args)
        rows, columns = torch.fft.fftfreq(self.size)[:, None], torch.fft.rfftfreq(self.size)
        waves = self.size*(rows.square() + columns.square()).sqrt() # per side
        self.register_buffer('waves', waves, persistent=False)
        self.register_buffer('scale', self.size/4/waves.clamp(min=1), persistent=False)
        amplitudes = .1*torch.randn(self.total, 3, *waves.shape, 2, generator=args[2])[self.own]
        self.levels = torch.nn.ParameterList([torch.nn.Parameter(amplitudes)])

    @property
    def complete(self): return len(self.levels)==1

    def band(self): return self.scale # of each frequency

    def render(self):
        waves = torch.view_as_complex(self.levels[0])*self.band()
        return self.paint(torch.fft.irfft2(waves, (self.size, self.size), norm='ortho'))

class Bands(Fourier):
    "A Fourier basis that gets finer frequencies when a pyramid would get levels."
    reached = 0 # levels that a pyramid would have

    @property
    def complete(self): return self.reached >= len(self.sizes)

    def band(self): return self.scale if self.complete else self.scale*(self.waves <= self.sizes[self.reached - 1])

    def grow(self, generator):
        if not self.reached: super().grow(generator)
        self.reached += 1
        return self

# --- what views are subject to

class Jitter(Augmenter):
    "Turns each view about its middle and shifts it, also beyond the border of the image."
    def __init__(self, size):
        super().__init__(size)
        self.degrees, self.shift = 15, .125 # at most; of the image's side

    def sample(self, n, generator):
        views = super().sample(n, generator)
        def between(least, *shape): return least*(2*torch.rand(n, *shape, generator=generator) - 1)
        angle = between(math.radians(self.degrees))
        turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], 1).view(n, 2, 2)
        middle = views.theta[:, :, 2:] + between(2*self.shift, 2, 1) # the image is [−1, 1]²
        return ViewParams(torch.cat([views.theta[:, :, :2]@turn, middle], 2), views.noise_seed)

class ColourJitter(Augmenter):
    "Changes brightness, contrast and saturation of each view. The seeds that are otherwise of noise are of colours."
    def __init__(self, size):
        super().__init__(size)
        self.colours = .3 # changes at most by this part

    def sample(self, n, generator):
        return ViewParams(super().sample(n, generator).theta, torch.randint(2**62, (n,), generator=generator))

    def apply(self, images, views):
        out = super().apply(images, ViewParams(views.theta, torch.full_like(views.noise_seed, -1)))
        draws = [torch.rand(3, generator=torch.Generator().manual_seed(s)) for s in views.noise_seed.tolist()]
        factors = 1 + self.colours*(2*torch.stack(draws).to(out) - 1)
        bright, contrast, saturation = factors[:, :, None, None, None].unbind(1)
        out = bright*out
        out = torch.lerp(out.mean((1, 2, 3), keepdim=True), out, contrast)
        return torch.lerp(out.mean(1, keepdim=True), out, saturation).clamp(0, 1)

# --- the ways

@dataclass(frozen=True)
class Way:
    "One change of a run."
    settings:dict = field(default_factory=dict)
    pace:float = 0. # a level's rate is in proportion to its side to this power
    basis:Callable = Pyramid
    augmenter:Callable = Augmenter
    canvas:float = 1. # relative to the backbone's

FASTER = dict(lr=.06)
WAYS = {
    'default': Way(),
    'coarse faster': Way(pace=-.5),
    'fine faster': Way(pace=.5),
    'fourier': Way(basis=Fourier),
    'fourier faster': Way(FASTER, basis=Fourier),
    'fourier faster no colour matrix': Way(FASTER | dict(decorrelate=False), basis=Fourier),
    'jitter': Way(augmenter=Jitter),
    'colour jitter': Way(augmenter=ColourJitter),
    'canvas x 1.5': Way(canvas=1.5),
    'canvas x 2': Way(canvas=2.),
    'pixels': Way(dict(pyramid=False)),
    'no colour matrix': Way(dict(decorrelate=False)),
    'fourier bands': Way(FASTER, basis=Bands)}

def on_larger_canvas(net, factor):
    "The same backbone, whose views are cropped from a larger canvas."
    if factor==1: return net
    net = copy.copy(net)
    net.canvas = round(net.canvas*factor)
    return net

class Trial(Distiller):
    "A run in which one thing is changed."
    def __init__(self, data, nets, settings, way):
        self.way, nets = way, [on_larger_canvas(net, way.canvas) for net in nets]
        views = [way.augmenter(net.input_size) for net in nets]
        banks = [build_bank(data, net, settings.views, a, seed=settings.seed) for net, a in zip(nets, views)]
        super().__init__(data, nets, settings, bank=banks, frames=0)
        for source, a in zip(self.sources, views): source.augmenter = source.encoder.encode.augmenter = a
        if way.basis != Pyramid:
            p, s = self.pyramid, settings
            self.generator.manual_seed(s.seed)
            self.pyramid = way.basis(p.total, p.size, self.generator, 1, s.decorrelate, s.init)
            self.restart_optimiser()

    def restart_optimiser(self):
        p, rate = self.pyramid, self.settings.lr
        if not self.way.pace: return super().restart_optimiser()
        paces = [(level.shape[-1]/p.size**.5)**self.way.pace for level in p.levels]
        groups = [dict(params=[level], pace=pace) for level, pace in zip(p.levels, paces)]
        self.optimiser = PacedAdam(groups, lr=rate, fused=True)

def made(data, nets, settings, name, keep):
    "The set of a way, from the folder or made now, and what tells it from others."
    way, settings = WAYS[name], replace(settings, **WAYS[name].settings)
    facts = key_of(dict(run_facts(data, nets, settings), way=name))
    folder = Path(keep)/f'set-{facts}'
    if not (folder/'card.json').exists():
        run_steps(Trial(data, nets, settings, way)).distilled().save(folder)
    return DistilledSet.load(folder), facts

# --- the tables

def targets_of(name, sets, reader, sources, plain):
    "One row for each target of a way; `plain` are the accuracies of the default."
    for target in reader.nets:
        each = [mean(reader.top1('distilled', target, *s)) for s in sets]
        minus = [a - b for a, b in zip(each, plain.get(target, each))]
        yield dict(way=name, target=target, home=target==sources[0], seen=target in sources,
                   top1=[round(v, 3) for v in each], top1_mean=round(mean(each), 2), interval=interval(each),
                   minus=[round(d, 3) for d in minus])

KINDS = dict(home=lambda r: r['home'], seen=lambda r: r['seen'] and not r['home'], unseen=lambda r: not r['seen'])

def averaged(rows, chosen):
    "Accuracy on some targets, points above the default, and its interval; each first averaged over targets."
    rows = [r for r in rows if chosen(r)]
    if not rows: return None
    minus = [mean(seed) for seed in zip(*[r['minus'] for r in rows])]
    return dict(targets=[r['target'] for r in rows], top1_mean=round(mean([r['top1_mean'] for r in rows]), 2),
                minus=round(mean(minus), 2), interval=interval(minus))

def settled(data, nets, name):
    "A run of a way that has all its levels, with few photographs: they do not change how long a step takes."
    settings = Settings(steps=10_000, grow_every=1, views=1)
    trial = Trial(data.subset(data.classes, per_class=20), nets, replace(settings, **WAYS[name].settings), WAYS[name])
    while not trial.pyramid.complete: next(trial)
    return trial

def step_ratios(data, nets, names, repeats):
    "Time of a step, relative to the default's; each way in turn with it."
    plain = settled(data, nets, names[0])
    for name in names:
        if not repeats: return
        own = settled(data, nets, name)
        seconds = alternate(dict(plain=plain.__next__, own=own.__next__), repeats)
        yield name, dict(seconds=middle(seconds['own']), ratio=ratio(seconds['own'], seconds['plain']))

def main(ways, sources, keep, steps=400, seeds=3, probes=5, held=0, repeats=5):
    "Run the benchmark; the returned dict is what is printed."
    if ways[0] != 'default': raise SystemExit(f'--ways {ways[0]}: the default must come first')
    data, nets = open_dataset('cifar10-mini'), open_all()
    if held: data = without_test(data, held)
    own = [nets[s] if s in nets else open_backbone(s) for s in sources]
    reader = Reader(data, nets, probes, Path(keep), 'ridge')
    rows, summary, plain = [], [], {}
    for name in ways:
        sets = [made(data, own, Settings(steps=steps, seed=seed), name, keep) for seed in range(seeds)]
        found = list(targets_of(name, sets, reader, sources, plain))
        if name==ways[0]: plain = {r['target']: r['top1'] for r in found}
        rows += found
        summary.append(dict(way=name, **{kind: averaged(found, chosen) for kind, chosen in KINDS.items()}))
        say(name, {k: (v['top1_mean'], v['minus'], v['interval']) for k, v in summary[-1].items() if k != 'way' and v})
    timed = dict(step_ratios(data, own, ways, repeats))
    for entry in summary: entry['step'] = timed.get(entry['way'])
    return dict(benchmark='parameterisation', data=data.name, sources=list(sources), steps=steps, seeds=seeds,
                probes=probes, held=held, protocol='ridge', ways=summary, rows=rows)

def arguments():
    p = parser(__doc__)
    p.add_argument('--ways', type=words, default=tuple(WAYS), help='names of WAYS, the default first')
    p.add_argument('--sources', type=words, default=('efficientnet-lite0', 'tiny-simclr-resnet', 'tiny-dino-resnet'))
    p.add_argument('--keep', default='build/parameterisation', help='folder for sets and scores')
    add_numbers(p, steps=400, seeds=3, probes=5, held=0, repeats=5)
    return p

if __name__=='__main__': run(main, arguments())
