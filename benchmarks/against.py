"""Is a step, or the build of a feature bank, slower than in another revision of this repository?

    python -m benchmarks.against REV [--rounds 10] [--steps 60] [--banks 4] [--backbone tiny-simclr-resnet] [--views 1]

Checks REV out into a temporary git worktree. In each round two new processes, one of each tree, with one thread each,
distil cifar10-mini by gradient matching, with noise in the views and a constant rate as the first version did, side by
side: a step here, the same step there, and so on, each waiting while the other works, so that a change of the machine's
load meets both. The tree that goes first alternates. Banks are built in turn likewise, each into a new folder on the
disk.

Keys: `step` and `bank`, each with `ratio` (here over there: above 1 is slower here), the 95 % interval `low` to `high`
of its mean over the rounds, and the median `seconds` of both. A round counts with the median of its ratios.
`same_images`: are the images of both equal, bit by bit?
"""
import contextlib, math, os, statistics, subprocess, sys, tempfile
from pathlib import Path
from benchmarks.common import add_numbers, middle, parser, run, say
from lgm_nb.probing.compare import student_t

ROOT = Path(__file__).resolve().parents[1]

WORKER = """import hashlib, sys, tempfile, time
from dataclasses import fields
from pathlib import Path
try: from lgm_nb.all import Augmenter, Distiller, GradientMatching, Settings, build_bank, open_backbone, open_dataset
except ImportError: # before there were rooms
    from lgm_nb.augmentation import Augmenter
    from lgm_nb.backbones import open_backbone
    from lgm_nb.data import open_dataset
    from lgm_nb.distill import Distiller, Settings
    from lgm_nb.feature_bank import build_bank
    from lgm_nb.meta_loss import GradientMatching
out, sys.stdout = sys.stdout, sys.stderr # nothing else may write between the answers
name, steps, views = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
data, backbone = open_dataset('cifar10-mini'), open_backbone(name)
noisy, known = Augmenter(backbone.input_size, noise_std=.2), {f.name for f in fields(Settings)}
first = dict(noise_std=.2, lr_decay=False) # as in the first version, which had no such settings
settings = Settings(steps=steps, views=views, **{k: v for k, v in first.items() if k in known})
whole = build_bank(data, backbone, views, noisy, folder=False)
run = Distiller(data, backbone, settings, GradientMatching(), whole)
def bank(folder): build_bank(data, backbone, views, noisy, folder=folder/'bank')
work = dict(step=lambda folder: next(run), bank=bank)
for line in sys.stdin:
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        if line.strip() in work: work[line.strip()](Path(folder))
        answer = time.perf_counter() - start
    if line.strip()=='images': answer = hashlib.sha256(run.images().numpy().tobytes()).hexdigest()
    print(answer, file=out, flush=True)
"""

def git(*words): return subprocess.run(['git', '-C', str(ROOT), *words], check=True, capture_output=True, text=True)

@contextlib.contextmanager
def worktree(rev):
    "Check a revision out into a temporary folder, for a `with` block."
    with tempfile.TemporaryDirectory() as folder:
        try: git('worktree', 'add', '--detach', f'{folder}/tree', rev)
        except (OSError, subprocess.CalledProcessError) as e:
            said = getattr(e, 'stderr', e)
            raise SystemExit(f'cannot run: no git worktree of {rev} ({str(said).strip().splitlines()[-1]})') from e
        try: yield Path(folder)/'tree'
        finally: git('worktree', 'remove', '--force', f'{folder}/tree')

class Worker:
    "A process of a tree that works when it is asked to."
    def __init__(self, tree, folder, *words):
        env = dict(os.environ, PYTHONPATH=str(tree), OMP_NUM_THREADS='1', MKL_NUM_THREADS='1',
                   LGM_NB_CACHE=str(folder), TMPDIR=str(folder))
        self.process = subprocess.Popen([sys.executable, '-c', WORKER, *map(str, words)], env=env, cwd=folder,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, what):
        "Let it work; returns what it answers."
        self.process.stdin.write(what + '\n')
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer: raise SystemExit(f'{self.process.args[-3:]}: ended during {what!r}')
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()

def in_turn(here, there, what, times):
    "Seconds of both, of work done in turn."
    pairs = []
    for i in range(times):
        first, second = (here, there) if i%2==0 else (there, here)
        seconds = {first: float(first.ask(what)), second: float(second.ask(what))}
        pairs.append((seconds[here], seconds[there]))
    return pairs

def measure(trees, steps, banks, words):
    "One round, in new processes: pairs of seconds of steps and of banks, and whether the images are equal."
    with tempfile.TemporaryDirectory() as folder:
        here, there = workers = [Worker(tree, folder, *words) for tree in trees]
        for w in workers: w.ask('start') # both have opened everything before the first is timed
        pairs = dict(step=in_turn(here, there, 'step', steps), bank=in_turn(here, there, 'bank', banks))
        same = here.ask('images')==there.ask('images')
        for w in workers: w.close()
    return pairs, same

def compared(rounds):
    "The ratio of a duration with its interval."
    logs = [statistics.median(math.log(a/b) for a, b in pairs) for pairs in rounds]
    mean, n = statistics.fmean(logs), len(logs)
    off = student_t(n)*statistics.stdev(logs)/math.sqrt(n) if n > 1 else None
    low, high = (round(math.exp(mean + sign*off), 4) if n > 1 else None for sign in (-1, 1))
    here, there = zip(*[p for pairs in rounds for p in pairs])
    seconds = dict(here=middle(here), there=middle(there))
    return dict(ratio=round(math.exp(mean), 4), low=low, high=high, seconds=seconds)

def main(rev, rounds=10, steps=60, banks=4, views=1, backbone='tiny-simclr-resnet'):
    with worktree(rev) as there:
        found = []
        for i in range(rounds):
            found.append(measure((ROOT, there), steps, banks, (backbone, steps, views)))
            say(i, {what: compared([pairs]) for what, pairs in found[-1][0].items()})
    return dict(benchmark='against', rev=git('rev-parse', '--short', rev).stdout.strip(), rounds=rounds, steps=steps,
                banks=banks, views=views, backbone=backbone,
                **{what: compared([pairs[what] for pairs, _ in found]) for what in ('step', 'bank')},
                same_images=all(same for _, same in found))

if __name__=='__main__':
    p = parser(__doc__)
    p.add_argument('rev', help='a commit, branch or tag')
    p.add_argument('--backbone', default='tiny-simclr-resnet')
    add_numbers(p, rounds=10, steps=60, banks=4, views=1)
    run(main, p)
