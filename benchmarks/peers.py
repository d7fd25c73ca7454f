"""Methods side by side in the same seconds: LGM, SFM and CLP-DD, as published and in this library's loop, and ours.

    python -m benchmarks.peers [--steps 400] [--seeds 3] [--rounds 3] [--held N] [--keep FOLDER] [--save FILE] [--json]

`ours` takes STEPS steps on its backbones. One step of each method is timed in turn with the others, ROUNDS times, as
are the passes over the real images that a method needs before its first step. Each of the others then takes as many
steps as fit into the seconds of `ours`, on one backbone; how many, and what a step takes, is in the result. A method
`as published` has the settings of its paper, with its growth spread over these steps; `here` it has those of `distill`.
CLP-DD publishes neither strength nor temperature, so it is only `here`. With `--held N` the last N training images of
each class take the place of the test split. Sets and scores are kept in KEEP, so that the benchmark resumes. Prints one
JSON object as the last line: one entry for each method and target, with the interval (95 %, Student) over seeds, and
what `benchmarks.objectives` says of real images.
"""
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
import torch
from lgm_nb.core.files import cached, key_of
from lgm_nb.data.open import open_dataset
from lgm_nb.method.augmentation import Augmenter
from lgm_nb.method.distilled_set import DistilledSet
from lgm_nb.method.distiller import Distiller
from lgm_nb.method.feature_bank import build_bank
from lgm_nb.method.meta_loss import GradientMatching, Objective
from lgm_nb.method.objectives import DiscriminantMatching, FlowMatching, RidgeProbe
from lgm_nb.method.settings import Settings
from benchmarks.common import add_numbers, alternate, mean, middle, parser, run, say, without_test
from benchmarks.objectives import BACKBONES, DEFAULT, open_all, read_row, Reader
from benchmarks.paper_way import PaperWay, plain_backbone

HOME = BACKBONES['lite0']
def _centre(net): return Augmenter(net.input_size, flip=0., scale=None)

@dataclass(frozen=True)
class Method:
    "What is matched, how, and on which backbones."
    objective:Callable[[], Objective]
    settings:dict = field(default_factory=dict)
    sources:tuple[str, ...] = (HOME,)
    views:Callable = lambda net: None # augmentation of the real images, for `build_bank`; None for the usual one

    def banks(self, data, nets):
        return [build_bank(data, net, self.settings.get('views', 3), self.views(net), folder=False) for net in nets]

    def start(self, data, nets, steps, seed, banks):
        settings = Settings(steps=steps, seed=seed, **self.settings)
        return Distiller(data, nets, settings, self.objective(), bank=banks, frames=0)

class Published(Method):
    "LGM as its authors run it: real images anew in every step, and a graph through both sides."
    def banks(self, data, nets): return []
    def start(self, data, nets, steps, seed, banks):
        return PaperWay(data, plain_backbone(HOME), augs=10, lr=2e-3, steps=steps, grow_every=0, seed=seed)

METHODS = {
    'ours': Method(DiscriminantMatching, sources=tuple(read_row(DEFAULT)[0])),
    'ours, one backbone': Method(DiscriminantMatching),
    'LGM as published': Published(GradientMatching),
    'LGM here': Method(lambda: GradientMatching(w_std=.01, centre=False)),
    'SFM as published': Method(FlowMatching, dict(augs=1, lr=2e-3, lr_decay=False, noise_std=.2, views=1),
                               views=_centre),
    'SFM here': Method(FlowMatching),
    'CLP-DD here': Method(RidgeProbe)}

class Complete:
    "Steps of a method whose images have all their levels, so that they are alike."
    def __init__(self, method, data, nets, banks, steps):
        self.run = method.start(data, nets, steps + 1_000, 0, banks)
        self.run.grow_every = 1
        while not self.run.pyramid.complete: next(self.run)

    def __call__(self): next(self.run)

def timings(data, nets, rounds):
    "Seconds of a step of each method, and of its passes over the real images; steps are taken in turn."
    started, passes = {}, {}
    for name, method in METHODS.items():
        own, start = [nets[n] for n in method.sources], time.perf_counter()
        banks = method.banks(data, own)
        passes[name] = time.perf_counter() - start
        started[name] = Complete(method, data, own, banks or None, rounds)
    steps = alternate(started, rounds)
    return {name: dict(step=middle(steps[name]), passes=round(passes[name], 2)) for name in METHODS}

def steps_that_fit(seconds, steps):
    "How many steps each method takes."
    budget = seconds['ours']['passes'] + steps*seconds['ours']['step']
    return {name: max(1, round((budget - s['passes'])/s['step'])) for name, s in seconds.items()}

def images_of(name, data, nets, steps, seed, keep):
    "The images of a method, made or opened, and what tells them from others."
    method = METHODS[name]
    own = [nets[n] for n in method.sources]
    facts = dict(what='peer', method=name, settings=method.settings, sources=[n.hash for n in own], data=data.hash,
                 objective=repr(method.objective()), steps=steps, seed=seed)
    folder = keep/f'peer-{key_of(facts)}'
    if not folder.is_dir():
        made = method.start(data, own, steps, seed, method.banks(data, own) or None)
        for _ in made: pass
        with torch.no_grad(): images = made.images().detach()
        DistilledSet(images, torch.arange(len(data.classes)), data.classes, dict(peer=facts)).save(folder)
        say(f'{name}: {steps} steps, seed {seed}')
    return DistilledSet.load(folder), facts

def entries(name, data, nets, steps, seeds, reader):
    "One entry for each target of a method."
    sets = [images_of(name, data, nets, steps, seed, reader.keep) for seed in range(seeds)]
    found, sources = [], METHODS[name].sources
    for target in nets:
        found.append(dict(method=name, source=list(sources), target=target, seen=target in sources,
                          home=target==sources[0], steps=steps, **reader.beside_real(target, sets)))
    gains = [e['above'][0] for e in found if e['target'] not in METHODS['ours'].sources]
    home = next(e for e in found if e['home'])
    say(f'{name}: {steps} steps, home {home["top1_mean"]:.1f}, never seen by any {mean(gains):+.2f}')
    return found

def main(steps=400, seeds=3, rounds=3, probes=5, held=0, keep='build/peers'):
    "Run the benchmark; the returned dict is what is printed."
    nets, data = open_all(), open_dataset('cifar10-mini')
    if held: data = without_test(data, held)
    if absent := [n for m in METHODS.values() for n in m.sources if n not in nets]:
        raise SystemExit(f'cannot run: no {absent[0]}')
    facts = dict(what='timings', methods={n: m.settings for n, m in METHODS.items()}, data=data.hash, rounds=rounds)
    seconds = cached(facts, lambda: timings(data, nets, rounds), Path(keep))
    fit, reader = steps_that_fit(seconds, steps), Reader(data, nets, probes, Path(keep))
    say(f'steps in the same seconds: {fit}')
    rows = [e for name in METHODS for e in entries(name, data, nets, fit[name], seeds, reader)]
    return dict(benchmark='peers', steps=steps, seeds=seeds, probes=probes, held=held, seconds=seconds,
                steps_taken=fit, protocol=reader.protocol, rows=rows)

def arguments():
    p = parser(__doc__)
    p.add_argument('--keep', default='build/peers', help='folder for sets and scores')
    add_numbers(p, steps=400, seeds=3, rounds=3, probes=5, held=0)
    return p

if __name__=='__main__': run(main, arguments())
