"""Is a step, or the build of a feature bank, slower than in another revision of this repository?

    python -m benchmarks.against REV [--rounds 10] [--steps 60] [--backbone tiny-simclr-resnet] [--views 1]

Checks REV out into a temporary git worktree and runs the same commands in both trees, in new processes with one
thread each: a distillation of cifar10-mini, and the build of its bank. In each round the order is here, there, there,
here, so that a slow change of the machine's load meets both alike. Seconds are those that the commands record, without
the start of a process: of the steps in `card.json`, of the bank in the output of `lgm-bank --json`. They are seconds of
the processor: the commands are given its clock, which stands still while other work has the processor.

Keys: `step` and `bank`, each with `ratio` (here over there: above 1 is slower here), the 95 % interval `low` to `high`
of its mean over the rounds, and the median `seconds` of both. `same_images`: are the images of both equal, bit by bit?
"""
import contextlib, hashlib, json, math, os, statistics, subprocess, sys, tempfile
from pathlib import Path
from benchmarks.common import add_numbers, middle, parser, run, say

ROOT = Path(__file__).resolve().parents[1]
T95 = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26) # Student's t, two-sided, of 1 to 9 degrees of freedom

RUN = """import sys, time
time.perf_counter = time.process_time # what the commands measure with
try: from lgm_nb.cli import distil as commands
except ImportError: import lgm_nb.cli as commands # before there were rooms
sys.argv = ['lgm-' + sys.argv[1], *sys.argv[2:]]
getattr(commands, sys.argv[0].replace('-', '_'))()
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

def command(tree, cache, *words):
    "Run a command of the tree, with one thread; returns the last line that it prints."
    env = dict(os.environ, PYTHONPATH=str(tree), OMP_NUM_THREADS='1', MKL_NUM_THREADS='1', LGM_NB_CACHE=str(cache))
    script = cache/'run.py' # a file, because `call_parse` reads the arguments of scripts only
    script.write_text(RUN)
    call = [sys.executable, str(script), *map(str, words), '--device', 'cpu', '--json']
    done = subprocess.run(call, cwd=cache, env=env, capture_output=True, text=True)
    if done.returncode: raise SystemExit(f'{tree}: lgm-{" ".join(map(str, words))}\n{done.stderr}')
    return done.stdout.strip().splitlines()[-1]

def measure(tree, cache, backbone, steps, views):
    "Seconds of a step and of a bank, and a hash of the images."
    with tempfile.TemporaryDirectory() as folder:
        common = ['--data', 'cifar10-mini', '--backbone', backbone, '--views', views, '--out']
        bank = json.loads(command(tree, cache, 'bank', *common, f'{folder}/bank'))['seconds']
        command(tree, cache, 'distill', '--steps', steps, *common, f'{folder}/set')
        card = json.loads(Path(folder, 'set/card.json').read_text(encoding='utf-8'))
        images = b''.join(f.read_bytes() for f in sorted(Path(folder, 'set/images').iterdir()))
        return dict(step=card['seconds']/steps, bank=bank), hashlib.sha256(images).hexdigest()

def compared(rounds, what):
    "The ratio of a duration with its interval, from rounds of four: here, there, there, here."
    logs = [math.log((a[what] + d[what])/(b[what] + c[what])) for a, b, c, d in rounds]
    mean, n = statistics.fmean(logs), len(logs)
    off = statistics.stdev(logs)/math.sqrt(n)*(T95[n - 2] if n - 2 < len(T95) else 2.1) if n > 1 else math.inf
    low, high = (round(math.exp(mean + sign*off), 4) if n > 1 else None for sign in (-1, 1))
    seconds = dict(here=middle([s[what] for r in rounds for s in (r[0], r[3])]),
                   there=middle([s[what] for r in rounds for s in (r[1], r[2])]))
    return dict(ratio=round(math.exp(mean), 4), low=low, high=high, seconds=seconds)

def main(rev, rounds=10, steps=60, views=1, backbone='tiny-simclr-resnet'):
    with worktree(rev) as there, tempfile.TemporaryDirectory() as caches:
        trees, hashes, found = {'here': ROOT, 'there': there}, set(), []
        for name in trees: Path(caches, name).mkdir()
        for i in range(rounds + 1):
            four = []
            for name in ('here', 'there', 'there', 'here'):
                seconds, images = measure(trees[name], Path(caches, name), backbone, steps, views)
                four.append(seconds)
                hashes.add(images)
            if i: found.append(four) # the first round warms caches up
            say(i, four)
    return dict(benchmark='against', rev=git('rev-parse', '--short', rev).stdout.strip(), rounds=rounds, steps=steps,
                views=views, backbone=backbone, step=compared(found, 'step'), bank=compared(found, 'bank'),
                same_images=len(hashes)==1)

if __name__=='__main__':
    p = parser(__doc__)
    p.add_argument('rev', help='a commit, branch or tag')
    p.add_argument('--backbone', default='tiny-simclr-resnet')
    add_numbers(p, rounds=10, steps=60, views=1)
    run(main, p)
