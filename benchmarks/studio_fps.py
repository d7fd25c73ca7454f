"""How many frames per second reach the browser while a run goes on, and how often does its curve get a point?
100 classes at 64 px, and ten at 112 px.

    python -m benchmarks.studio_fps [--seconds 20] [--rounds 5] [--backbone tiny-…]
        [--save benchmarks/results/studio_fps.json]

The run is a real one: 100 made-up classes of noise, an embedded backbone that sees 32 px crops of a canvas of 64 px,
one view of each image per step. Each backbone runs twice, in turn: `probed`, as always, with its curve and baselines,
and not; `frames_kept` is the ratio of their frames per second. The two runs below are taken ROUNDS times in turn; what
is said of them is the mean, with the interval (95 %, Student) of `frames_kept` over the rounds.
`seconds_between_points` is the mean and the longest time between two points of the curve of the first backbone, once it
has its first; `first_point_seconds` how long that took after the first frame. `studio` is the studio as it opens, with
its data, the backbones that it probes and the library's settings; `photographs` are its ten classes on a canvas of 112
px. Each run is prepared first, as the studio prepares one while it waits for its first start: bank, features of real
images, baselines. A browser fades from frame to frame; that is not counted here.
A frame counts when its images were rendered, compared, packed and handed to the view's message; the decoding time in a
browser is not in it. `frames_per_cpu_second` leaves out what other processes took of the machine. Each frame belongs to
a step of its own, so `step_seconds` (mean, frame not included) bounds what any view can show.
Prints one JSON object as the last line.
"""
import asyncio, time
import numpy as np
from benchmarks.common import interval, mean, parser, run as run_benchmark, say
from lgm_nb.backbones.backbone import Backbone
from lgm_nb.backbones.open import open_backbone
from lgm_nb.backbones.embedded import zoo_cards
from lgm_nb.data.dataset import from_arrays
from lgm_nb.data.open import open_dataset
from lgm_nb.method.settings import Settings
from lgm_nb.views.messages import Tell
from lgm_nb.views.studio import BEST, NEXT, NEXT_PROBED
from lgm_nb.views.studio_run import StudioRun, prepare

def noise(classes, side):
    "A data set of noise, three images per class."
    images = np.random.default_rng(0).integers(0, 256, (3*classes, side, side, 3), dtype=np.uint8)
    return from_arrays((images, np.repeat(np.arange(classes), 3)), classes=[f'class {i}' for i in range(classes)])

def wide(name, side):
    "An embedded backbone on a larger canvas."
    tiny = open_backbone(name)
    net = Backbone(f'tiny, {side} px canvas', tiny.network, tiny.input_size)
    net.canvas = side
    return net

class Ear:
    "A listener that notes frames, their bytes, and points of the curve, as a view would that answers at once."
    def __init__(self, run):
        self.run, self.times, self.sizes, self.points = run, [], [], []
        run.listeners.append(self)

    def __call__(self, message, buffers):
        if message['kind']==Tell.CURVES and len(message['curves'][0]['points']) > len(self.points):
            self.points.append(time.perf_counter())
        if message['kind'] != Tell.FRAME: return
        self.times.append(time.perf_counter())
        self.sizes.append(sum(map(len, buffers)))
        self.run.frames.heard = True

async def watch(data, nets, settings, seconds, probed):
    "Run for some seconds after the first frame; the run, its listener, and what the seconds held."
    run = StudioRun(data, nets, settings)
    if not probed: run.configure(probed=[])
    await prepare(run)
    ear = Ear(run)
    run.start()
    while not ear.times: await asyncio.sleep(.05)
    start, cpu, seen = time.perf_counter(), time.process_time(), len(ear.times)
    await asyncio.sleep(seconds)
    took = dict(seconds=time.perf_counter() - start, cpu=time.process_time() - cpu, frames=len(ear.times) - seen)
    run.stop()
    await run.wait()
    if run.error: raise run.error
    return run, ear, took

def measure(data, nets, settings, seconds, probed):
    "Frames and points of one run."
    run, ear, took = asyncio.run(watch(data, nets, settings, seconds, probed))
    frames, apart = took['frames'], np.diff(ear.points)
    points = dict(seconds_between_points=[round(float(f(apart)), 2) for f in (np.mean, np.max)]) if len(apart) else {}
    if ear.points: points['first_point_seconds'] = round(ear.points[0] - ear.times[0], 2)
    return dict(
        frames_per_second=round(frames/took['seconds'], 2), frames_per_cpu_second=round(frames/took['cpu'], 2),
        longest_gap_seconds=round(float(max(np.diff(ear.times), default=took['seconds'])), 3),
        step_seconds=round(run.distiller.seconds/run.step, 4), seconds=round(took['seconds'], 1),
        frames=frames, steps=run.step, points=len(ear.points), **points,
        kilobytes_a_frame=round(float(np.mean(ear.sizes))/1000, 1), history_mb=round(run.history.bytes/1e6, 1))

def with_and_without(name, *run, rounds=1):
    "A run that is probed beside one that is not, in turn; the last round, with the mean rates of all."
    kinds = ('not probed', 'probed')
    each = [{kind: measure(*run, kind=='probed') for kind in kinds} for _ in range(rounds)]
    kept = [both['probed']['frames_per_second']/both['not probed']['frames_per_second'] for both in each]
    found = dict(each[-1], frames_kept=round(mean(kept), 3))
    if rounds > 1: found.update(rounds=rounds, kept_interval=interval(kept))
    for kind in kinds: found[kind].update(of_all([both[kind] for both in each]))
    say(name, found)
    return found

def of_all(runs):
    "Mean rates of some runs, and of the times between their points the mean and the longest."
    found = {key: round(mean([r[key] for r in runs]), 2) for key in ('frames_per_second', 'frames_per_cpu_second')}
    apart = [r['seconds_between_points'] for r in runs if 'seconds_between_points' in r]
    if apart: found['seconds_between_points'] = [round(mean([a[0] for a in apart]), 2), max(a[1] for a in apart)]
    return found

def main(seconds=20, rounds=5, backbone=None, classes=100, side=64):
    names = [backbone] if backbone else list(zoo_cards())
    data, quick = noise(classes, side), Settings(steps=1_000_000, augs=1, views=1)
    rows = {name: with_and_without(name, data, [wide(name, side)], quick, seconds) for name in names}
    probed = [backbone] if backbone else NEXT_PROBED
    opened = open_dataset(NEXT), [open_backbone(name) for name in probed], Settings(steps=1_000_000)
    studio = with_and_without('studio', *opened, seconds, rounds=rounds)
    ten = open_dataset(NEXT), [wide(BEST, 112)], Settings(steps=1_000_000)
    photographs = with_and_without('photographs', *ten, seconds, rounds=rounds)
    slowest = min(row['probed']['frames_per_second'] for row in rows.values())
    return dict(benchmark='studio_fps', classes=classes, side=side, frames_per_second=slowest, backbones=rows,
                studio=studio, photographs=photographs)

if __name__=='__main__':
    p = parser(__doc__)
    p.add_argument('--seconds', type=float, default=20)
    p.add_argument('--rounds', type=int, default=5)
    p.add_argument('--backbone', help='name of one embedded backbone; all of them otherwise')
    run_benchmark(main, p)
