"Rows of `benchmarks.objectives` as the pages read them: runs, means over backbones, differences paired by seed."
import torch
from lgm_nb.probing.compare import paired_interval

SHORT = {
    'efficientnet-lite0': 'Lite0', 'efficientnet-lite2': 'Lite2', 'mobilenetv2': 'MobileNetV2', 'tiny-can-vit': 'CAN',
    'tiny-dino-resnet': 'DINO', 'tiny-simclr-resnet': 'SimCLR', 'tiny-vicreg-resnet': 'VICReg'}
NAMES = {
    'discriminant .7': 'the default', 'means': 'class means', 'ridge': 'ridge probe', 'whitened .6': 'whitened means',
    'orthogonal': 'orthogonal', 'path': 'path of a probe', 'discriminant .7 + tv .1': 'total variation too'}

def made_for(e): return ' + '.join(SHORT[name] for name in e['source'])

def crossing(result):
    "The runs of a result: objective → backbones that the images were made for → target → entry."
    runs = {}
    for e in result['rows']:
        runs.setdefault(NAMES[e['objective']], {}).setdefault(made_for(e), {})[e['target']] = e
    return runs

def at_home(run): return [target for target, e in run.items() if e['home']]

def took_no_part(run): return [target for target, e in run.items() if not e['seen']]

def gain(e): return e['top1_mean'] - e['best_real']

def mean_gain(run): return sum(gain(run[t]) for t in took_no_part(run))/len(took_no_part(run))

def share(e, top1=None):
    "Percent of what all images teach: of the mean, or of an end of the interval."
    return 100*(e['top1_mean'] if top1 is None else top1)/e['full']

def shares(e):
    "That of the mean, and of the ends of its interval if there is one, as text."
    ends = f" ({share(e, e['interval'][0]):.1f} … {share(e, e['interval'][1]):.1f})" if e['interval'] else ''
    return f'{share(e):.1f}{ends}'

def each_seed(run, targets):
    "Accuracy of each distillation seed, the mean over some backbones."
    return torch.tensor([run[t]['top1'] for t in targets]).mean(0)

def points_above(ours, theirs, targets):
    "Points of one run above another on some backbones, paired by seed: the mean, and the ends of its interval."
    return paired_interval(each_seed(ours, targets), each_seed(theirs, targets))

def told(mean, low, high): return f'{mean:+.1f} ({low:+.1f} … {high:+.1f})'
