"""A planted shortcut on real photographs: worst-group accuracy against its strength, for several backbones.

    python -m benchmarks.shortcut [--steps 150] [--backbones NAME,NAME] [--keep FOLDER]
        [--out benchmarks/results/shortcut.json]

Backbones are the ImageNet-trained CNNs that are installed and the embedded networks. Cars and horses of the embedded
CIFAR-10 sample get two shortcuts: a coloured border, and a real background (photographs of ships or of deer behind the
middle of the image). A share p of each class shows its own; the test images have all groups in equal number. Prints
tables to standard error, writes one JSON file, and prints its contents as the last line. Finished points are kept.
"""
import argparse, json
from lgm_nb.backbones.open import open_backbone
from lgm_nb.data.open import open_dataset
from lgm_nb.method.settings import Settings
from lgm_nb.study.groups import Background, Border
from lgm_nb.study.shortcut_curve import shortcut_curve
from benchmarks.alignment import backbones_at_hand, write_result
from benchmarks.common import say

PAIR, PS = ['automobile', 'horse'], (.5, .8, 1.)

def shortcuts(data):
    "The two shortcuts."
    def images(name): return data.train.batch(data.train.rows_of(data.classes.index(name)), 32)
    return {'frame': Border(), 'background': Background([images('ship'), images('deer')], ['water', 'wood'])}

def main(steps=150, seeds=5, ps=PS, backbones=None, keep=None, out=None):
    "Run the benchmark; the returned dict is what is written and printed."
    data, curves = open_dataset('cifar10-mini'), {}
    nets = [open_backbone(n) for n in backbones.split(',')] if backbones else backbones_at_hand()
    for name, shortcut in shortcuts(data).items():
        curve = shortcut_curve(data, shortcut, nets, ps, PAIR, settings=Settings(steps=steps), seeds=seeds, cache=keep)
        say(curve)
        curves[name] = curve.as_dict()
    command = f'python -m benchmarks.shortcut --steps {steps}' + (f' --backbones {backbones}' if backbones else '')
    result = dict(command=command, steps=steps, seeds=seeds, curves=curves)
    if out: write_result(out, result)
    return result

def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--steps', type=int, default=150)
    p.add_argument('--seeds', type=int, default=5)
    p.add_argument('--backbones', default=None, help='separated by commas; all installed ones by default')
    p.add_argument('--keep', default=None, help='folder for finished points; the cache by default')
    p.add_argument('--out', default='benchmarks/results/shortcut.json', help='JSON file to write')
    return vars(p.parse_args())

if __name__=='__main__': print(json.dumps(main(**arguments()), ensure_ascii=False))
