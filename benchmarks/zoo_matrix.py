"""How images transfer between the embedded backbones: cifar10-mini distilled with each of them, probed on all of them.

    python -m benchmarks.zoo_matrix [--out benchmarks/results] [--seeds 3] [--probes 5] [--steps 400] [--keep FOLDER]

Every run has the library's default settings and objective, once for each distillation seed. Beside the distilled images
stand random real ones, the real ones nearest to the class means, the real neighbours of the distilled, and the whole
training split. The protocol is `ridge`. Also measured: seconds of a forward pass and input gradient of 100 images. Sets
and scores are kept in KEEP, so that the benchmark resumes. Writes zoo_matrix.json and zoo_matrix.md, progress to
standard error.
"""
import argparse, json, os, platform, statistics, time
from pathlib import Path
import torch
from lgm_nb.backbones.open import open_backbone
from lgm_nb.backbones.embedded import zoo_cards
from lgm_nb.core.show import mean_std
from lgm_nb.data.open import open_dataset
from lgm_nb.method.settings import Settings
from lgm_nb.probing.compare import paired_interval
from benchmarks.common import add_numbers, command, distilled, interval, mean, say
from benchmarks.objectives import Reader

SHARED = ('random', 'centroid', 'full') # real images that are the same for all runs
OWN = ('distilled', 'neighbour') # rows that depend on the run
AS_MANY = ('random', 'centroid', 'neighbour') # one real image per class

def gradient_seconds(backbone, images=100, repeats=5):
    "Median seconds of one forward pass and input gradient."
    x = torch.rand(images, 3, 32, 32, generator=torch.Generator().manual_seed(0)).requires_grad_()
    def once():
        start = time.perf_counter()
        backbone(x).sum().backward()
        return time.perf_counter() - start
    once() # to warm up
    return statistics.median(once() for _ in range(repeats))

def made_with(net, data, settings, keep):
    "The sets of one backbone, one for each seed, and the mean seconds of a run."
    sets = [distilled(data, [net], None, s, keep) for s in settings]
    seconds = round(mean([made.card['seconds'] for made, _ in sets]), 1)
    say(f'{net.name}: {len(sets)} sets, {seconds} s each')
    return sets, seconds

def shared_row(reader, kind):
    "Accuracies of real images on each backbone, over the probes."
    scores = {n: torch.tensor(reader.top1(kind, n)) for n in reader.nets}
    def spread(s): return round(float(s.std()), 2) if len(s) > 1 else 0. # the whole split needs one probe
    return {n: dict(top1_mean=round(float(s.mean()), 2), top1_std=spread(s)) for n, s in scores.items()}

def own_row(reader, kind, sets):
    "Accuracies on each backbone, one for each distillation seed."
    each = {n: [round(mean(reader.top1(kind, n, *s)), 2) for s in sets] for n in reader.nets}
    return {n: dict(top1_mean=round(mean(top1), 2), interval=interval(top1), top1=top1) for n, top1 in each.items()}

def main(seeds=3, probes=5, steps=400, keep='build/zoo_matrix'):
    "Measure all; the returned dict is what is written."
    data, nets = open_dataset('cifar10-mini'), {n: open_backbone(n) for n in zoo_cards()}
    speed = {n: round(gradient_seconds(net), 4) for n, net in nets.items()}
    say('forward and input gradient of 100 images, s:', speed)
    reader = Reader(data, nets, probes, Path(keep), 'ridge')
    settings = [Settings(steps=steps, seed=s) for s in range(seeds)]
    rows, seconds = {kind: shared_row(reader, kind) for kind in SHARED}, {}
    for kind in OWN: rows[kind] = {}
    for name, net in nets.items():
        sets, seconds[name] = made_with(net, data, settings, reader.keep)
        for kind in OWN: rows[kind][name] = own_row(reader, kind, sets)
    load = round(os.getloadavg()[0], 1) if hasattr(os, 'getloadavg') else None
    versions = dict(torch=torch.__version__, machine=platform.machine())
    return dict(benchmark='zoo_matrix', data=data.name, train=len(data.train), test=len(data.test), steps=steps,
                protocol=reader.protocol, seeds=seeds, probes=probes, **versions,
                threads=torch.get_num_threads(), load_after=load,
                backbones={n: net.hash for n, net in nets.items()},
                distil_seconds=seconds, gradient_seconds=speed, rows=rows, verdict=verdict(rows))

def each_seed(rows, kind, source, names):
    "Mean accuracy on some backbones, for each distillation seed."
    if kind in OWN: return [mean(top1) for top1 in zip(*[rows[kind][source][n]['top1'] for n in names])]
    seeds = len(rows['distilled'][source][names[0]]['top1'])
    return [mean([rows[kind][n]['top1_mean'] for n in names])]*seeds

