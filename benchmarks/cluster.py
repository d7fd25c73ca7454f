"""A run on ImageNet-1k over several processes, in everything but the network: what does it need, what breaks first?

    python -m benchmarks.cluster [--classes 1000] [--images 1281167] [--views 3] [--size 224] [--augs 3]
        [--processes 4] [--steps 1] [--keep FOLDER] [--save FILE] [--json]

A bank of random features of the true size on disk is filled by all processes through the library's own store, closed,
checked and opened; then each objective takes steps with a backbone of one convolution (768 features) at the true size
of the images, so the pyramid, its optimiser and its checkpoint are as large as in a real run. At the end, with the
default objective, one process is killed after a checkpoint, and the run goes on with one process fewer.

Keys: `bank` (seconds to fill, close and open it again; bytes), `objectives`: for each its seconds per step by part
(mean over processes: real side, rendering, network forwards, objective, network backwards, the rest), bytes in memory
between two steps, of the largest process and of all (memory that processes share is divided among them; the graphs
within a step come on top, as much as the chosen chunk allows), `checkpoint` (seconds, bytes on
disk with the previous one), `lost` (seconds until the others ended, with how many processes the run went on, and by
how much its images differ from those of a run that lost nothing), `most`: the largest share of time (with the default
objective), memory and disk.
With `--keep`, results of finished parts are kept in FOLDER, and the same call resumes after the last of them.
Linux only: memory is read from /proc.
"""
import json, os, shutil, signal, tempfile, time
from pathlib import Path
import numpy as np
import torch
from benchmarks.common import add_numbers, mean, parser, run, say
from lgm_nb.backbones.backbone import Backbone
from lgm_nb.core.files import cached
from lgm_nb.core.processes import launch, ProcessGroup, ProcessLostError
from lgm_nb.data.dataset import Dataset, Split
from lgm_nb.method.distiller import Distiller
from lgm_nb.method import feature_bank
from lgm_nb.method.feature_bank import build_bank
from lgm_nb.method.meta_loss import GradientMatching
from lgm_nb.method.objectives import DiscriminantMatching, WhitenedMeans
from lgm_nb.method.real_features import BankBuild
from lgm_nb.method.run_folder import find_checkpoint
from lgm_nb.method.runs import load_checkpoint, save_checkpoint
from lgm_nb.method.settings import Settings

DIM = 768
OBJECTIVES = {
    'discriminant': DiscriminantMatching,
    'class means': GradientMatching,
    'whitened means': lambda: WhitenedMeans(.6),
    'rows of the bank': lambda: GradientMatching(w_std=.01)}
DEFAULT = 'discriminant'
PARTS = ('real', 'render', 'forward', 'objective', 'backward')

