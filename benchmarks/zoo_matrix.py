"""How pictures carry over between the embedded backbones: cifar10-mini distilled with each of them, probed on all of them.

    python -m benchmarks.zoo_matrix [--out benchmarks/results] [--seeds 5] [--threads 2] [--json]

Every run has the library's default settings, but ten views a step, as in the paper; then once more with the
default number of views, of which only the averages are kept. Beside the distilled images stand random real ones, the real ones nearest to the
class means, the real neighbours of the distilled, and the whole training split. Also measured: seconds of a forward pass and
input gradient of 100 images. Writes zoo_matrix.json and zoo_matrix.md, progress to standard error.
"""
import argparse, json, platform, statistics, time
from pathlib import Path
import torch
from lgm_nb.backbones.open import open_backbone
from lgm_nb.backbones.embedded import zoo_cards
from lgm_nb.data.open import open_dataset
from lgm_nb.method.distiller import Distiller
from lgm_nb.method.settings import Settings
from lgm_nb.method.feature_bank import build_bank
from lgm_nb.probing.examiner import Examiner
from benchmarks.common import say

COMMAND = 'python -m benchmarks.zoo_matrix'
SHARED, OWN = ('random', 'centroid', 'full'), ('distilled', 'neighbour') # baselines that do not, and rows that do depend on the run

def gradient_seconds(backbone, images=100, repeats=5):
    "Median seconds of one forward pass and input gradient."
    x = torch.rand(images, 3, 32, 32, generator=torch.Generator().manual_seed(0)).requires_grad_()
    def once():
        start = time.perf_counter(); backbone(x).sum().backward()
        return time.perf_counter() - start
    once()
    return statistics.median(once() for _ in range(repeats))

def distil(data, backbone, settings):
    "Distil in memory; the set and the seconds it took, with the bank."
    start = time.perf_counter()
    run = Distiller(data, backbone, settings, bank=build_bank(data, backbone, settings.views, seed=settings.seed, folder=False), frames=0)
    for _ in run: pass
    return run.distilled(), time.perf_counter() - start

def main(seeds=5):
    "Measure all; the returned dict is what is written."
    data, nets = open_dataset('cifar10-mini'), [open_backbone(n) for n in zoo_cards()]
    speed = {n.name: round(gradient_seconds(n), 4) for n in nets}
    say('forward and input gradient of 100 images, s:', speed)
    examiners = {n.name: Examiner(data, n, seeds=seeds) for n in nets}
    shared = {kind: {n: e.score_row(kind).as_dict() for n, e in examiners.items()} for kind in SHARED}
    def matrix(settings):
        "Rows of all sets, and the seconds that each took."
        sets, seconds = {}, {}
        for net in nets:
            sets[net.name], s = distil(data, net, settings)
            seconds[net.name] = round(s, 1)
            say(f'{net.name}, {settings.augs} views: distilled in {s:.0f} s')
        return shared | {kind: {source: {n: e.score_row(kind, images).as_dict() for n, e in examiners.items()} for source, images in sets.items()} for kind in OWN}, seconds
    settings = Settings(augs=10)
    rows, seconds = matrix(settings)
    return dict(benchmark='zoo_matrix', command=COMMAND, data=data.name, train=len(data.train), test=len(data.test), steps=settings.steps,
                augs=settings.augs, seeds=seeds, threads=torch.get_num_threads(), torch=torch.__version__, machine=platform.machine(),
                backbones={n.name: n.hash for n in nets}, distil_seconds=seconds, gradient_seconds=speed, rows=rows, verdict=verdict(rows),
                default_augs=Settings.augs, default_verdict=verdict(matrix(Settings())[0]))

def verdict(rows):
    "For each source: its mean accuracy on itself and on the others, beside the baselines, and whether it is above all three."
    found = {}
    for source, row in rows['distilled'].items():
        others = [n for n in row if n != source]
        def at(kind, names):
            r = rows[kind][source] if kind in OWN else rows[kind]
            return round(sum(r[n]['top1_mean'] for n in names)/len(names), 2)
        found[source] = {}
        for where, names in (('own', [source]), ('others', others)):
            scores = {k: at(k, names) for k in ('distilled', 'random', 'centroid', 'neighbour')}
            found[source][where] = scores | dict(above_all=scores['distilled'] > max(v for k, v in scores.items() if k != 'distilled'))
    return found

def markdown(result):
    "The same as tables."
    names, r = list(result['backbones']), result['rows']
    cell = lambda s: f"{s['top1_mean']:.1f} ± {s['top1_std']:.1f}"
    line = lambda head, row: f"| {head} | " + ' | '.join(cell(row[n]) for n in names) + ' |'
    out = ['# Between the backbones of the zoo', '',
           f"Made by `{result['command']}`: {result['data']}, one image a class, {result['steps']} steps of {result['augs']} views, {result['seeds']} probes each. "
           f"Top-1 in %, mean and standard deviation over the probes, of a linear probe trained on the images of a row, on {result['test']:,} test images.", '',
           '| images \\ probed on | ' + ' | '.join(names) + ' |', '|---|' + '---|'*len(names)]
    out += [line(f'distilled with {n}', r['distilled'][n]) for n in names]
    out += [line(f'neighbours of those from {n}', r['neighbour'][n]) for n in names]
    out += [line(k, r[k]) for k in ('centroid', 'random')] + [line(f"full ({result['train']:,} images)", r['full']), '']
    out += ['| distilled with | on itself | best baseline | on the others | best baseline | seconds | forward + input gradient, 100 images |', '|---|---|---|---|---|---|---|']
    def averages(v):
        best = lambda s: max((s[k], k) for k in ('random', 'centroid', 'neighbour'))
        return ' | '.join(f"{s['distilled']:.1f} | {best(s)[0]:.1f} ({best(s)[1]})" for s in (v['own'], v['others']))
    out += [f"| {n} | {averages(result['verdict'][n])} | {result['distil_seconds'][n]:.0f} | {result['gradient_seconds'][n]:.3f} s |" for n in names]
    out += ['', f"With {result['default_augs']} views a step, the default:", '', '| distilled with | on itself | best baseline | on the others | best baseline |', '|---|---|---|---|---|']
    out += [f"| {n} | {averages(result['default_verdict'][n])} |" for n in names]
    out += ['', f"Times on {result['threads']} thread{'s' if result['threads'] > 1 else ''}, feature bank included."]
    return '\n'.join(out) + '\n'

if __name__=='__main__':
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--out', default=str(Path(__file__).parent/'results'), help='folder of the two files')
    p.add_argument('--seeds', type=int, default=5); p.add_argument('--threads', type=int, default=2)
    p.add_argument('--json', action='store_true', help='also print the JSON, as the last line')
    args = p.parse_args()
    torch.set_num_threads(args.threads)
    result = main(seeds=args.seeds)
    out = Path(args.out); out.mkdir(parents=True, exist_ok=True)
    (out/'zoo_matrix.json').write_text(json.dumps(result, indent=1) + '\n')
    (out/'zoo_matrix.md').write_text(markdown(result))
    if args.json: print(json.dumps(result))
