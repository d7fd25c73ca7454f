"Values of options that cannot be right: one line that names the option or the value."
from reliability.place import Case, holds_set, TINY

BOTH = f'{TINY},tiny-simclr-resnet'

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

def _sweep(text, *more):
    def prepare(place):
        return ['lgm-sweep', place.write('grid.toml', text), '--out', place/'out', *more]
    return prepare

def _reproduce(option, value):
    return _with('lgm-reproduce', 'main', '--data', 'cifar10-mini', '--backbones', TINY, '--out', 'OUT', option, value)

def _inside(command, *words):
    "A command that would write into a folder of photographs."
    def prepare(place):
        place.photos()
        return [command, '--data', f'folder:{place/"photos"}', *words, '--out', place/'photos/bird']
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
    **{f'lgm-distill --{k.replace("_", "-")} empty': (_distil(**{k: ''}), (k.replace('_', '-'), 'empty'))
       for k in ('data', 'backbone', 'out', 'weights', 'report_on', 'from_card', 'extend', 'preset', 'device',
                 'source_weights')},
    **{f'two backbones, --{k.replace("_", "-")} {v}': (_distil(**{'backbone': BOTH, k: v}), (k.rpartition('_')[2],))
       for k, values in dict(source_weights=('nan,1', 'inf,1', '1e308,1e308', '1', '1,1,1', '0,1', 'a,b'),
                             sources_per_step=(3, -1, 2**63), weights=('a.pth', 'a.pth,b.pth,c.pth')).items()
       for v in values},
    'one backbone twice': (_distil(backbone=f'{TINY},{TINY}'), (TINY, 'twice')),
    'only a comma of backbones': (_distil(backbone=','), ('backbone',)),
    'one of two backbones is not known': (_distil(backbone=f'{TINY},nosuch'), ('nosuch',)),
    'a device of no network': (_distil(device='meta'), ('device',)),
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
    'a set to extend that is not there': (_distil(extend='nowhere'), ('--extend nowhere',)),
    'a set without new classes': (_with('lgm-distill', '--extend', 'SET', '--data', 'PHOTOS', '--out', 'OUT',
        set_=True), ('has all classes',)),
    'bank: views 0': (_with('lgm-bank', '--data', 'PHOTOS', '--backbone', TINY, '--views', 0), ('views',)),
    'bank: views that overflow': (_with('lgm-bank', '--data', 'PHOTOS', '--backbone', TINY, '--views', 2**63), ('views',
        )),
    'bank: an empty out': (_with('lgm-bank', '--data', 'PHOTOS', '--backbone', TINY, '--out', ''), ('out', 'empty')),
    'bank: one folder for two banks': (_with('lgm-bank', '--data', 'PHOTOS', '--backbone', BOTH, '--out', 'OUT'),
        ('out',)),
    'bank: inside the photographs': (_inside('lgm-bank', '--backbone', TINY), ('--out', 'overlaps')),
    'transfer: inside the photographs': (_inside('lgm-transfer', '--backbones', TINY), ('--out', 'overlaps')),
    'transfer: an empty cache': (_with('lgm-transfer', '--data', 'PHOTOS', '--backbones', TINY, '--out', 'OUT',
        '--cache', ''), ('cache', 'empty')),
    'demo: an empty out': (_with('lgm-demo', '--backbone', TINY, '--out', ''), ('out', 'empty')),
    'doctor: an unknown machine': (_with('lgm-doctor', '--machine', 'abacus'), ('abacus',)),
    'doctor: an unknown device': (_with('lgm-doctor', '--device', 'tpu'), ('device',)),
    'doctor: an empty machine': (_with('lgm-doctor', '--machine', ''), ('machine', 'empty')),
    'doctor: a GPU that is not there': (_with('lgm-doctor', '--gpu', '--device', 'cuda:99'), ('device',)),
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
    'probe: seeds that overflow': (_with('lgm-probe', 'SET', '--data', 'PHOTOS', '--backbone', TINY, '--seeds', 2**63,
        set_=True), ('seeds',)),
    'probe: two backbones': (_with('lgm-probe', 'SET', '--data', 'PHOTOS', '--backbone', BOTH, set_=True), ('backbone',
        )),
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
    **{f'reproduce: {option} {value!r}': (_reproduce(option, value), (option.strip('-').replace('-', '_'),))
       for option, value in (('--seeds', 0), ('--seeds', 2**63), ('--protocol', 'kernel'), ('--steps', 0),
                             ('--chunk', -1), ('--w-std', 'nan'), ('--noise-mean', 'inf'), ('--preset', 'quick'),
                             ('--backbones', ','), ('--data', ','), ('--out', ''), ('--root', ''))},
    **{f'sweep: {key} = {value}': (_sweep(GRID + f'{key} = {value}\n'), (key,))
       for key, value in dict(lr='"x"', noise_mean='nan', pyramid='"no"', source_weights='3', init='"half"',
                              sources_per_step='-1', compile='1', seed=2**31).items()},
    'sweep: an empty out': (_with('lgm-sweep', 'grid.toml', '--out', ''), ('out', 'empty')),
    'sweep: seeds 0': (_sweep(GRID, '--seeds', 0), ('seeds',)),
    'sweep: retries -1': (_sweep(GRID, '--retries', -1), ('retries',)),
    'sweep: an unknown device': (_sweep(GRID, '--device', 'tpu'), ('device',)),
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
    'transfer: a comma after the last backbone': _with('lgm-transfer', '--data', 'PHOTOS', '--backbones', f'{TINY},',
        '--steps', 1, '--seeds', 1, '--protocol', 'ridge', '--baselines', '', '--out', 'OUT'),
    'no baselines': _with('lgm-compare', 'SET', '--data', 'PHOTOS', '--backbones', TINY, '--baselines', '',
        '--protocol', 'ridge', '--seeds', 1, set_=True),
    'reproduce: a plan': _with('lgm-reproduce', 'main', '--dry-run'),
    'as JSON': _with('lgm-probe', 'SET', '--data', 'PHOTOS', '--backbone', TINY, '--protocol', 'ridge', '--seeds', 1,
        '--json',
        set_=True)}

TWO = {'two backbones': dict(), 'weights of two losses': dict(source_weights='1,3'),
       'one of two backbones in each step': dict(sources_per_step=1)}

CASES = [*(Case('arguments', name, _distil(backbone=BOTH, steps=1, augs=1, views=1, **more), 'works', check=holds_set())
           for name, more in TWO.items()),
         *(Case('arguments', name, prepare, 'refused', words) for name, (prepare, words) in REFUSED.items()),
         *(Case('arguments', name, prepare, 'works', may_change=('set/card.json',)) for name, prepare in WORKS.items())]
