"""How many frames a second cross to the browser while a run goes on? 100 classes at 64 px, as the issue of the studio asks.

    python -m benchmarks.studio_fps [--seconds 20] [--backbone tiny-…] [--save benchmarks/results/studio_fps.json]

The run is a real one: 100 made-up classes of noise, an embedded backbone that sees
32 px crops of a canvas of 64 px, one view of each image a step; while it goes on, the studio probes it and its baselines, as always.
A frame counts when its images were rendered, compared, packed and handed to the view's message; the decoding time in a browser
is not in it. `frames_per_cpu_second` leaves out what other processes took of the machine. Each frame belongs to a step of its own,
so `step_seconds` (mean, frame not included) bounds what any view can show. Prints one JSON object as the last line.
"""
import asyncio, time
import numpy as np
from benchmarks.common import parser, run as run_benchmark, say
from lgm_nb.backbones.backbone import Backbone
from lgm_nb.backbones.open import open_backbone
from lgm_nb.backbones.embedded import zoo_cards
from lgm_nb.data.dataset import from_arrays
from lgm_nb.method.settings import Settings
from lgm_nb.views.studio_run import StudioRun

def measure(name, seconds, classes, side):
    "Frames of one run."
    g = np.random.default_rng(0)
    data = from_arrays((g.integers(0, 256, (3*classes, side, side, 3), dtype=np.uint8), np.repeat(np.arange(classes), 3)), classes=[f'class {i}' for i in range(classes)])
    tiny = open_backbone(name)
    net = Backbone('tiny, 64 px canvas', tiny.network, tiny.input_size)
    net.canvas = side
    frames, points = [], []
    async def go():
        run = StudioRun(data, [net], Settings(steps=1_000_000, augs=1, views=1), points=1000)
        def hear(message, buffers):
            if message['kind']=='frame': frames.append((time.perf_counter(), len(buffers[0]) if buffers else 0)); run.frames.heard = True
            if message['kind']=='curves': points.append(time.perf_counter())
        run.listeners.append(hear)
        run.start()
        while not frames: await asyncio.sleep(.05)
        start, cpu, seen = time.perf_counter(), time.process_time(), len(frames)
        await asyncio.sleep(seconds)
        took, used, seen = time.perf_counter() - start, time.process_time() - cpu, len(frames) - seen
        run.stop(); await run.wait()
        return run, took, used, seen
    run, took, used, seen = asyncio.run(go())
    if run.error: raise run.error
    at = [t for t, _ in frames]
    return dict(frames_per_second=round(seen/took, 2), frames_per_cpu_second=round(seen/used, 2), longest_gap_seconds=round(max(np.diff(at)), 3), step_seconds=round(run.distiller.seconds/run.step, 4),
                seconds=round(took, 1), frames=seen, steps=run.step, measured=len(points), kilobytes_a_frame=round(np.mean([b for _, b in frames])/1000, 1), history_mb=round(run.history.bytes/1e6, 1))

def main(seconds=20, backbone=None, classes=100, side=64):
    rows = {}
    for name in [backbone] if backbone else zoo_cards():
        rows[name] = measure(name, seconds, classes, side)
        say(name, rows[name])
    return dict(benchmark='studio_fps', classes=classes, side=side, frames_per_second=min(r['frames_per_second'] for r in rows.values()), backbones=rows)

if __name__=='__main__':
    p = parser(__doc__)
    p.add_argument('--seconds', type=float, default=20)
    p.add_argument('--backbone', help='name of one embedded backbone; all of them otherwise')
    run_benchmark(main, p)
