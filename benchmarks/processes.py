"""Two processes against one, one thread each: how much sooner is a step done?

    python -m benchmarks.processes [--backbone tiny-simclr-resnet] [--classes 20] [--augs 10] [--steps 4]
        [--rounds 3] [--json]

One process and two take turns, so that a change of the machine's load meets both. `speedup_2` is the median time of
a step on one process over that on two. On a machine that is busy with other work the second process finds no free
core, so `cpu_speedup_2` says what the division itself costs: processor seconds of one process over those of the
busier of the two. It is what `speedup_2` comes to on two idle cores, less the waiting. `load_before` in `machine`
tells how busy the machine was.
"""
import json, tempfile, time
from pathlib import Path
import torch
from benchmarks.common import add_numbers, in_new_process, middle, parser, ratio, run, say
from benchmarks.step import noise_data, ours
from lgm_nb.backbones.open import open_backbone
from lgm_nb.core.processes import ProcessGroup, launch

def steps(folder, backbone, classes, augs, steps):
    "Take steps; each process writes its times."
    net = open_backbone(backbone)
    way = ours(noise_data(classes, net.canvas, 1), net, augs)
    next(way)
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(steps): next(way)
    took = dict(wall=time.perf_counter() - wall, cpu=time.process_time() - cpu)
    (Path(folder)/f'{ProcessGroup().rank}.json').write_text(json.dumps(took))

def alone(*args):
    torch.set_num_threads(1)
    steps(*args)

def timed(processes, *args):
    with tempfile.TemporaryDirectory() as folder:
        if processes==1: in_new_process(alone, folder, *args)
        else: launch(steps, processes, folder, *args, threads=1)
        facts = [json.loads(f.read_text()) for f in Path(folder).glob('*.json')]
    assert len(facts)==processes
    return {k: max(f[k] for f in facts)/args[-1] for k in ('wall', 'cpu')}

def main(backbone='tiny-simclr-resnet', classes=20, augs=10, steps=4, rounds=3):
    times = {1: [], 2: []}
    for _ in range(rounds):
        for n in times:
            times[n].append(timed(n, backbone, classes, augs, steps))
            say(n, times[n][-1])
    def of(n, kind): return [t[kind] for t in times[n]]
    return dict(benchmark='processes', backbone=backbone, classes=classes, augs=augs, steps=steps, rounds=rounds,
                speedup_2=ratio(of(1, 'wall'), of(2, 'wall')), cpu_speedup_2=ratio(of(1, 'cpu'), of(2, 'cpu')),
                seconds={n: middle(of(n, 'wall')) for n in times}, cpu_seconds={n: middle(of(n, 'cpu')) for n in times})

if __name__=='__main__':
    p = parser(__doc__)
    p.add_argument('--backbone', default='tiny-simclr-resnet')
    add_numbers(p, classes=20, augs=10, steps=4, rounds=3)
    run(main, p)
