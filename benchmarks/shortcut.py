"""A planted shortcut on real photographs: worst-group accuracy against its strength, for ImageNet-trained CNNs and the embedded backbones.

    python -m benchmarks.shortcut [--steps 150] [--backbones NAME,NAME] [--keep FOLDER] [--out benchmarks/results/shortcut.json]

Cars and horses of the embedded CIFAR-10 sample, with two shortcuts: a coloured frame, and a real background (photographs of ships or
of deer behind the middle of the image). A share p of each class shows its own; the test images have all groups in equal number.
Prints tables to standard error, writes one JSON file, and prints its contents as the last line. Finished points are kept.
"""
import argparse, json, sys
from pathlib import Path
from lgm_nb.backbones.open import open_backbone
from lgm_nb.data.open import open_dataset
from lgm_nb.method.settings import Settings
from lgm_nb.study.groups import Background, Border, shortcut_curve
from benchmarks.alignment import backbones_at_hand

PAIR, PS = ['automobile', 'horse'], (.5, .8, 1.)

def shortcuts(data):
    "The two shortcuts."
    at = lambda name: data.train.batch(data.train.rows_of(data.classes.index(name)), 32)
    return {'frame': Border(), 'background': Background([at('ship'), at('deer')], ['water', 'wood'])}

def main(steps=150, seeds=5, ps=PS, backbones=None, keep=None, out=None):
    "Run the benchmark; the returned dict is what is written and printed."
    data, nets, curves = open_dataset('cifar10-mini'), [open_backbone(n) for n in backbones.split(',')] if backbones else backbones_at_hand(), {}
    for name, shortcut in shortcuts(data).items():
        curve = shortcut_curve(data, shortcut, nets, ps, PAIR, ('distilled', 'full'), settings=Settings(steps=steps), seeds=seeds, folder=keep)
        print(curve, file=sys.stderr, flush=True)
        curves[name] = curve.as_dict()
    result = dict(command=f'python -m benchmarks.shortcut --steps {steps}' + (f' --backbones {backbones}' if backbones else ''), steps=steps, seeds=seeds, curves=curves)
    if out: Path(out).parent.mkdir(parents=True, exist_ok=True); Path(out).write_text(json.dumps(result, ensure_ascii=False)+'\n')
    return result

if __name__=='__main__':
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--steps', type=int, default=150); p.add_argument('--seeds', type=int, default=5)
    p.add_argument('--backbones', default=None, help='separated by commas; all at hand by default')
    p.add_argument('--keep', default=None, help='folder for finished points; the cache by default'); p.add_argument('--out', default='benchmarks/results/shortcut.json', help='JSON file to write')
    print(json.dumps(main(**vars(p.parse_args())), ensure_ascii=False))
