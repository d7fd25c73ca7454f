"""How images transfer between the embedded backbones: cifar10-mini distilled with each of them, probed on all of them.

    python -m benchmarks.zoo_matrix [--out benchmarks/results] [--seeds 5] [--threads 2] [--json]

Every run has the library's default settings, except for ten views a step, as in the paper; then once more with the
default number of views, of which only the averages are kept. Beside the distilled images stand random real ones, the
real ones nearest to the class means, the real neighbours of the distilled, and the whole training split. Also
measured: seconds of a forward pass and input gradient of 100 images. Writes zoo_matrix.json and zoo_matrix.md,
progress to standard error.
"""
import argparse, json, platform, statistics, time
from pathlib import Path
import torch
from lgm_nb.backbones.open import open_backbone
from lgm_nb.backbones.embedded import zoo_cards
from lgm_nb.core.show import mean_std
from lgm_nb.data.open import open_dataset
from lgm_nb.method.distiller import Distiller
from lgm_nb.method.settings import Settings
from lgm_nb.method.feature_bank import build_bank
from lgm_nb.method.runs import run_steps
from lgm_nb.probing.examiner import Examiner
from benchmarks.common import say

COMMAND = 'python -m benchmarks.zoo_matrix'
SHARED = ('random', 'centroid', 'full') # baselines that are the same for all runs
OWN = ('distilled', 'neighbour') # rows that depend on the run

def gradient_seconds(backbone, images=100, repeats=5):
    "Median seconds of one forward pass and input gradient."
    x = torch.rand(images, 3, 32, 32, generator=torch.Generator().manual_seed(0)).requires_grad_()
    def once():
        start = time.perf_counter()
        backbone(x).sum().backward()
        return time.perf_counter() - start
    once() # to warm up
    return statistics.median(once() for _ in range(repeats))

def distil(data, backbone, settings):
    "Distil in memory; the set and the seconds it took, with the bank."
    start = time.perf_counter()
    bank = build_bank(data, backbone, settings.views, seed=settings.seed, folder=False)
    run = run_steps(Distiller(data, backbone, settings, bank=bank, frames=0))
    return run.distilled(), time.perf_counter() - start

def own_rows(data, nets, examiners, settings):
    "Rows of the sets of all backbones, and the seconds that each took."
    rows, seconds = {kind: {} for kind in OWN}, {}
    for net in nets:
        images, s = distil(data, net, settings)
        seconds[net.name] = round(s, 1)
        say(f'{net.name}, {settings.augs} views: distilled in {s:.0f} s')
        for kind in OWN:
            rows[kind][net.name] = {n: e.score_row(kind, images).as_dict() for n, e in examiners.items()}
    return rows, seconds

def main(seeds=5):
    "Measure all; the returned dict is what is written."
    data, nets = open_dataset('cifar10-mini'), [open_backbone(n) for n in zoo_cards()]
    speed = {n.name: round(gradient_seconds(n), 4) for n in nets}
    say('forward and input gradient of 100 images, s:', speed)
    examiners = {n.name: Examiner(data, n, seeds=seeds) for n in nets}
    shared = {}
    for kind in SHARED: shared[kind] = {n: e.score_row(kind).as_dict() for n, e in examiners.items()}
    settings = Settings(augs=10)
    own, seconds = own_rows(data, nets, examiners, settings)
    default_own, _ = own_rows(data, nets, examiners, Settings())
    rows = shared | own
    return dict(benchmark='zoo_matrix', command=COMMAND, data=data.name, train=len(data.train), test=len(data.test),
                steps=settings.steps, augs=settings.augs, seeds=seeds, threads=torch.get_num_threads(),
                torch=torch.__version__, machine=platform.machine(), backbones={n.name: n.hash for n in nets},
                distil_seconds=seconds, gradient_seconds=speed, rows=rows, verdict=verdict(rows),
                default_augs=Settings.augs, default_verdict=verdict(shared | default_own))