def backbone(size):
    "One convolution with the patches of a ViT-B/16 and its number of features."
    g, patches = torch.Generator().manual_seed(0), torch.nn.Conv2d(3, DIM, 16, 16)
    for p in patches.parameters(): p.data = torch.randn(p.shape, generator=g)/28
    network = torch.nn.Sequential(patches, torch.nn.GELU(), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
    return Backbone('patches', network, size)

def dataset(images, classes):
    "As many images as ImageNet has, of one pixel: their features are drawn, not computed."
    labels = np.arange(images)%classes
    pixels = np.random.default_rng(0).integers(0, 256, (images, 1, 1, 3), np.uint8)
    test = Split(pixels[:classes], labels[:classes])
    return Dataset('noise', Split(pixels, labels), test, range(classes))

class RandomFeatures(BankBuild):
    "A build whose features are random."
    def fill(self, todo, store, progress):
        block = np.random.default_rng(0).normal(size=(1024*self.views, DIM)).astype(np.float16)
        for unit in todo:
            label, rows = self.units[unit]
            z = block[:len(rows)*self.views] + np.float16(label%7/10)
            store.features[(rows[:, None]*self.views + torch.arange(self.views)).flatten().numpy()] = z
            store.sums[unit] = z.sum(0, dtype=np.float64)
            store.finish(unit)

def memory():
    "Bytes of this process, with a part of what it shares with others."
    lines = Path('/proc/self/smaps_rollup').read_text().splitlines()[1:]
    return 1024*next(int(line.split()[1]) for line in lines if line.startswith('Pss:'))

def write(folder, name, **facts):
    (Path(folder)/f'{name}-{ProcessGroup().rank}.json').write_text(json.dumps(facts))

def read(folder, name): return [json.loads(f.read_text()) for f in sorted(Path(folder).glob(f'{name}-*.json'))]

def bank_of(folder, data, net, views): return build_bank(data, net, views, folder=Path(folder)/'bank')

def fill_bank(folder, size, images, classes, views):
    "Fill the bank; all processes take part."
    data, net = dataset(images, classes), backbone(size)
    feature_bank.BankBuild = RandomFeatures
    start = time.perf_counter()
    bank_of(folder, data, net, views)
    filled = time.perf_counter()
    bank_of(folder, data, net, views)
    write(folder, 'bank', fill=filled - start, open=time.perf_counter() - filled)

class Clock:
    "Wraps the parts of a step and adds up their seconds."
    def __init__(self, run):
        self.seconds, source = dict.fromkeys(PARTS, 0.), run.sources[0]
        encoder, pyramid = source.encoder, run.pyramid
        source.target, pyramid.render = self.timed('real', source.target), self.timed('render', pyramid.render)
        encoder.forward = self.timed('forward', encoder.forward)
        encoder.backward = self.timed('backward', encoder.backward)
        source.objective.__class__ = type('Timed', (source.objective.__class__,), {
            '__call__': self.timed('objective', source.objective.__class__.__call__)})

    def timed(self, part, fn):
        def wrapped(*args, **options):
            start = time.perf_counter()
            try: return fn(*args, **options)
            finally: self.seconds[part] += time.perf_counter() - start
        return wrapped

def begun(folder, name, size, images, classes, views, augs, steps):
    "A run with its complete pyramid."
    data, net = dataset(images, classes), backbone(size)
    settings = Settings(steps=steps, augs=augs, views=views, grow_every=1, precision='float32')
    run = Distiller(data, net, settings, OBJECTIVES[name](), bank=bank_of(folder, data, net, views), frames=0)
    while not run.pyramid.complete: run.pyramid.grow(run.generator)
    run.restart_optimiser()
    return run

def take_steps(folder, name, steps, *sizes):
    "Take steps, and write how long their parts took and the memory of this process."
    start = time.perf_counter()
    run = begun(folder, name, *sizes, steps + 1)
    next(run)
    ready, clock = time.perf_counter(), Clock(run)
    most = memory()
    for _ in range(steps):
        next(run)
        most = max(most, memory())
    whole = (time.perf_counter() - ready)/steps
    parts = {k: v/steps for k, v in clock.seconds.items()}
    write(folder, 'steps', first=ready - start, step=whole, **parts, rest=whole - sum(parts.values()), memory=most)

def lose_one(folder, *sizes):
    "Save a checkpoint after two steps; then one process is killed, and a third step waits for it."
    run = begun(folder, DEFAULT, *sizes, 3)
    for _ in range(2): next(run)
    for _ in range(2): # the second keeps the first as the previous one
        start = time.perf_counter()
        save_checkpoint(run, Path(folder)/'run/checkpoint.safetensors')
    ProcessGroup().wait() # the first process writes
    write(folder, 'checkpoint', seconds=time.perf_counter() - start, at=time.time())
    if ProcessGroup().rank==ProcessGroup().size - 1: os.kill(os.getpid(), signal.SIGKILL)
    next(run)

def go_on(folder, kept, *sizes):
    "Take the third step, from the checkpoint if there is one; the images go into a file."
    run, file = begun(folder, DEFAULT, *sizes, 3), Path(folder)/'run/checkpoint.safetensors'
    if kept: load_checkpoint(run, find_checkpoint(file))
    while run.step < 3: next(run)
    images = run.images()
    if ProcessGroup().rank==0: np.save(Path(folder)/f'images-{kept}.npy', images[:50].numpy())

def filled(folder, processes, sizes):
    "Fill a bank, and open it again."
    launch(fill_bank, processes, folder, *sizes[:4])
    took = read(folder, 'bank')
    return {k: round(max(t[k] for t in took), 1) for k in ('fill', 'open')} | dict(bytes=sized(Path(folder)/'bank'))

def sized(folder): return sum(f.stat().st_blocks*512 for f in Path(folder).rglob('*') if f.is_file())

def lost(folder, processes, sizes):
    "Lose a process, go on with one fewer, and compare with a run that lost nothing."
    (Path(folder)/'run').mkdir()
    try: launch(lose_one, processes, folder, *sizes)
    except ProcessLostError: ended = time.time()
    else: raise RuntimeError('nobody noticed that a process was lost')
    saved = read(folder, 'checkpoint')
    if len(saved) < processes:
        raise RuntimeError('a process ended before the checkpoint was written, perhaps for lack of memory')
    disk, rest = sized(Path(folder)/'run'), processes - 1
    for kept in (1, 0): launch(go_on, rest if kept else processes, folder, kept, *sizes)
    with_loss, without = (torch.from_numpy(np.load(Path(folder)/f'images-{kept}.npy')) for kept in (1, 0))
    shutil.rmtree(Path(folder)/'run')
    return (dict(seconds=round(max(s['seconds'] for s in saved), 1), bytes=disk),
            dict(seconds=round(ended - max(s['at'] for s in saved), 1), processes=rest,
                 images_differ=float(f'{float((with_loss - without).abs().max()):.2g}')))

def objective(folder, name, processes, steps, sizes):
    "Steps with one objective."
    launch(take_steps, processes, folder, name, steps, *sizes)
    found = read(folder, 'steps')
    seconds = {k: round(mean([f[k] for f in found]), 2) for k in ('first', 'step', *PARTS, 'rest')}
    memory = [f['memory'] for f in found]
    return dict(seconds=seconds, memory=max(memory), memory_of_all=sum(memory))

def most(bank, objectives, checkpoint):
    "What a run needs most of."
    name, worst = max(objectives.items(), key=lambda item: item[1]['memory_of_all'])
    part = max((*PARTS, 'rest'), key=lambda k: objectives[DEFAULT]['seconds'][k])
    return dict(time=part, memory=name, memory_bytes=worst['memory_of_all'],
                disk='bank' if bank['bytes'] > checkpoint['bytes'] else 'checkpoints',
                disk_bytes=bank['bytes'] + checkpoint['bytes'])

def main(classes=1000, images=1_281_167, views=3, size=224, augs=3, processes=4, steps=1, keep=None):
    "Run the benchmark; the returned dict is what is printed."
    if processes < 3: raise SystemExit(f'cannot run: --processes {processes}; one is lost, and two must be left')
    sizes = (size, images, classes, views, augs)
    with tempfile.TemporaryDirectory() as folder:
        def measured(part, measure, *args):
            facts = dict(what='rehearsal', part=part, sizes=sizes, processes=processes, steps=steps)
            def on_a_bank():
                if part != 'bank' and not (Path(folder)/'bank').exists(): filled(folder, processes, sizes)
                return measure(folder, *args)
            found = cached(facts, on_a_bank, Path(keep) if keep else False)
            say(part, found)
            return found
        bank = measured('bank', filled, processes, sizes)
        objectives = {name: measured(name, objective, name, processes, steps, sizes) for name in OBJECTIVES}
        checkpoint, gone = measured('lost', lost, processes, sizes)
    return dict(benchmark='cluster', classes=classes, images=images, views=views, size=size, augs=augs, dim=DIM,
                processes=processes, steps=steps, bank=bank, objectives=objectives, checkpoint=checkpoint, lost=gone,
                most=most(bank, objectives, checkpoint))

if __name__=='__main__':
    p = parser(__doc__)
    p.add_argument('--keep', help='folder for results of finished parts')
    add_numbers(p, classes=1000, images=1_281_167, views=3, size=224, augs=3, processes=4, steps=1)
    run(main, p)
