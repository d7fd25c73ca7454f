"""Make `lgm_nb/data/samples/caltech10-mini-*.jpg` and its card from Caltech-101.

    python -m tools.make_caltech10_mini PATH

PATH is the folder `101_ObjectCategories`. The rule: for each class in turn, `torch.randperm` with one generator seeded
by 0 orders its files, sorted by name; a photograph that repeats an earlier one, mirrored or not, is passed over; the
first 20 are the test images, the next 40 the training images. Squares from the centre, at 112 px, are stored as JPEG;
a side of 112 is a multiple of 16, so that no block of a JPEG lies in two images. The card holds the settings, the
names of all files and the hashes of the pixels as they are read.
"""
import hashlib, json, sys
from pathlib import Path
import numpy as np, PIL, torch
from PIL import Image, features

CLASSES = dict(airplane='airplanes', butterfly='butterfly', dalmatian='dalmatian', flamingo='flamingo',
    grand_piano='grand_piano', motorbike='Motorbikes', soccer_ball='soccer_ball', starfish='starfish',
    sunflower='sunflower', watch='watch') # name → folder
TEST, TRAIN, SIDE, COLUMNS, QUALITY = 20, 40, 112, 20, 85
SAME = .96 # correlation of small grey copies above which two photographs count as one

def read_square(file):
    "The square at the centre of a photograph, at `SIDE` pixels."
    image = Image.open(file).convert('RGB')
    side, (w, h) = min(image.size), image.size
    left, top = (w - side)//2, (h - side)//2
    return image.resize((SIDE, SIDE), Image.Resampling.LANCZOS, (left, top, left + side, top + side))

def _print(image):
    "A small grey copy with mean 0 and length 1, and its mirror image."
    grey = np.asarray(image.convert('L').resize((16, 16), Image.Resampling.BOX), dtype=np.float64)
    grey -= grey.mean()
    grey /= np.linalg.norm(grey) + 1e-9
    return grey.ravel(), grey[:, ::-1].ravel()

def choose(files, generator):
    "Choose `TEST + TRAIN` photographs, none twice; returns (file, image) pairs."
    kept, prints = [], []
    for k in torch.randperm(len(files), generator=generator).tolist():
        image = read_square(files[k])
        plain, mirrored = _print(image)
        if any(max(plain @ p, mirrored @ p) > SAME for p in prints): continue
        kept.append((files[k], image))
        prints.append(plain)
        if len(kept)==TEST + TRAIN: return kept
    raise SystemExit(f'{files[0].parent}: only {len(kept)} different photographs; {TEST + TRAIN} are needed')

def write_sheet(images, file):
    "Write one picture of all images, `COLUMNS` in a row; returns the hash of the pixels as they are read."
    a = np.stack([np.asarray(i) for i in images])
    rows = len(a)//COLUMNS
    sheet = a.reshape(rows, COLUMNS, SIDE, SIDE, 3).transpose(0, 2, 1, 3, 4).reshape(rows*SIDE, COLUMNS*SIDE, 3)
    Image.fromarray(sheet).save(file, quality=QUALITY, subsampling=2, optimize=True, progressive=True)
    read = np.asarray(Image.open(file)).reshape(rows, SIDE, COLUMNS, SIDE, 3).transpose(0, 2, 1, 3, 4)
    return hashlib.sha256(np.ascontiguousarray(read).tobytes()).hexdigest()

def main(path, out=Path(__file__).resolve().parents[1]/'lgm_nb'/'data'/'samples'):
    generator, splits = torch.Generator().manual_seed(0), dict(train=[], test=[])
    for folder in CLASSES.values():
        chosen = choose(sorted((Path(path)/folder).glob('*.jpg')), generator)
        splits['test'] += chosen[:TEST]
        splits['train'] += chosen[TEST:]
    card = dict(name='caltech10-mini', classes=[c.replace('_', ' ') for c in CLASSES], image_size=SIDE,
        columns=COLUMNS, suffix='jpg', splits={},
        origin='Ten classes of Caltech-101 (Fei-Fei Li, Marco Andreeto, Marc’Aurelio Ranzato and Pietro Perona, '
               'California Institute of Technology, 2022, https://doi.org/10.22002/D1.20086), squares cut from the '
               'centre and scaled to 112 px',
        licence='Caltech-101 is published under CC BY 4.0, https://creativecommons.org/licenses/by/4.0; '
                'this selection is under the same licence',
        rule=__doc__.split('The rule: ')[1].split(' Squares')[0].replace('\n', ' '),
        made=dict(quality=QUALITY, subsampling='4:2:0', progressive=True, same=SAME, torch_seed=0,
            pillow=PIL.__version__, libjpeg_turbo=features.version('libjpeg_turbo')))
    for split, chosen in splits.items():
        per_class = len(chosen)//len(CLASSES)
        sha256 = write_sheet([image for _, image in chosen], out/f'caltech10-mini-{split}.jpg')
        files = [f'{file.parent.name}/{file.name}' for file, _ in chosen]
        card['splits'][split] = dict(per_class=per_class, files=files, sha256=sha256)
    (out/'caltech10-mini.json').write_text(json.dumps(card, ensure_ascii=False) + '\n', encoding='utf-8')

if __name__=='__main__': main(sys.argv[1])