def verdict(rows):
    "For each source: its mean accuracy on itself and on the others, and how far it is above the best real images."
    found = {}
    for source, row in rows['distilled'].items():
        found[source] = {}
        for where, names in (('own', [source]), ('others', [n for n in row if n != source])):
            scores = {kind: each_seed(rows, kind, source, names) for kind in ('distilled', *AS_MANY)}
            best = max(AS_MANY, key=lambda kind: mean(scores[kind]))
            gain = [a - b for a, b in zip(scores['distilled'], scores[best])]
            ends = paired_interval(torch.tensor(gain), torch.zeros(len(gain)))[1:] if len(gain) > 1 else None
            found[source][where] = dict(distilled=round(mean(scores['distilled']), 2), best=best,
                best_real=round(mean(scores[best]), 2), above=ends, beaten=ends is not None and ends[0] > 0)
    return found

def own_cell(score):
    "An accuracy and its interval."
    if score['interval'] is None: return f"{score['top1_mean']:.1f}"
    low, high = score['interval']
    return f"{score['top1_mean']:.1f} ({low:.1f} to {high:.1f})"

def real_cell(score):
    "An accuracy and its standard deviation, if there were several probes."
    mean, std = score['top1_mean'], score['top1_std']
    return mean_std(mean, std) if std else f'{mean:.1f}'

def accuracy_lines(result):
    "One line of the large table for each set of images."
    rows, names = result['rows'], list(result['backbones'])
    def line(head, cells): return f"| {head} | {' | '.join(cells)} |"
    lines = [line(f'distilled with {n}', [own_cell(rows['distilled'][n][m]) for m in names]) for n in names]
    lines += [line(f'neighbours of those from {n}', [own_cell(rows['neighbour'][n][m]) for m in names]) for n in names]
    heads = dict(centroid='centroid', random='random', full=f"full ({result['train']:,} images)")
    return lines + [line(head, [real_cell(rows[kind][m]) for m in names]) for kind, head in heads.items()]

def averages(scores):
    "Cells of one source: its accuracy and the best real images, on itself and on the others."
    return ' | '.join(f"{s['distilled']:.1f}{'' if s['beaten'] else ' *'} | {s['best_real']:.1f} ({s['best']})"
                      for s in (scores['own'], scores['others']))

def markdown(result):
    "The result as tables in Markdown."
    names, threads = list(result['backbones']), result['threads']
    intro = (f"Made by `{result['command']}`: {result['data']}, one image per class, the default settings with "
             f"{result['steps']} steps. Top-1 in % on {result['test']:,} test images, of linear probes of the images "
             f"of a row (protocol {result['protocol']}): mean and 95 % interval over {result['seeds']} distillation "
             f"seeds, each the mean of {result['probes']} probes; for real images the standard deviation over the "
             "probes.")
    own = [f"| {n} | {averages(result['verdict'][n])} | {result['distil_seconds'][n]:.0f} | "
           f"{result['gradient_seconds'][n]:.3f} s |" for n in names]
    lines = ['# Between the backbones of the zoo', '', intro, '',
             '| images \\ probed on | ' + ' | '.join(names) + ' |', '|---|' + '---|'*len(names),
             *accuracy_lines(result), '',
             '| distilled with | on itself | best real images | on the others | best real images | seconds | '
             'forward + input gradient, 100 images |', '|---|---|---|---|---|---|---|', *own, '',
             '\\* not above the best real images beyond the interval of the difference, paired by seed.', '',
             f"Times on {threads} thread{'s' if threads > 1 else ''}, without the feature bank; load of the machine "
             f"afterwards: {result['load_after']}."]
    return '\n'.join(lines) + '\n'

def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--out', default=str(Path(__file__).parent/'results'), help='folder of the two files')
    p.add_argument('--keep', default='build/zoo_matrix', help='folder for sets and scores')
    add_numbers(p, seeds=3, probes=5, steps=400, threads=2)
    p.add_argument('--json', action='store_true', help='also print the JSON, as the last line')
    return p.parse_args()

if __name__=='__main__':
    args = arguments()
    torch.set_num_threads(args.threads)
    result = dict(main(args.seeds, args.probes, args.steps, args.keep), command=command(main))
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    (out/'zoo_matrix.json').write_text(json.dumps(result, indent=1) + '\n')
    (out/'zoo_matrix.md').write_text(markdown(result))
    if args.json: print(json.dumps(result))
