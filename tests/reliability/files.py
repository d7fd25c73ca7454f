"Damaged, foreign and hostile files: sets, checkpoints, banks, cached results, weights."
import json, os, shutil, zipfile
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from lgm_nb.core.durable import file_hash
from lgm_nb.core.files import key_of, sealed
from reliability.place import Case, TINY

# What can happen to a file.

def flip(file, at=-5):
    contents = bytearray(file.read_bytes())
    contents[at] ^= 1
    file.write_bytes(contents)

def cut(file): file.write_bytes(file.read_bytes()[:file.stat().st_size//2])
def empty(file): file.write_bytes(b'')
def garble(file): file.write_bytes(bytes(range(256))*4)
def lose(file): file.unlink()
def text(file): file.write_text('not this')
def a_list(file): file.write_text('[1, 2]')
def a_folder(file):
    file.unlink()
    (file/'inside').mkdir(parents=True)
    (file/'inside/thesis.doc').write_text('mine')

DAMAGES = dict(flipped=flip, cut=cut, emptied=empty, garbled=garble, lost=lose, text=text)

# Distilled sets.

def _damaged_set(name, damage):
    def prepare(place):
        place.copy('set')
        damage(place/'set'/name)
        return place.probe()
    return prepare

def _changed_set(change):
    "A set whose checksums are right: somebody made it so. `change` gets card and tensors."
    def prepare(place):
        folder = place.copy('set')
        card, tensors = json.loads((folder/'card.json').read_text()), load_file(folder/'distilled.safetensors')
        changed = change(card, tensors) or tensors
        save_file({k: v.contiguous() for k, v in changed.items()}, folder/'distilled.safetensors')
        if isinstance(card.get('files'), dict):
            card['files']['distilled.safetensors'] = file_hash(folder/'distilled.safetensors')
        (folder/'card.json').write_text(json.dumps(sealed(card)))
        return place.probe()
    return prepare

def _images(change): return _changed_set(lambda card, t: dict(t, images=change(t['images'])))
def _labels(change): return _changed_set(lambda card, t: dict(t, labels=change(t['labels'])))
def _card(**fields): return _changed_set(lambda card, t: card.update(fields))
def _without(*names): return _changed_set(lambda card, t: {k: v for k, v in t.items() if k not in names})

def _lacks(name):
    def change(card, tensors): card.pop(name)
    return _changed_set(change)

def _other_seed(place):
    "One digit of a card was changed."
    card = place.copy('set')/'card.json'
    card.write_text(card.read_text().replace('"seed": 0', '"seed": 7'))
    return place.probe()

WRONG_SETS = {
    'images that are NaN': (_images(lambda x: x*float('nan')), ('finite',)),
    'images that are infinite': (_images(lambda x: x/0), ('finite',)),
    'negative images': (_images(lambda x: -x - .1), ('0 to 1',)), 'images from 0 to 255': (_images(lambda x: x*255),
        ('0 to 1',)),
    'bytes': (_images(lambda x: (x*255).to(torch.uint8)), ('images',)), 'one image': (_images(lambda x: x[0]),
        ('shape',)),
    'grey images': (_images(lambda x: x[:, :1]), ('shape',)), 'no images': (_images(lambda x: x[:0]), ('no images',)),
    'fewer labels': (_labels(lambda y: y[:2]), ('2 labels',)), 'a label too large': (_labels(lambda y: y + 1),
        ('labels',)),
    'a negative label': (_labels(lambda y: y - 1), ('labels',)), 'fractional labels': (_labels(lambda y: y*.5),
        ('labels',)),
    'no labels': (_without('labels'), ('labels',)), 'no tensor of images': (_without('images'), ('images',)),
    'a class named twice': (_card(classes=['a', 'a', 'b']), ('twice',)), 'no classes': (_card(classes=[]), ('class',)),
    'classes that are a number': (_card(classes=3), ('classes',)), 'classes that are numbers': (_card(classes=[1, 2,
        3]), ('class',)),
    'a newer format': (_card(format=99), ('newer',)), 'a format that is text': (_card(format='new'), ('format',)),
    'files that are a list': (_card(files=[1]), ('files',)), 'settings that are a list': (_card(settings=[1]),
        ('settings',)),
    'a card without classes': (_lacks('classes'), ('classes',))}
FINE_SETS = {
    'a card without settings': _lacks('settings'), 'a card without data': _lacks('data'),
    'a card without a backbone': _lacks('backbone'), 'a card without files': _lacks('files'),
    'a card that names another folder': _card(data=dict(source='folder:/etc', name='x', hash='')),
    'a card with more in it': _card(thanks='to all')}

# Checkpoints: the latest is damaged, or both are.

CHECKPOINT, BEFORE = 'run/checkpoint.safetensors', 'run/checkpoint.previous.safetensors'

def _resume(place): return place.distil('photos', 'run', '--steps', 4, '--resume')

def _damaged_run(damage, *files):
    def prepare(place):
        place.photos()
        place.copy('run')
        for file in files: damage(place/file)
        return _resume(place)
    return prepare

def _changed_run(change, checksum=True):
    "A checkpoint that somebody changed; `checksum`: that of its header, too."
    def prepare(place):
        place.photos()
        place.copy('run')
        (place/BEFORE).unlink()
        with safe_open(place/CHECKPOINT, 'pt') as f: facts = json.loads(f.metadata()['facts'])
        tensors = load_file(place/CHECKPOINT)
        change(facts, tensors)
        own = {k: v for k, v in facts.items() if k != 'facts_checksum'}
        if checksum: facts['facts_checksum'] = key_of(own)
        save_file(tensors, place/CHECKPOINT, dict(facts=json.dumps(facts)))
        return _resume(place)
    return prepare

def _facts(checksum=True, **fields): return _changed_run(lambda facts, tensors: facts.update(fields), checksum)
def _pops(name): return _changed_run(lambda facts, tensors: tensors.pop(name))

def _other_steps(place):
    place.photos()
    place.copy('run')
    return place.distil('photos', 'run', '--steps', 5, '--resume')

def _other_pictures(place):
    "Photographs of the same names, sizes and times."
    place.copy('run')
    for file in place.photos().rglob('*.bmp'):
        time = file.stat().st_mtime_ns
        flip(file) # a pixel
        os.utime(file, ns=(time, time))
    return _resume(place)

def as_uninterrupted(place):
    made, whole = (load_file(f/'distilled.safetensors')['images'] for f in (place/'run', place.made/'whole'))
    assert torch.equal(made, whole)

# Feature banks, in the cache and in a folder, and cached results.

def _cached_bank(name, damage):
    def prepare(place):
        place.photos()
        place.own_cache()
        for file in (place/'cache/banks').glob(f'*/{name}'): damage(file)
        return place.distil()
    return prepare

def as_before(place):
    made, before = (load_file(f/'distilled.safetensors')['images'] for f in (place/'out', place.made/'set'))
    assert torch.equal(made, before)

def _bank_command(place):
    return ['lgm-bank', '--data', f'folder:{place/"photos"}', '--backbone', TINY, '--views', 1, '--out', place/'bank']

def _own_bank(name, damage):
    def prepare(place):
        place.photos()
        place.copy('bank')
        damage(place/'bank'/name)
        return _bank_command(place)
    return prepare

def _bank_of_others(place):
    place.photos()
    place.copy('bank')
    return [*_bank_command(place), '--seed', 1]

def bank_as_before(place):
    for name in ('features', 'means'):
        made, before = (load_file(f/f'bank/{name}.safetensors') for f in (place, place.made))
        assert all(torch.equal(made[k], before[k]) for k in before)

def _kept_result(damage):
    def prepare(place):
        shutil.copytree(place.made/'keep', place/'keep')
        damage(next((place/'keep').glob('probe-*.json')))
        return ['lgm-transfer', '--data', f'folder:{place.made/"photos"}', '--backbones', TINY, '--steps', 1,
            '--seeds', 1,
                '--protocol', 'ridge', '--baselines', 'random', '--cache', place/'keep', '--out', place/'out']
    return prepare

def matrix_as_before(place):
    made, before = (json.loads((f/'transfer.json').read_text())['records'] for f in (place/'out', place.made/'matrix'))
    def accuracies(records): return [(r['kind'], r.get('top1_mean')) for r in records]
    assert accuracies(made)==accuracies(before)

# Files from elsewhere: weights, the authors' format.

class _Opened:
    "Runs code when it is unpickled."
    def __init__(self, mark): self.mark = mark
    def __reduce__(self): return os.mkdir, (str(self.mark),)

class _Scripted(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(2))
    def forward(self, x): return x*self.weight

def _archive(file): torch.jit.script(_Scripted()).save(str(file))

def _weights(write, name='weights.pth'):
    def prepare(place):
        write(place/name)
        return ['lgm-distill', '--data', f'folder:{place.made/"photos"}', '--backbone', 'timm:resnet18', '--weights',
            place/name,
                '--steps', 1, '--out', place/'out', '--device', 'cpu']
    return prepare

def _mirror(write):
    "Weights from a mirror folder."
    def prepare(place):
        file = place/'mirror/timm/resnet18.a1_in1k/model.safetensors'
        file.parent.mkdir(parents=True)
        write(file)
        os.environ['LGM_NB_WEIGHTS'] = str(place/'mirror')
        return ['lgm-distill', '--data', f'folder:{place.made/"photos"}', '--backbone', 'timm:resnet18.a1_in1k',
                '--steps', 1, '--out', place/'out', '--device', 'cpu']
    return prepare

def _from_card(**fields):
    "Repeat a run from a card that somebody changed; `settings` are added to those of the card."
    def prepare(place):
        card = json.loads((place.copy('set')/'card.json').read_text())
        changed = card | fields
        if isinstance(fields.get('settings'), dict): changed['settings'] = card['settings'] | fields['settings']
        place.write('set/card.json', json.dumps(sealed(changed)))
        return ['lgm-distill', '--from-card', place/'set/card.json', '--data', f'folder:{place.made/"photos"}',
                '--out', place/'out']
    return prepare

def _swept(damage):
    "A sweep whose finished run is damaged."
    def prepare(place):
        shutil.copytree(place.made/'swept', place/'out')
        damage(next((place/'out/runs').glob('*.json')))
        return ['lgm-sweep', place.made/'grid.toml', '--seeds', 1, '--device', 'cpu', '--out', place/'out']
    return prepare

def sweep_as_before(place):
    made, before = (json.loads((f/'results.json').read_text()) for f in (place/'out', place.made/'swept'))
    assert [r['top1_mean'] for r in made]==[r['top1_mean'] for r in before]

def _theirs(write):
    def prepare(place):
        write(place/'data.pth')
        return place.probe('data.pth')
    return prepare

def _saves(value): return lambda file: torch.save(value, file)
def _pickles(file): torch.save(dict(images=_Opened(file.with_name('opened'))), file)

def _pair(images=3, labels=3, top=3): return dict(images=torch.rand(images, 3, 16, 16), labels=torch.arange(labels)%top)

def _hostile(program):
    "An archive whose data.pkl is this program of pickle."
    def write(file):
        with zipfile.ZipFile(file, 'w') as archive:
            parts = {'data.pkl': b'\x80\x02' + program, 'constants.pkl': b'\x80\x02).', 'version': b'3',
                     'code/a.py': b''}
            for name, contents in parts.items(): archive.writestr(f'a/{name}', contents)
    return write

_OBJECT = b'c__torch__\nM\n)\x81q\x00'
ARCHIVES = {'calls what is no function': b'ctorch\nFloatStorage\n)R.', 'calls without arguments':
            b'ctorch._utils\n_rebuild_tensor_v2\n)R.', 'calls the system': b'cos\nsystem\n(X\x01\x00\x00\x00atR.',
            'holds itself': _OBJECT + b'}q\x01(X\x01\x00\x00\x00ah\x00ub.', 'has a number for a storage': b'K\x05Q.',
            'sets the state of a number': b'K\x01}b.', 'ends at once': b''}
MIRRORED = {'emptied': empty, 'text': lambda f: f.write_text('no'), 'code': lambda f: _pickles(f),
            'another network': lambda f: save_file(dict(a=torch.zeros(2)), f)}
CARDS = {**{f'{k} {v!r}': (dict(settings={k: v}), k) for k, v in dict(
    lr='x', pyramid='no', source_weights=5, noise_mean='x', init=3, steps=True, precision=[], seed=2**40,
    real={}).items()},
    'an unknown setting': (dict(settings=dict(nosuch=1)), 'nosuch'), 'settings that are a list': (dict(settings=[1]),
        'settings'),
    'backbones that are numbers': (dict(backbones=[1, 2]), 'backbone'),
    'a backbone without a name': (dict(backbones=[{}]), 'backbone'),
    'a backbone whose name is a number': (dict(backbones=[dict(name=3)]), 'backbone'),
    'an objective that is a number': (dict(method=3), 'objective'),
    'versions that are a list': (dict(versions=[1]), 'versions'),
    'a machine that is text': (dict(machine='x'), 'machine')}

WEIGHTS = {'a list inside': _saves(dict(state_dict=[1, 2])), 'a number inside': _saves(dict(model=3)),
           'names that are numbers': _saves({1: torch.zeros(2)}), **{f'an archive that {k}': _hostile(v) for k, v in
               ARCHIVES.items()},
           'a list': _saves([1, 2]), 'nothing': empty, 'an empty dictionary': _saves({}), 'code': _pickles,
           'text': lambda f: f.write_text('not weights'), 'an archive of another network': _archive,
           'tensors of another network': _saves(dict(a=torch.zeros(2))), 'numbers': _saves(dict(a=1.)),
               'a folder': lambda f: f.mkdir()}
THEIRS = {'code': _pickles, 'a list': _saves([torch.zeros(2)]), 'no labels': _saves(dict(images=torch.rand(3, 3, 8,
    8))),
          'more labels': _saves(_pair(labels=4)), 'a label too large': _saves(_pair(top=5, images=5, labels=5)),
          'emptied': empty, 'text': lambda f: f.write_text('no')}

def _nothing_ran(place): assert not (place/'opened').exists()

CASES = [
    *(Case('files', f'set: {name} {kind}', _damaged_set(name, damage), 'refused', (name if kind=='lost' else 'set',))
      for name in ('card.json', 'distilled.safetensors') for kind, damage in DAMAGES.items() if (name,
          kind) != ('card.json', 'flipped')),
    *(Case('files', f'set: statistics {kind}', _damaged_set('statistics.safetensors', damage),
           *(('works', ()) if kind=='lost' else ('refused', ('statistics.safetensors', 'or delete it'))),
           may_change=('set/card.json',) if kind=='lost' else ()) for kind, damage in DAMAGES.items()),
    *(Case('files', f'set: {name} is a folder', _damaged_set(name, a_folder), 'refused', (name,))
      for name in ('card.json', 'distilled.safetensors')),
    Case('files', 'set: card.json is a list', _damaged_set('card.json', a_list), 'refused', ('card.json',)),
    Case('files', 'set: card.json of another seed', _other_seed, 'healed', ('card.json', 'does not match'),
         may_change=('set/card.json',)),
    *(Case('files', f'set: {name}', prepare, 'refused', words) for name, (prepare, words) in WRONG_SETS.items()),
    *(Case('files', f'set: {name}', prepare, 'works', may_change=('set/card.json',)) for name,
        prepare in FINE_SETS.items()),
    *(Case('files', f'run: latest checkpoint {kind}', _damaged_run(damage, CHECKPOINT), 'healed', ('step 1',),
        as_uninterrupted,
           may_change=('run/checkpoint*',)) for kind, damage in DAMAGES.items() if kind != 'lost'),
    Case('files', 'run: latest checkpoint lost', _damaged_run(lose, CHECKPOINT), 'works', (), as_uninterrupted,
         may_change=('run/checkpoint*',)),
    Case('files', 'run: checkpoint before damaged', _damaged_run(flip, BEFORE), 'works', (), as_uninterrupted,
         may_change=('run/checkpoint*',)),
    Case('files', 'run: both checkpoints damaged', _damaged_run(flip, CHECKPOINT, BEFORE), 'refused', ('damaged',)),
    Case('files', 'run: checkpoint of a newer version', _facts(format=99), 'refused', ('newer',)),
    Case('files', 'run: checkpoint of another backbone', _facts(backbone_hash='0'), 'refused', ('backbone_hash',)),
    Case('files', 'run: checkpoint with another step', _facts(checksum=False, step=1), 'refused', ('damaged',)),
    *(Case('files', f'run: checkpoint whose {k} is {v!r}', _facts(**{k: v}), 'refused', (k,))
      for k, v in dict(step='x', seconds=None, cpu_seconds='long', settings=[1], objective=3, processes='two').items()),
    Case('files', 'run: checkpoint without a level', _pops('level.0'), 'refused', ('checkpoint',)),
    Case('files', "run: checkpoint without Adam's state", _pops('adam.0.exp_avg'), 'refused', ('checkpoint',)),
    Case('files', 'run: checkpoint without losses', _pops('losses'), 'refused', ('checkpoint',)),
    Case('files', 'run: other steps', _other_steps, 'refused', ('steps',)),
    Case('files', 'run: other pictures of the same size and time', _other_pictures, 'refused', ('data_hash',)),
    *(Case('files', f'bank in the cache: {name} {kind}', _cached_bank(name, damage), 'healed', ('built again',),
        as_before,
           may_change=('cache/banks/*/*',))
      for name in ('bank.json', 'means.safetensors') for kind, damage in DAMAGES.items() if (name,
          kind) != ('bank.json', 'lost')
      and (name, kind) != ('bank.json', 'flipped')),
    *(Case('files', f'bank: {name} {kind}', _own_bank(name, damage), 'healed', ('built again',), bank_as_before,
           may_change=('bank/*',))
      for name in ('means.safetensors', 'features.safetensors') for kind, damage in DAMAGES.items()),
    *(Case('files', f'bank: bank.json {kind}', _own_bank('bank.json', damage), 'refused', ('bank.json',))
      for kind, damage in DAMAGES.items() if kind not in ('flipped', 'lost')),
    Case('files', 'bank: of other settings', _bank_of_others, 'refused', ('other seed',)),
    *(Case('files', f'cached result {kind}', _kept_result(damage), 'healed', ('computed again',), matrix_as_before,
           may_change=('keep/probe-*',)) for kind, damage in DAMAGES.items() if kind not in ('flipped', 'lost')),
    Case('files', 'cached result lost', _kept_result(lose), 'works', (), matrix_as_before),
    *(Case('files', f'weights: {name}', _weights(write), 'refused', ('weights.pth',), _nothing_ran) for name,
        write in WEIGHTS.items()),
    *(Case('files', f'mirror: {name}', _mirror(write), 'refused', ('model.safetensors',), _nothing_ran)
      for name, write in MIRRORED.items()),
    *(Case('files', f'from a card: {name}', _from_card(**fields), 'refused', (word,))
      for name, (fields, word) in CARDS.items()),
    *(Case('files', f'finished run of a sweep {kind}', _swept(damage), 'healed', ('computed again',), sweep_as_before,
           may_change=('out/r*', 'out/runs/*.json')) for kind, damage in DAMAGES.items() if kind not in ('flipped',
               'lost')),
    *(Case('files', f"the authors' file: {name}", _theirs(write), 'refused', ('data.pth',), _nothing_ran)
      for name, write in THEIRS.items()),
    Case('files', "the authors' file", _theirs(_saves(_pair())), 'works')]
