"Folders to read from and to write to: names of all kinds, and files of somebody else."
import json, os
from reliability.place import Case, holds_set

def _classes(*names):
    "Photographs under these names of classes."
    def prepare(place):
        photos = place.photos()
        for there, name in zip(sorted(photos.iterdir()), names): there.rename(photos/name)
        return place.distil()
    return prepare

def _beside(*files):
    "An output folder that already holds files of somebody else."
    def prepare(place):
        place.photos()
        for name in files: place.write(f'out/{name}', 'mine')
        return place.distil()
    return prepare

def _into(out, make=lambda place: None):
    def prepare(place):
        place.photos()
        make(place)
        return place.distil(out=out)
    return prepare

def _empty_class(place):
    place.photos()
    (place/'photos/unicorn').mkdir()
    return place.distil()

def _one_class(place):
    place.image('photos/cat/a.png')
    place.image('photos/cat/b.png')
    return place.distil()

def _single_image(place):
    place.photos()
    place.image('photos/unicorn/a.png')
    return place.distil()

def _no_classes(place):
    for i in range(3): place.image(f'photos/{i}.png')
    return place.distil()

def _nested(place):
    place.photos()
    place.image('photos/airplane/2024/summer/a.png')
    return place.distil()

def _splits(place):
    place.photos('photos/train')
    place.photos('photos/val')
    return place.distil()

def _strange_test_class(place):
    _splits(place)
    place.image('photos/val/unicorn/a.png')
    return place.distil()

def _reads_a_file(place):
    place.write('photos', 'not a folder')
    return place.distil()

def _link_out(place):
    (place/'elsewhere').mkdir()
    (place/'out').symlink_to('elsewhere')

def _link_in(place):
    place.photos('elsewhere')
    (place/'photos').symlink_to('elsewhere')
    return place.distil()

def _dangling_out(place): (place/'out').symlink_to('nowhere')
def _file_out(place): place.write('out', 'mine')
def _file_above(place): place.write('runs', 'mine')

def _link_stays(place):
    assert (place/'out').is_symlink()
    holds_set()(place)

def _here(place):
    "Into the current folder, which holds the photographs' folder as well."
    place.photos()
    place.write('notes.txt', 'mine')
    return [*place.distil()[:-1], '.']

def _again(place):
    place.copy('set')
    place.photos()
    return place.distil(out='set')

def _bank_into(*files):
    def prepare(place):
        place.photos()
        for name in files: place.write(f'bank/{name}', 'mine')
        return ['lgm-bank', '--data', f'folder:{place/"photos"}', '--backbone', 'tiny-can-vit', '--out', place/'bank']
    return prepare

def _parts_of_another(place):
    "A folder that an earlier version would have taken for its own parts."
    place.write('bank.parts/thesis.doc', 'mine')
    return _bank_into()(place)

def _names_in_card(*names):
    def check(place):
        assert json.loads((place/'out/card.json').read_text())['classes']==sorted(names)
        holds_set()(place)
    return check

ODD_NAMES = {
    'scripts': ('猫', 'собака', 'épagneul'), 'pictographs': ('🐈', '🐕', '🐎'), 'spaces': ('a b', 'c  d', ' e'),
    'HTML': ('<script>alert(1)<', '&amp;', '"quoted"'), 'dashes': ('-a', '--out', '-'), 'newline': ('a\nb', 'c\td',
        'e'),
    'long': ('a'*200, 'a'*199 + 'b', 'c'*255), 'case': ('Cat', 'cat', 'CAT'), 'same file name': ('a b', 'a-b', 'a--b'),
    'dots': ('a.', 'b..c', 'c.jpg'), 'formats': ('{}', '%s', '$HOME'), 'reserved on Windows': ('con', 'nul', 'aux'),
    'numbers': ('0', '1', '10'), 'globs': ('*', '?', '[a]'), 'not UTF-8': (os.fsdecode(b'\xff'), 'b', 'c')}

STRANGERS = ('.DS_Store', 'Thumbs.db', '.nfs0001', 'notes.txt', 'images/holiday.jpg', 'images/.DS_Store',
             '.ipynb_checkpoints/a.ipynb', 'report.html.bak', 'checkpoint.old', '.lgm_nb.tmp')
CLASHES = ('card.json', 'distilled.safetensors', 'statistics.safetensors', 'images/0_airplane.png',
           'checkpoint.safetensors')

def _odd(name): return name != 'not UTF-8'

CASES = [
    *(Case('folders', f'class names: {kind}', _classes(*names), 'works' if _odd(kind) else 'refused',
           () if _odd(kind) else ('UTF-8',), _names_in_card(*names) if _odd(kind) else None)
      for kind, names in ODD_NAMES.items()),
    *(Case('folders', f'{name} beside the set', _beside(name), 'works', check=holds_set()) for name in STRANGERS),
    *(Case('folders', f'{name} of somebody else', _beside(name), 'refused', (name.split('/')[0],)) for name in CLASHES),
    Case('folders', 'an empty class', _empty_class, 'works', check=holds_set()),
    Case('folders', 'one class', _one_class, 'refused', ('classes',)),
    Case('folders', 'one image of a class', _single_image, 'refused', ('unicorn',)),
    Case('folders', 'no classes', _no_classes, 'refused', ('no images found',)),
    Case('folders', 'images in sub-folders', _nested, 'works', check=holds_set()),
    Case('folders', 'train and val', _splits, 'works', check=holds_set()),
    Case('folders', 'a class in val alone', _strange_test_class, 'refused', ('unicorn',)),
    Case('folders', 'data that is a file', _reads_a_file, 'refused', ('no such folder',)),
    Case('folders', 'data that is not there', lambda place: place.distil(), 'refused', ('no such folder',)),
    Case('folders', 'data that is a link', _link_in, 'works', check=holds_set()),
    Case('folders', 'out that is a link', _into('out', _link_out), 'works', check=_link_stays),
    Case('folders', 'out that is a dangling link', _into('out', _dangling_out), 'refused', ('out',)),
    Case('folders', 'out that is a file', _into('out', _file_out), 'refused', ('is a file',)),
    Case('folders', 'out below a file', _into('runs/out', _file_above), 'refused', ('runs',)),
    Case('folders', 'out that is the current folder', _here, 'works', check=holds_set('.')),
    Case('folders', 'out in a new folder of a new folder', _into('a/b/c'), 'works', check=holds_set('a/b/c')),
    Case('folders', 'out with spaces, of any script', _into('猫 und Hund'), 'works', check=holds_set('猫 und Hund')),
    Case('folders', 'out inside the photographs', _into('photos/out'), 'refused', ('overlaps',)),
    Case('folders', 'out that holds the photographs', _into('photos'), 'refused', ('overlaps',)),
    Case('folders', 'out inside a class', _into('photos/bird/out'), 'refused', ('overlaps',)),
    Case('folders', 'out that is not UTF-8', _into(os.fsdecode(b'out\xff')), 'refused', ('--out', 'UTF-8')),
    Case('folders', 'out that cannot be made', _into('/proc/nowhere'), 'refused', ('/proc',)),
    Case('folders', 'a finished set', _again, 'refused', ('finished',)),
    *(Case('folders', f'bank: {name} of somebody else', _bank_into(name), 'refused', (name,))
      for name in ('bank.json', 'means.safetensors', 'features.safetensors')),
    Case('folders', 'bank: notes beside it', _bank_into('notes.txt'), 'works'),
    Case('folders', 'bank: a folder named like parts', _parts_of_another, 'works')]
