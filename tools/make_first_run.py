"""Make the finished run that a studio opens with: `nice python -m tools.make_first_run [STEPS]`.

Distils caltech10-mini for the three backbones of `lgm-demo` in a `StudioRun`, as the studio would, and writes into
`lgm_nb/views/samples/first-run/`: `film.json` (animation, curves, settings and closer looks, as a page holds them),
`card.json`, and the images as PNG. Takes about half an hour in one thread. Needs the extra `demo`.
"""
import asyncio, io, json, shutil, sys
import torch
from PIL import Image
from lgm_nb.backbones.open import open_backbone
from lgm_nb.core.show import image_grid
from lgm_nb.data.open import open_dataset
from lgm_nb.method.run_folder import image_names
from lgm_nb.method.settings import Settings
from lgm_nb.views.exports import FILM, page_facts
from lgm_nb.views.sheets import embed, lay_out, page_json
from lgm_nb.views.shelf import FIRST_RUN
from lgm_nb.views.studio_run import StudioRun

SOURCES = ['efficientnet-lite0', 'tiny-simclr-resnet', 'tiny-dino-resnet']
PROBED = [*SOURCES, 'efficientnet-lite2', 'tiny-vicreg-resnet']
STEPS, FRAMES = 800, 40 # of the run; frames that are kept

def sheet(pixels, quality):
    "One frame as a WebP of this quality; a page's own is too large for so many pixels that look like noise."
    file, columns = io.BytesIO(), 4
    Image.fromarray(lay_out(pixels, columns)).save(file, 'webp', quality=quality, method=6)
    return dict(mime='image/webp', columns=columns, side=pixels.shape[1], count=len(pixels), data=file.getvalue())

def chosen(frames):
    "Facts of the frames that are kept: close together while much changes, the last in better quality."
    last = len(frames) - 1
    kept = [frames[i] for i in sorted({round(last*(k/(FRAMES - 1))**1.6) for k in range(FRAMES)})]
    sheets = [embed(dict(sheet(p, 85 if step==kept[-1][0] else 60), id=k)) for k, (step, _, p) in enumerate(kept)]
    return dict(sheets=sheets, frames=[dict(step=s, levels=l, sheet=k) for k, (s, l, _) in enumerate(kept)],
        kept=f'{len(kept)} of the {frames[-1][0]} steps, more of them early')

def write(facts, made):
    "Write the run: its facts, and the set as PNGs and card."
    shutil.rmtree(FIRST_RUN, ignore_errors=True)
    (FIRST_RUN/'images').mkdir(parents=True)
    (FIRST_RUN/FILM).write_text(page_json(facts), encoding='utf-8')
    (FIRST_RUN/'card.json').write_text(json.dumps(made.card, ensure_ascii=False, indent=1) + '\n', encoding='utf-8')
    for image, name in zip(made.images, image_names(made.labels, made.classes)):
        image_grid(image[None]).save(FIRST_RUN/name, optimize=True)

async def run(steps):
    "Distil and measure; returns the run."
    nets = [open_backbone(name) for name in PROBED]
    it = StudioRun(open_dataset('caltech10-mini'), nets, Settings(steps=steps), distil_with=SOURCES)
    it.start()
    while it.state not in ('finished', 'failed'):
        await asyncio.sleep(20)
        print(f'{it.state}: step {it.step} of {steps}', flush=True)
    if it.error: raise it.error
    return it

def main(steps=STEPS):
    torch.set_num_threads(1)
    it = asyncio.run(run(steps))
    frames = [(f['step'], f['levels'], it.history.pixels(f)) for f in it.history.frames]
    write(page_facts(it) | chosen(frames), it.distilled())
    print(it.about()['words'])

if __name__=='__main__': main(*map(int, sys.argv[1:]))
