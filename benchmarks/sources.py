"""What a step costs on two backbones at once, against each alone and against steps that draw one of them.

    python -m benchmarks.sources [--backbones efficientnet-lite0,tiny-simclr-resnet] [--augs 3] [--repeats 60]
        [--save FILE] [--json]

The runs take steps in turn, so that a change of load meets all of them; a ratio is the median over neighbouring
steps. `both_over_sum` is the time of a step on both over the sum of the steps on each, with the 95 % interval of its
mean (`both_over_sum_interval`); `drawn_over_both` that of steps with `sources_per_step=1`, over that of as many steps
on both, all added up. Memory is what one step adds to the loaded backbones, each in a process of its own. Prints one
JSON object as the last line.
"""
from benchmarks.common import add_numbers, alternate, in_new_process, middle, parser, peak, ratio, ratio_interval
from benchmarks.common import run, say
from lgm_nb.backbones.open import open_backbone
from lgm_nb.data.open import open_dataset
from lgm_nb.method.distiller import Distiller
from lgm_nb.method.settings import Settings

def started(names, augs, steps, **settings):
    "A run on some backbones that has all its levels, so that its steps are alike."
    data, nets = open_dataset('cifar10-mini'), [open_backbone(n) for n in names]
    made = Distiller(data, nets, Settings(steps=steps + 10, grow_every=1, augs=augs, views=1, **settings), frames=0)
    for _ in range(len(made.pyramid.sizes)): next(made)
    return made

def memory(names, augs):
    "Bytes that one step adds."
    made = started(names, augs, 10)
    return peak(lambda: next(made))

def main(backbones='efficientnet-lite0,tiny-simclr-resnet', augs=3, repeats=60):
    "Run the benchmark; the returned dict is what is printed."
    names = backbones.split(',')
    sets = {name: [name] for name in names} | {'both': names}
    bytes_ = {name: in_new_process(memory, own, augs) for name, own in sets.items()}
    say(bytes_)
    steps = 2*repeats + 10
    runs = {name: started(own, augs, steps) for name, own in sets.items()}
    drawn = started(names, augs, 2*steps, sources_per_step=1)
    def two(): return next(drawn), next(drawn)
    seconds = alternate({name: lambda r=r: next(r) for name, r in runs.items()} | {'two drawn': two}, repeats)
    alone = [sum(each) for each in zip(*(seconds[name] for name in names))]
    half = [s/2 for s in seconds['two drawn']]
    return dict(benchmark='sources', backbones=names, augs=augs, repeats=repeats,
                seconds={name: middle(s) for name, s in seconds.items()}, bytes=bytes_,
                both_over_sum=ratio(seconds['both'], alone),
                both_over_sum_interval=ratio_interval(seconds['both'], alone),
                drawn_over_both=round(sum(half)/sum(seconds['both']), 2),
                memory_over_larger=round(bytes_['both']/max(bytes_[name] for name in names), 2))

def arguments():
    p = parser(__doc__)
    p.add_argument('--backbones', default='efficientnet-lite0,tiny-simclr-resnet', help='separated by commas')
    add_numbers(p, augs=3, repeats=60)
    return p

if __name__=='__main__': run(main, arguments())
