"Plot any result of the speed benchmarks, in the colours of the library; `--save` calls this too."
import json
from pathlib import Path
from lgm_nb.core.show import SERIES_COLOURS, Chart

RESULTS = Path(__file__).parent/'results'
NAMES = dict(paper="the paper's step", bank='bank, random probe', ours='ours',
             rows='random probe, rows drawn', ours_unchunked='ours, not chunked',
             ours_bfloat16='ours, bfloat16', paper_memory="the paper's", paper_jpeg="the paper's, JPEG files")

def name_of(key): return NAMES.get(key, key)

def pairs(d):
    "Keys and values as numbers: JSON turns keys into text."
    return [float(k) for k in d], [float(v) for v in d.values()]

def bars(ax, named, title, unit):
    "One horizontal bar for each value of a dict."
    ax.barh([name_of(k) for k in named], list(named.values()), color=SERIES_COLOURS[:len(named)])
    ax.invert_yaxis()
    ax.set_title(title, loc='left')
    ax.set_xlabel(unit)

def lines(ax, named, title, x, y, log=True, zero=False):
    "One line for each entry of a dict: name → (xs, ys)."
    for (key, (xs, ys)), colour in zip(named.items(), SERIES_COLOURS):
        ax.plot(xs, ys, 'o-', color=colour, label=name_of(key))
    if log: ax.set_xscale('log')
    if zero: ax.set_ylim(0, 1.15*max(max(ys) for _, ys in named.values()))
    ax.set_title(title, loc='left')
    ax.set(xlabel=x, ylabel=y)
    if len(named) > 1: ax.legend(frameon=False)

def step(r):
    chart = Chart(9, 5.6, 2, 2)
    (seconds_ax, memory_ax), sweep_axes = chart.panels
    bars(seconds_ax, r['seconds'], 'One step', 'seconds')
    memory = r['memory']
    title = f"Memory, {memory['classes']} classes × {memory['augs']} views"
    bars(memory_ax, {k: v/2**20 for k, v in memory['bytes'].items()}, title, 'MiB beyond the backbone')
    for ax, value, scale, unit in ((sweep_axes[0], 'seconds', 1, 'seconds per step'),
                                   (sweep_axes[1], 'bytes', 2**-20, 'MiB beyond the backbone')):
        sweeps = {}
        for what, words in dict(augs='views', classes='classes', chunk='chunk').items():
            points = [p for p in r['sweep'] if p['of']==what]
            sweeps[f'by {words}'] = [p[what] for p in points], [p[value]*scale for p in points]
        lines(ax, sweeps, 'Ours', 'views / classes / views in a chunk', unit)
        ax.set_yscale('log')
    return chart

def accuracy_time(r):
    chart = Chart(6.5, 4)
    curves = {k: ([p['seconds'] for p in c], [p['top1'] for p in c]) for k, c in r['curves'].items()}
    lines(chart.ax, curves, f"{r['data']} on {r['backbone']}", 'seconds', 'top-1 % on held-back images')
    marks = {"where this run of the paper's step ends": r['paper_final'],
             'real images nearest to the class means': r['centroid']}
    place = dict(xycoords=('axes fraction', 'data'), textcoords='offset points', fontsize=8, color='#555')
    for text, y in marks.items():
        chart.ax.axhline(y, color='#777', lw=.8, ls=':')
        chart.ax.annotate(text, (.4, y), (0, 2), **place)
    return chart

def scaling(r):
    chart = Chart(11, 3.4, 1, 3)
    images_ax, classes_ax, memory_ax = chart.panels[0]
    images = {k: pairs(v) for k, v in r['images'].items()}
    lines(images_ax, images, 'Real images', 'features in the bank', 'seconds per step', zero=True)
    title = f"Classes (exponent {r['slope']})"
    lines(classes_ax, {'ours': pairs(r['classes'])}, title, 'classes', 'seconds per step')
    classes_ax.set_yscale('log')
    views, size = pairs(r['memory']['bytes'])
    title = f"Memory, {r['memory']['classes']:,} classes"
    mib = [s/2**20 for s in size]
    lines(memory_ax, {'ours': (views, mib)}, title, 'views of an image', 'MiB beyond the backbone', zero=True)
    return chart

def processes(r):
    chart = Chart(6, 2)
    named = {f'{n} process{"es" if n != "1" else ""}': s for n, s in r['seconds'].items()}
    bars(chart.ax, named, f"{r['classes']} classes × {r['augs']} views", 'seconds per step (median)')
    return chart

def fewer_steps(r):
    sets = r['results']
    chart = Chart(5*len(sets), 4.2, 1, len(sets))
    for ax, (name, variants) in zip(chart.panels[0], sets.items()): _variants(ax, name, variants, r['chosen'])
    return chart

def _variants(ax, name, variants, best):
    "Accuracy against seconds for each variant; the first and the best one in colour."
    styles = {'default': (SERIES_COLOURS[0], 2, 3), best: (SERIES_COLOURS[3], 2, 3)}
    for variant, points in variants.items():
        colour, width, order = styles.get(variant, ('#bbbbbb', 1, 1))
        x, y, error = ([p[k] for p in points] for k in ('seconds', 'top1', 'sem'))
        ax.errorbar(x, y, error, color=colour, lw=width, zorder=order, marker='o', ms=3,
                    label=variant if variant in styles else None)
    ticks = [p['seconds'] for p in variants['default']]
    ax.set_xscale('log')
    ax.minorticks_off()
    ax.set_xticks(ticks, [f'{t:.3g}' for t in ticks])
    ax.set_title(name, loc='left')
    ax.set(xlabel='seconds of a run', ylabel='top-1 % on held-back images')
    ax.legend(frameon=False)

PLOTS = dict(step=step, accuracy_time=accuracy_time, scaling=scaling, processes=processes, fewer_steps=fewer_steps)

def plot(
    result, # of a benchmark, or the name of a saved one
)->Chart:
    "Plot a result."
    if isinstance(result, str): result = json.loads((RESULTS/f'{result}.json').read_text())
    return PLOTS[result['benchmark']](result)