def mean_accuracy(rows, kind, source, names):
    "Mean accuracy on some backbones, in percent."
    row = rows[kind][source] if kind in OWN else rows[kind]
    return round(sum(row[n]['top1_mean'] for n in names)/len(names), 2)

def verdict(rows):
    "For each source: its mean accuracy on itself and on the others, beside the baselines, and whether it is above all."
    found = {}
    for source, row in rows['distilled'].items():
        found[source] = {}
        for where, names in (('own', [source]), ('others', [n for n in row if n != source])):
            kinds = ('distilled', 'random', 'centroid', 'neighbour')
            scores = {kind: mean_accuracy(rows, kind, source, names) for kind in kinds}
            best_baseline = max(scores[kind] for kind in kinds[1:])
            found[source][where] = scores | dict(above_all=scores['distilled'] > best_baseline)
    return found

def accuracy_lines(result):
    "One line of the large table for each set of images."
    rows, names = result['rows'], list(result['backbones'])
    def line(head, row):
        cells = [mean_std(row[n]['top1_mean'], row[n]['top1_std']) for n in names]
        return f"| {head} | {' | '.join(cells)} |"
    lines = [line(f'distilled with {n}', rows['distilled'][n]) for n in names]
    lines += [line(f'neighbours of those from {n}', rows['neighbour'][n]) for n in names]
    lines += [line(kind, rows[kind]) for kind in ('centroid', 'random')]
    return [*lines, line(f"full ({result['train']:,} images)", rows['full'])]

def averages(scores):
    "Cells of one source: its accuracy and the best baseline, on itself and on the others."
    cells = []
    for s in (scores['own'], scores['others']):
        best, kind = max((s[k], k) for k in ('random', 'centroid', 'neighbour'))
        cells.append(f"{s['distilled']:.1f} | {best:.1f} ({kind})")
    return ' | '.join(cells)

def markdown(result):
    "The same as tables."
    names, threads = list(result['backbones']), result['threads']
    columns = '| distilled with | on itself | best baseline | on the others | best baseline |'
    intro = (f"Made by `{result['command']}`: {result['data']}, one image per class, {result['steps']} steps of "
             f"{result['augs']} views, {result['seeds']} probes each. Top-1 in %, mean and standard deviation over the "
             f"probes, of a linear probe trained on the images of a row, on {result['test']:,} test images.")
    own = [f"| {n} | {averages(result['verdict'][n])} | {result['distil_seconds'][n]:.0f} | "
           f"{result['gradient_seconds'][n]:.3f} s |" for n in names]
    default = [f"| {n} | {averages(result['default_verdict'][n])} |" for n in names]
    lines = ['# Between the backbones of the zoo', '', intro, '',
             '| images \\ probed on | ' + ' | '.join(names) + ' |', '|---|' + '---|'*len(names),
             *accuracy_lines(result), '',
             columns + ' seconds | forward + input gradient, 100 images |', '|---|---|---|---|---|---|---|', *own, '',
             f"With {result['default_augs']} views a step, the default:", '',
             columns, '|---|---|---|---|---|', *default, '',
             f"Times on {threads} thread{'s' if threads > 1 else ''}, feature bank included."]
    return '\n'.join(lines) + '\n'

def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--out', default=str(Path(__file__).parent/'results'), help='folder of the two files')
    p.add_argument('--seeds', type=int, default=5)
    p.add_argument('--threads', type=int, default=2)
    p.add_argument('--json', action='store_true', help='also print the JSON, as the last line')
    return p.parse_args()

if __name__=='__main__':
    args = arguments()
    torch.set_num_threads(args.threads)
    result = main(seeds=args.seeds)
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    (out/'zoo_matrix.json').write_text(json.dumps(result, indent=1) + '\n')
    (out/'zoo_matrix.md').write_text(markdown(result))
    if args.json: print(json.dumps(result))
