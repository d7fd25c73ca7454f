"One function that plots any result of the speed benchmarks, in the colours of the house; `--save` calls it too."
import json
from pathlib import Path
from lgm_nb.core.show import SERIES_COLOURS, Chart

RESULTS = Path(__file__).parent/'results'
NAMES = dict(paper="the paper's step", bank='bank, random probe', means='class means (default)', rows='random probe, rows drawn', ours='ours',
             ours_unchunked='ours, not chunked', ours_bfloat16='ours, bfloat16', paper_memory="the paper's", paper_jpeg="the paper's, JPEG files")
name_of = lambda key: NAMES.get(key, key)
pairs = lambda d: ([float(k) for k in d], [float(v) for v in d.values()]) # JSON makes keys of numbers to text

def bars(ax, named, title, unit):
    ax.barh([name_of(k) for k in named], list(named.values()), color=SERIES_COLOURS[:len(named)])
    ax.invert_yaxis(); ax.set_title(title, loc='left'); ax.set_xlabel(unit)

def lines(ax, named, title, x, y, log=True, zero=False):
    for (key, (xs, ys)), colour in zip(named.items(), SERIES_COLOURS): ax.plot(xs, ys, 'o-', color=colour, label=name_of(key))
    if log: ax.set_xscale('log')
    if zero: ax.set_ylim(0, 1.15*max(max(ys) for _, ys in named.values()))
    ax.set_title(title, loc='left'); ax.set_xlabel(x); ax.set_ylabel(y)
    if len(named) > 1: ax.legend(frameon=False)

def step(r):
    chart = Chart(9, 5.6, 2, 2); (a, b), (c, d) = chart.panels
    bars(a, r['seconds'], 'One step', 'seconds')
    memory = r['memory']
    bars(b, {k: v/2**20 for k, v in memory['bytes'].items()}, f"Memory, {memory['classes']} classes × {memory['augs']} views", 'MiB beyond the backbone')
    by = {what: [p for p in r['sweep'] if p['of']==what] for what in ('augs', 'classes', 'chunk')}
    for ax, value, scale, unit in ((c, 'seconds', 1, 'seconds a step'), (d, 'bytes', 2**-20, 'MiB beyond the backbone')):
        lines(ax, {f'by {k}': ([p[k] for p in ps], [p[value]*scale for p in ps]) for k, ps in by.items()}, 'Ours', 'views of an image / classes / views in a chunk', unit)
        ax.set_yscale('log')
    return chart

def accuracy_time(r):
    chart = Chart(6.5, 4)
    lines(chart.ax, {k: ([p['seconds'] for p in c], [p['top1'] for p in c]) for k, c in r['curves'].items()}, f"{r['data']} on {r['backbone']}", 'seconds', 'top-1 % on held-back images')
    for y, text in ((r['paper_final'], "where the paper's step ends"), (r['centroid'], 'real images nearest to the class means')):
        chart.ax.axhline(y, color='#777', lw=.8, ls=':'); chart.ax.annotate(text, (1, y), (-4, 2), xycoords=('axes fraction', 'data'), textcoords='offset points', ha='right', fontsize=8, color='#555')
    return chart

def scaling(r):
    chart = Chart(11, 3.4, 1, 3); a, b, c = chart.panels[0]
    lines(a, {k: pairs(v) for k, v in r['images'].items()}, 'Real images', 'features in the bank', 'seconds a step', zero=True)
    lines(b, {'ours': pairs(r['classes'])}, f"Classes (exponent {r['slope']})", 'classes', 'seconds a step'); b.set_yscale('log')
    m = r['memory']
    lines(c, {'ours': ([float(k) for k in m['bytes']], [v/2**20 for v in m['bytes'].values()])}, f"Memory, {m['classes']:,} classes", 'views of an image', 'MiB beyond the backbone', zero=True)
    return chart

def processes(r):
    chart = Chart(6, 2)
    bars(chart.ax, {f'{n} process{"es" if n != "1" else ""}': s for n, s in r['seconds'].items()}, f"{r['classes']} classes × {r['augs']} views", 'seconds a step (median)')
    return chart

def fewer_steps(r):
    sets, best = list(r['results']), r['chosen']
    chart = Chart(5*len(sets), 4.2, 1, len(sets))
    for ax, name in zip(chart.panels[0], sets):
        for variant, points in r['results'][name].items():
            colour, width, order = {'start': (SERIES_COLOURS[0], 2, 3), best: (SERIES_COLOURS[3], 2, 3)}.get(variant, ('#bbbbbb', 1, 1))
            ax.errorbar([p['seconds'] for p in points], [p['top1'] for p in points], [p['sem'] for p in points], color=colour, lw=width, zorder=order, marker='o', ms=3,
                        label=variant if variant in ('start', best) else None)
        ax.set_xscale('log'); ax.minorticks_off(); ax.set_xticks([p['seconds'] for p in r['results'][name]['start']], [f"{p['seconds']:.3g}" for p in r['results'][name]['start']])
        ax.set_title(name, loc='left'); ax.set_xlabel('seconds of a run'); ax.set_ylabel('top-1 % on held-back images'); ax.legend(frameon=False)
    return chart

PLOTS = dict(step=step, accuracy_time=accuracy_time, scaling=scaling, processes=processes, fewer_steps=fewer_steps)

def plot(
    result, # of a benchmark, or the name of a saved one
)->Chart:
    "Plot a result."
    if isinstance(result, str): result = json.loads((RESULTS/f'{result}.json').read_text())
    return PLOTS[result['benchmark']](result)
