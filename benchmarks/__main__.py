"""Run every benchmark, one after the other, each in its own process and with brief settings.

    python -m benchmarks [NAME …] [--out build/benchmarks]

Writes the JSON object that each prints as its last line to OUT/NAME.json. A benchmark that lacks photographs or
weights says so and is skipped; if one fails, the exit code is 1. For figures to quote, run a benchmark by itself on
an idle machine: the settings here are for finding out overnight what a change has broken.
"""
import argparse, json, shlex, subprocess, sys, time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BRIEF = {
    'step': '--classes 3 --augs 2 --repeats 1 --many 20',
    'against': 'HEAD --rounds 1 --steps 5 --banks 1',
    'scaling': '--images 1000,10000 --classes 10,30 --augs 1,3 --repeats 1',
    'processes': '--classes 4 --augs 2 --steps 2 --rounds 1',
    'cluster': '--classes 20 --images 2000 --size 32 --processes 3',
    'accuracy_time': '--paper-steps 20 --steps 40 --points 2 --seeds 2 --epochs 50',
    'fewer_steps': '--sets cifar10-mini --budgets 4,8 --seeds 1 --probes 1 --epochs 10',
    'cost_model': '--size 64 --repeats 1 --seconds .2',
    'studio_fps': '--seconds 5',
    'studio_first': '--rounds 1',
    'shortcut': '--steps 20 --seeds 1 --backbones tiny-simclr-resnet '
                '--keep {out}/kept --out {out}/shortcut-points.json',
    'zoo_matrix': '--seeds 2 --steps 4 --probes 1 --json --out {out} --keep {out}/kept-zoo',
    'sources': '--backbones tiny-simclr-resnet,tiny-can-vit --repeats 2',
    'objectives': '--rows "means @ simclr,means @ simclr + can" --sets cifar10-mini --seeds 1 --steps 10 --held 20 '
                  '--probes 1 --keep {out}/kept-sets',
    'parameterisation': '--sources tiny-dino-resnet --ways "default,coarse faster,fourier bands,jitter,canvas x 1.5" '
                        '--steps 10 --seeds 2 --held 20 --probes 1 --repeats 1 --keep {out}/kept-parameterisation',
    'peers': '--steps 4 --seeds 1 --rounds 1 --held 20 --probes 1 --keep {out}/kept-peers',
    'further': '--seeds 2 --steps 4 --counts 1,2 --held 20 --probes 1 --keep {out}/kept-further',
    'continual': '--seeds 2 --steps 4 --counts 1 --draws 1 --others tiny-can-vit --keep {out}/kept-continual',
    'few_shot': '--sets cifar10-mini --held 20 --steps 4 --targets tiny-can-vit --counts 1,2 --draws 2 '
                '--keep {out}/kept-few-shot',
    'fine_tuning': '--backbones tiny-can-vit --real random --per-class 20 --seeds 2 --steps 3 --tuning-steps 2 '
                   '--held 5 --repeats 1 --keep {out}/kept-fine-tuning',
    'photos': '--steps 100 --classes 5 --seeds 2 --paper-seconds 20',
    'alignment': '--steps 40 --classes 4 --seeds 1 --images 60 --sources 1 --baselines random '
                 '--keep {out}/kept --out {out}/alignment-points.json',
    'ridge_strength': '--backbones tiny-can-vit --per-class 1 --seeds 1 --held 5',
    'busy_step': '--rounds 1 --steps 2',
    'probe_time': '--classes 5 --rounds 1 --epochs 20 --seeds 1',
    'probe_protocols': '--parts sets --backbones tiny-can-vit --steps 2 --seeds 2 --epochs 10',
    'real_weights': '--per-class 50 --tests 20 --epochs 20'}

def measure(name, out):
    "Run one benchmark; returns what happened in a few words, and whether that is a failure."
    start, options = time.perf_counter(), shlex.split(BRIEF[name].format(out=out))
    call = [sys.executable, '-m', f'benchmarks.{name}', *options]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True)
    last = (done.stderr.strip().splitlines() or [''])[-1]
    if done.returncode and last.startswith('cannot run:'): return last, False
    if done.returncode: return f'FAILED with code {done.returncode}\n{done.stderr}', True
    found = json.loads(done.stdout.strip().splitlines()[-1])
    (out/f'{name}.json').write_text(json.dumps(found, indent=1)+'\n', encoding='utf-8')
    return f'ran in {time.perf_counter() - start:.0f} s', False

def main(names, out):
    out = out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    failed = []
    for name in names:
        said, bad = measure(name, out)
        print(f'{name}: {said}', flush=True)
        if bad: failed.append(name)
    if failed: sys.exit(f'failed: {", ".join(failed)}')

if __name__=='__main__':
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('names', nargs='*', default=list(BRIEF), metavar='NAME', help=f'default: all of {", ".join(BRIEF)}')
    p.add_argument('--out', type=Path, default=ROOT/'build/benchmarks')
    args = p.parse_args()
    unknown = [n for n in args.names if n not in BRIEF]
    if unknown: p.error(f'{unknown[0]}: no such benchmark; must be one of {", ".join(BRIEF)}')
    main(args.names, args.out)
