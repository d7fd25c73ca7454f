"Values of options that cannot be right: one line that names the option or the value."
from reliability.place import Case, TINY

def _with(command, *words, set_=False):
    "A command on the photographs; `set_`: on a set that was made from them."
    def prepare(place):
        if set_: place.copy('set')
        names = dict(PHOTOS=f'folder:{place.made/"photos"}', OUT=place/'out', SET=place/'set')
        return [command, *(names.get(w, w) for w in words)]
    return prepare

DISTIL = {'--data': 'PHOTOS', '--backbone': TINY, '--out': 'OUT', '--device': 'cpu'}

def _distil(**changes):
    options = DISTIL | {'--' + k.replace('_', '-'): v for k, v in changes.items()}
    return _with('lgm-distill', *(w for pair in options.items() if pair[1] is not None for w in pair))

def _sweep(text):
    def prepare(place):
        return ['lgm-sweep', place.write('grid.toml', text), '--out', place/'out']
    return prepare

GRID = '[grid]\ndata = "cifar10-mini"\nbackbone = "tiny-can-vit"\n'

REFUSED = {
    **{f'lgm-distill --{k.replace("_", "-")} {v}': (_distil(**{k: v}), (k.replace('_',
        '-') if k != 'checkpoint_every' else 'checkpoint',))
       for k, values in dict(steps=(0, -1, 2**63, 'ten'), ipc=(0, -2, 2**31), augs=(0, 2**63), views=(0,), seed=(-1,
           2**32),
                             lr=('nan', 'inf', 0, -1), chunk=(-1,), checkpoint_every=(0,), device=('tpu', 'cuda:99'),
                             precision=('float8',), real=('some',), preset=('fast',), export=('zip',)).items()
       for v in values},
    'no data': (_distil(data=None), ('data',)), 'no backbone': (_distil(backbone=None), ('backbone',)),
    'no out': (_distil(out=None), ('out',)), 'an empty data': (_distil(data=''), ('data',)),
    'an unknown data set': (_distil(data='cifar11'), ('cifar11',)),
    'a path without folder:': (_distil(data='.'), ('folder:',)),
    'cifar10-mini with a path': (_distil(data='cifar10-mini:x'), ('cifar10-mini:x',)),
    'a data set that is not there': (_distil(data='caltech-101:/nowhere'), ('caltech-101',)),
    'an unknown backbone': (_distil(backbone='tiny-can-vti'), ('tiny-can-vti',)),
    'an unknown timm model': (_distil(backbone='timm:resnet1800'), ('resnet1800',)),
    'an unknown open_clip model': (_distil(backbone='open_clip:nothing/at-all'), ('nothing',)),
    'more images than there are': (_distil(ipc=100), ('100',)),
    'weights that are not there': (_distil(weights='nowhere.pth'), ('nowhere.pth',)),
    'a report on an unknown backbone': (_distil(report_on='nosuch'), ('nosuch',)),
    'a card that is not there': (_distil(from_card='nowhere.json'), ('nowhere.json',)),
    'bank: views 0': (_with('lgm-bank', '--data', 'PHOTOS', '--backbone', TINY, '--views', 0), ('views',)),
    'bank: keep': (_with('lgm-bank', '--data', 'PHOTOS', '--backbone', TINY, '--keep', 'some'), ('keep',)),
    'bank: seed -1': (_with('lgm-bank', '--data', 'PHOTOS', '--backbone', TINY, '--seed', -1), ('seed',)),
    'demo: steps 0': (_with('lgm-demo', '--backbone', TINY, '--steps', 0, '--out', 'OUT'), ('steps',)),
    'demo: an unknown backbone': (_with('lgm-demo', '--backbone', 'nosuch', '--out', 'OUT'), ('nosuch',)),
    'demo: a report on nothing': (_with('lgm-demo', '--backbone', TINY, '--report-on', ',', '--out', 'OUT'),
        ('backbones',)),
    'probe: no set': (_with('lgm-probe', 'nowhere', '--backbone', TINY), ('nowhere',)),
    'probe: no backbone': (_with('lgm-probe', 'SET', set_=True), ('backbone',)),
    'probe: a folder that only the card names': (_with('lgm-probe', 'SET', '--backbone', TINY, set_=True), ('--data',)),
    'probe: another data set': (_with('lgm-probe', 'SET', '--backbone', TINY, '--data', 'cifar10-mini', set_=True),
        ('class',)),
    'probe: seeds 0': (_with('lgm-probe', 'SET', '--data', 'PHOTOS', '--backbone', TINY, '--seeds', 0, set_=True),
        ('seeds',)),
    'probe: protocol': (_with('lgm-probe', 'SET', '--data', 'PHOTOS', '--backbone', TINY, '--protocol', 'kernel',
        set_=True),
                        ('kernel',)),
    'compare: no backbones': (_with('lgm-compare', 'SET', '--data', 'PHOTOS', '--backbones', '', set_=True),
        ('backbones',)),
    'compare: a comma': (_with('lgm-compare', 'SET', '--data', 'PHOTOS', '--backbones', ',', set_=True), ('backbones',
        )),
    'compare: an unknown baseline': (_with('lgm-compare', 'SET', '--data', 'PHOTOS', '--backbones', TINY, '--baselines',
                                           'nearest', set_=True), ('nearest',)),
    'transfer: an unknown backbone': (_with('lgm-transfer', '--data', 'PHOTOS', '--backbones', f'{TINY},A', '--out',
        'OUT'), ('A',)),
    'transfer: steps 0': (_with('lgm-transfer', '--data', 'PHOTOS', '--backbones', TINY, '--steps', 0, '--out', 'OUT'),
        ('steps',)),
    'transfer: seeds 0': (_with('lgm-transfer', '--data', 'PHOTOS', '--backbones', TINY, '--seeds', 0, '--out', 'OUT'),
        ('seeds',)),
    'bias: no hard images': (_with('lgm-bias', 'SET', '--data', 'PHOTOS', '--backbone', TINY, set_=True), ('hard',)),
    'bias: hard images that are not there': (_with('lgm-bias', 'SET', '--data', 'PHOTOS', '--backbone', TINY, '--hard',
        'no',
                                                   set_=True), ('no',)),
    'reproduce: an unknown table': (_with('lgm-reproduce', 'table-9', '--dry-run'), ('table-9',)),
    'reproduce: an unknown machine': (_with('lgm-reproduce', 'main', '--dry-run', '--machine', 'abacus'), ('abacus',)),
    'sweep: no file': (_with('lgm-sweep', 'nowhere.toml', '--out', 'OUT'), ('nowhere.toml',)),
    'sweep: not TOML': (_sweep('[grid\n'), ('grid.toml',)),
    'sweep: steps that are text': (_sweep(GRID + 'steps = "x"\n'), ('steps',)),
    'sweep: an unknown setting': (_sweep(GRID + 'stepz = 3\n'), ('stepz',)),
    'sweep: no grid': (_sweep('a = 1\n'), ('grid',)),
    'sweep: an empty list': (_sweep(GRID + 'steps = []\n'), ('steps',))}

WORKS = {
    'a comma after the last backbone': (_with('lgm-compare', 'SET', '--data', 'PHOTOS', '--backbones', f'{TINY},',
        '--baselines',
        'random', '--protocol', 'ridge', '--seeds', 1, set_=True)),
    'reproduce: a plan': _with('lgm-reproduce', 'main', '--dry-run'),
    'as JSON': _with('lgm-probe', 'SET', '--data', 'PHOTOS', '--backbone', TINY, '--protocol', 'ridge', '--seeds', 1,
        '--json',
        set_=True)}

CASES = [*(Case('arguments', name, prepare, 'refused', words) for name, (prepare, words) in REFUSED.items()),
         *(Case('arguments', name, prepare, 'works', may_change=('set/card.json',)) for name, prepare in WORKS.items())]
