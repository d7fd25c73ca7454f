"""How the images are written and augmented: level-wise rates, a Fourier basis, jitter, larger canvases, one at a time.

    python -m benchmarks.parameterisation [--ways WAY,…] [--seeds 3] [--steps 400] [--held N] [--probes 5]
        [--sources tiny-simclr-resnet,tiny-dino-resnet] [--targets NAME,…] [--keep FOLDER] [--save FILE] [--json]

Each of WAYS changes one thing of a run with the library's default settings and objective on cifar10-mini: the rates of
the levels (`coarse faster` and `fine faster`: in proportion to a power of their side), the basis (`fourier`: amplitudes
of frequencies, each scaled by its wavelength, at two learning rates; `fourier bands`: the same, but finer bands are
added when the pyramid would grow), what views are subject to (`turned`: by up to 15 degrees; `recoloured`: brightness,
contrast and saturation by up to 30 %; the same for the real images), the canvas that views are cropped from, and the
references: no pyramid, new levels without noise, no colour matrix. With `--held N` the last N training images of each
class take the place of the test split: choices are made so. The protocol is `ridge`; home is the first source. Sets and
scores are kept in KEEP, so that the benchmark resumes. Differences from the default are paired by distillation seed
(95 %, Student). Prints one JSON object as the last line.
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
from benchmarks.common import add_numbers, interval, mean, parser, run, say, without_test
from benchmarks.objectives import Reader

# --- how images are written

class Paced(Pyramid):
    "A pyramid whose levels learn at rates of their own: a level is stored divided by a factor of its rate."
    def __init__(self, *args, power):
        self.power = power
        super().__init__(*args)

    def factor(self, side):
        "Rate of a level, relative to that of the middle of the pyramid."
        return (self.sizes[-1]**.5/side)**self.power

    def parts(self): return [self.factor(own.shape[-1])*up for own, up in zip(self.levels, super().parts())]
    def render(self): return self.paint(sum(self.parts()))

    def grow(self, generator):
        super().grow(generator)
        with torch.no_grad(): self.levels[-1].div_(self.factor(self.levels[-1].shape[-1]))
        return self

class Fourier(Pyramid):
    "Amplitudes of frequencies, scaled by wavelength; if it grows, finer bands are added as levels would be."
    reached = 0 # bands so far, in the numbers of levels

    def __init__(self, *args, grows):
        super().__init__(*args)
        rows, columns = torch.fft.fftfreq(self.size)[:, None], torch.fft.rfftfreq(self.size)
        self.frequency = (rows.square() + columns.square()).sqrt()*self.size # waves per side
        spectrum = torch.randn(self.total, 3, *self.frequency.shape, 2, generator=args[2])[self.own]
        self.levels = torch.nn.ParameterList([torch.nn.Parameter(.1*spectrum)])
        self.reached = 1 if grows else len(self.sizes)

    @property
    def complete(self): return self.reached >= len(self.sizes)

    def render(self):
        wavelength = 1/self.frequency.clamp(min=1)
        band = wavelength*(self.frequency <= self.sizes[self.reached - 1]) # the finest has them all
        waves = torch.view_as_complex(self.levels[0])*band
        return self.paint(torch.fft.irfft2(waves, (self.size, self.size), norm='ortho')*self.size/4)

    def grow(self, generator):
        if len(self.levels)==0: return super().grow(generator) # as it begins
        self.reached += 1
        return self

# --- what views are subject to

class Recolouring(Augmenter):
    "Changes brightness, contrast and saturation after the crop, by what the last digits of the crop say."
    def apply(self, images, views):
        out, crop = super().apply(images, views), views.theta.to(images)
        digits = (1e4*torch.stack([crop[:, 0, 0], crop[:, 1, 1], crop[:, 0, 2]], 1))%1 # as good as drawn
        bright, contrast, saturation = (.7 + .6*digits)[:, :, None, None, None].unbind(1)
        out = out*bright
        middle = out.mean((1, 2, 3), keepdim=True)
        out = middle + (out - middle)*contrast
        grey = out.mean(1, keepdim=True)
        return (grey + (out - grey)*saturation).clamp(0, 1)

class Turning(Augmenter):
    "Turns each view about its middle."
    def sample(self, n, generator):
        views = super().sample(n, generator)
        angle = math.radians(15)*(2*torch.rand(n, generator=generator) - 1)
        turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], 1).view(n, 2, 2)
        theta = torch.cat([views.theta[:, :, :2]@turn, views.theta[:, :, 2:]], 2)
        return ViewParams(theta, views.noise_seed)

# --- the ways

@dataclass(frozen=True)
class Way:
    "One change of a run."
    settings:dict = field(default_factory=dict)
    pyramid:Callable|None = None # makes the images
    augmenter:Callable|None = None # of views, from their side
    canvas:float = 1. # relative to the backbone's

def paced(power): return lambda *args: Paced(*args, power=power)
def fourier(grows): return lambda *args: Fourier(*args, grows=grows)

WAYS = {
    'default': Way(),
    'coarse faster': Way(pyramid=paced(.25)),
    'fine faster': Way(pyramid=paced(-.25)),
    'fourier': Way(pyramid=fourier(False)),
    'fourier, rate .06': Way(dict(lr=.06), fourier(False)),
    'fourier bands': Way(dict(lr=.06), fourier(True)),
    'turned': Way(augmenter=Turning),
    'recoloured': Way(augmenter=Recolouring),
    'canvas × 1.5': Way(canvas=1.5),
    'canvas × 2': Way(canvas=2.),
    'no pyramid': Way(dict(pyramid=False)),
    'levels without noise': Way(dict(init='zero')),
    'no colour matrix': Way(dict(decorrelate=False))}

def on_larger_canvas(net, factor):
    "The same backbone, whose views are cropped from a larger canvas."
    if factor==1: return net
    net = copy.copy(net)
    net.canvas = int(net.canvas*factor)
    return net

class Trial(Distiller):
    "A run in which one thing is changed."
    def __init__(self, data, nets, settings, way):
        nets = [on_larger_canvas(net, way.canvas) for net in nets]
        self.way = way
        views = [(way.augmenter or Augmenter)(net.input_size) for net in nets]
        banks = [build_bank(data, net, settings.views, a, seed=settings.seed, folder=False if way.augmenter else None)
                 for net, a in zip(nets, views)]
        super().__init__(data, nets, settings, bank=banks, frames=0)
        for source, a in zip(self.sources, views): source.augmenter = source.encoder.encode.augmenter = a
        if way.pyramid:
            p, s = self.pyramid, settings
            self.generator.manual_seed(s.seed)
            self.pyramid = way.pyramid(p.total, p.size, self.generator, 1, s.decorrelate, s.init)
            self.restart_optimiser()

def made(data, nets, settings, name, keep):
    "The set of a way, from the folder or made now, and what tells it from others."
    way, settings = WAYS[name], replace(settings, **WAYS[name].settings)
    facts = key_of(dict(run_facts(data, nets, settings), way=name))
    folder = Path(keep)/f'set-{facts}'
    if (folder/'card.json').exists(): return DistilledSet.load(folder), facts
    found = run_steps(Trial(data, nets, settings, way)).distilled()
    found.save(folder)
    return found, facts

# --- the tables

def row(name, sets, reader, home, others):
    "One entry for each target of a way; `others` are those of the default."
    for target in reader.nets:
        each = [round(mean(reader.top1('distilled', target, *s)), 3) for s in sets]
        minus = [a - b for a, b in zip(each, others.get(target, each))]
        yield dict(way=name, target=target, home=target==home, seen=target in sets[0][0].card['sources'],
                   top1=each, top1_mean=round(mean(each), 2), interval=interval(each),
                   minus_each=[round(d, 3) for d in minus])

def gain(rows, chosen):
    "Points above the default, averaged over some targets: mean, and interval over seeds."
    each = [mean(seed) for seed in zip(*[r['minus_each'] for r in rows if chosen(r)])]
    return dict(mean=round(mean(each), 2), interval=interval(each)) if each else None

def gains(name, rows):
    "Points above the default at home, on the other seen backbones, and on the unseen ones."
    kinds = dict(home=lambda r: r['home'], seen=lambda r: r['seen'] and not r['home'], unseen=lambda r: not r['seen'])
    return dict(way=name, **{kind: gain(rows, chosen) for kind, chosen in kinds.items()})

def main(ways, sources, targets, seeds=3, steps=400, held=0, probes=5, keep='build/parameterisation'):
    "Run the benchmark; the returned dict is what is printed."
    data = open_dataset('cifar10-mini')
    if held: data = without_test(data, held)
    nets = {name: open_backbone(name) for name in dict.fromkeys((*sources, *targets))}
    reader = Reader(data, nets, probes, Path(keep), 'ridge')
    rows, above, seconds, plain = [], [], {}, {}
    for name in ways:
        sets = [made(data, [nets[s] for s in sources], Settings(steps=steps, seed=seed), name, keep)
                for seed in range(seeds)]
        for s, _ in sets: s.card['sources'] = list(sources)
        found = list(row(name, sets, reader, sources[0], plain))
        if name=='default': plain = {r['target']: r['top1'] for r in found}
        seconds[name] = round(mean([s.card['seconds'] for s, _ in sets]), 1)
        rows += found
        above.append(gains(name, found))
        say(f'{name}: {seconds[name]} s', above[-1])
    return dict(benchmark='parameterisation', data=data.name, sources=list(sources), steps=steps, seeds=seeds,
                probes=probes, held=held, protocol='ridge', seconds=seconds, gains=above, rows=rows)

def arguments():
    def words(text): return tuple(text.split(','))
    p = parser(__doc__)
    p.add_argument('--ways', type=words, default=tuple(WAYS), help='names of WAYS, the default first')
    p.add_argument('--sources', type=words, default=('tiny-simclr-resnet', 'tiny-dino-resnet'))
    p.add_argument('--targets', type=words, default=('tiny-vicreg-resnet', 'tiny-can-vit', 'efficientnet-lite0'))
    p.add_argument('--keep', default='build/parameterisation', help='folder for sets and scores')
    add_numbers(p, seeds=3, steps=400, held=0, probes=5)
    return p

if __name__=='__main__': run(main, arguments())
