"""How many frames a second reach the browser while a run goes on? 100 classes at 64 px.

    python -m benchmarks.studio_fps [--seconds 20] [--backbone tiny-…] [--save benchmarks/results/studio_fps.json]

The run is a real one: 100 made-up classes of noise, an embedded backbone that sees 32 px crops of a canvas of 64 px,
one view of each image per step; meanwhile the studio probes it and its baselines, as always.
A frame counts when its images were rendered, compared, packed and handed to the view's message; the decoding time in a
browser is not in it. `frames_per_cpu_second` leaves out what other processes took of the machine. Each frame belongs to
a step of its own, so `step_seconds` (mean, frame not included) bounds what any view can show.
Prints one JSON object as the last line.
"""
import asyncio, time
import numpy as np
from benchmarks.common import parser, run as run_benchmark, say
from lgm_nb.backbones.backbone import Backbone
from lgm_nb.backbones.open import open_backbone
from lgm_nb.backbones.embedded import zoo_cards
from lgm_nb.data.dataset import from_arrays
from lgm_nb.method.settings import Settings
from lgm_nb.views.messages import Tell
from lgm_nb.views.studio_run import StudioRun

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
    "A listener that counts frames, their bytes, and measurements, as a view would that answers at once."
    def __init__(self, run):
        self.run, self.times, self.sizes, self.measured = run, [], [], 0
        run.listeners.append(self)

    def __call__(self, message, buffers):
        if message['kind']==Tell.CURVES: self.measured += 1
        if message['kind'] != Tell.FRAME: return
        self.times.append(time.perf_counter())
        self.sizes.append(sum(map(len, buffers)))
        self.run.frames.heard = True

async def watch(data, net, seconds):
    "Run for some seconds after the first frame; the run, its listener, and what the seconds held."
    run = StudioRun(data, [net], Settings(steps=1_000_000, augs=1, views=1), points=1000)
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

def measure(name, seconds, classes, side):
    "Frames of one run."
    run, ear, took = asyncio.run(watch(noise(classes, side), wide(name, side), seconds))
    frames = took['frames']
    return dict(
        frames_per_second=round(frames/took['seconds'], 2), frames_per_cpu_second=round(frames/took['cpu'], 2),
        longest_gap_seconds=round(max(np.diff(ear.times)), 3), step_seconds=round(run.distiller.seconds/run.step, 4),
        seconds=round(took['seconds'], 1), frames=frames, steps=run.step, measured=ear.measured,
        kilobytes_a_frame=round(np.mean(ear.sizes)/1000, 1), history_mb=round(run.history.bytes/1e6, 1))

def main(seconds=20, backbone=None, classes=100, side=64):
    rows = {}
    for name in [backbone] if backbone else zoo_cards():
        rows[name] = measure(name, seconds, classes, side)
        say(name, rows[name])
    slowest = min(row['frames_per_second'] for row in rows.values())
    return dict(benchmark='studio_fps', classes=classes, side=side, frames_per_second=slowest, backbones=rows)

if __name__=='__main__':
    p = parser(__doc__)
    p.add_argument('--seconds', type=float, default=20)
    p.add_argument('--backbone', help='name of one embedded backbone; all of them otherwise')
    run_benchmark(main, p)
