"Images of a class folder, as people have them: odd ones, and broken ones."
import io, os
import numpy as np
from PIL import Image
from reliability.place import Case, holds_set

def _bytes(format='JPEG', **options):
    file = io.BytesIO()
    Image.effect_noise((32, 32), 60).convert('RGB').save(file, format, **options)
    return file.getvalue()

def _with(name, contents):
    "A file beside the photographs of the first class."
    def prepare(place):
        place.photos()
        place.write(f'photos/airplane/{name}', contents())
        return place.distil()
    return prepare

def _image(name, *args, **options):
    def prepare(place):
        place.photos()
        place.image(f'photos/airplane/{name}', *args, **options)
        return place.distil()
    return prepare

def _array(name, pixels, **options):
    def prepare(place):
        place.photos()
        Image.fromarray(pixels).save(place/'photos/airplane'/name, **options)
        return place.distil()
    return prepare

def _frames(name):
    def prepare(place):
        place.photos()
        first, *others = [Image.effect_noise((32, 32), 60).convert('P') for _ in range(3)]
        first.save(place/'photos/airplane'/name, save_all=True, append_images=others)
        return place.distil()
    return prepare

def _turned(place):
    place.photos()
    exif = Image.Exif()
    exif[0x0112] = 6
    place.image('photos/airplane/turned.jpg', (40, 30), exif=exif)
    return place.distil()

def _special(make):
    "Something that is no file under the name of one."
    def prepare(place):
        place.photos()
        make(place/'photos/airplane/x.jpg')
        return place.distil()
    return prepare

def _loop(path): path.symlink_to(path)
def _dangling(path): path.symlink_to('nowhere.jpg')
def _folder(path): (path/'inside').mkdir(parents=True)
def _link(path): path.symlink_to(sorted(path.parent.iterdir())[0])

def _bomb():
    "A PNG whose header promises 10 gigapixels."
    whole = bytearray(_bytes('PNG'))
    whole[16:24] = (100_000).to_bytes(4, 'big')*2
    return bytes(whole)

def _cut(format, keep): return lambda: _bytes(format)[:keep]

def _broken_chunk():
    whole = bytearray(_bytes('PNG'))
    whole[60] ^= 255
    return bytes(whole)

ODD = {
    'cmyk.jpg': _image('a.jpg', mode='CMYK'), 'grey.jpg': _image('a.jpg', mode='L'),
    'progressive.jpg': _image('a.jpg', progressive=True), 'palette.png': _image('a.png', mode='P'),
    'one bit.png': _image('a.png', mode='1'), 'grey and alpha.png': _image('a.png', mode='LA'),
    'alpha.png': _image('a.png', mode='RGBA'), 'palette.gif': _image('a.gif', mode='P'),
    'alpha.webp': _image('a.webp', mode='RGBA'), 'cmyk.tif': _image('a.tif', mode='CMYK'),
    'float.tif': _array('a.tif', np.linspace(0, 1, 1024, dtype='float32').reshape(32, 32)),
    '16 bits.png': _array('a.png', np.linspace(0, 65535, 1024).astype('uint16').reshape(32, 32)),
    '32 bits.tif': _array('a.tif', np.arange(1024, dtype='int32').reshape(32, 32)),
    'bmp': _image('a.bmp'), 'ppm': _image('a.ppm'), 'pgm': _image('a.pgm', mode='L'),
    'one pixel': _image('a.png', 1), 'tall': _image('a.png', (1, 500)), 'wide': _image('a.png', (500, 1)),
    'large': _image('a.jpg', 3000), 'animated.gif': _frames('a.gif'), 'animated.webp': _frames('a.webp'),
    'turned by its EXIF': _turned, 'JPEG named PNG': _with('a.png', _bytes),
    'upper case': _with('A.JPG', _bytes), 'jfif': _with('a.jfif', _bytes),
    'long name': _with('a'*240 + '.jpg', _bytes), 'name of any script': _with('猫 ё é 🐈.jpg', _bytes),
    'name with a quote and a newline': _with('a"\n\'.jpg', _bytes), 'name with a percent': _with('a%20%s{}.jpg',
        _bytes),
    'name that is not UTF-8': _with(os.fsdecode(b'a\xff.jpg'), _bytes),
    'link to an image': _special(_link), 'FIFO': _special(os.mkfifo), 'link to itself': _special(_loop),
    'dangling link': _special(_dangling), 'folder named like an image': _special(_folder),
    'AppleDouble': _with('._a.jpg', lambda: b'\0\5\26\7'), '.DS_Store': _with('.DS_Store', lambda: b'\0\0\0\1Bud1'),
    'Thumbs.db': _with('Thumbs.db', lambda: b'\xd0\xcf\x11\xe0'), 'notes': _with('notes.txt', lambda: b'mine'),
    'checkpoints of Jupyter': _with('.ipynb_checkpoints/a-checkpoint.png', lambda: b'')}

BROKEN = {
    'empty': _with('a.jpg', lambda: b''), 'cut JPEG': _with('a.jpg', _cut('JPEG', 500)),
    'cut PNG': _with('a.png', _cut('PNG', 500)), 'cut GIF': _with('a.gif', _cut('GIF', 300)),
    'header alone': _with('a.png', _cut('PNG', 33)), 'damaged chunk': _with('a.png', _broken_chunk),
    'text': _with('a.jpg', lambda: b'not an image'), 'web page': _with('a.jpg', lambda: b'<!DOCTYPE html><html>'),
    'zeros': _with('a.jpg', lambda: b'\0'*5000), 'decompression bomb': _with('a.png', _bomb),
    'pickle': _with('a.png', lambda: b'\x80\x04\x95'), 'HEIC': _with('a.heic', lambda: b'\0\0\0\x18ftypheic')}

# A hidden file is not an image; that Jupyter's folder is skipped shows in its empty file, which cannot be decoded.
CASES = [*(Case('images', name, prepare, 'works', check=holds_set()) for name, prepare in ODD.items()),
         *(Case('images', name, prepare, 'refused', ('a.',)) for name, prepare in BROKEN.items())]
