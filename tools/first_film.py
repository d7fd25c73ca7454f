"""Make the film of the landing page from the run that ships with the package: `python -m tools.first_film`.

Writes `nbs/images/first-run.webp`: the ten images evolving, without a background, for light and dark pages alike.
The last frame is in `first-run-still.webp` as well, for people who prefer reduced motion.
"""
import base64, json
from pathlib import Path
import numpy as np
from PIL import Image
from lgm_nb.views.exports import FILM
from lgm_nb.views.sheets import read_sheet
from lgm_nb.views.shelf import FIRST_RUN

OUT = Path(__file__).resolve().parents[1]/'nbs/images/first-run.webp'
COLUMNS, GAP = 5, 6 # images in a row; transparent pixels between them
MILLISECONDS, LAST = 130, 4000 # of a frame, and of the last one

def picture(pixels):
    "One frame, (N, S, S, 3) uint8, as a picture with transparent gaps."
    n, side = pixels.shape[:2]
    step, rows = side + GAP, -(-n//COLUMNS)
    canvas = np.zeros((rows*step - GAP, COLUMNS*step - GAP, 4), np.uint8)
    for i, tile in enumerate(pixels):
        top, left = i//COLUMNS*step, i%COLUMNS*step
        canvas[top:top+side, left:left+side, :3], canvas[top:top+side, left:left+side, 3] = tile, 255
    return Image.fromarray(canvas)

def main():
    sheets = json.loads((FIRST_RUN/FILM).read_text(encoding='utf-8'))['sheets']
    frames = [picture(read_sheet(dict(s, data=base64.b64decode(s['data'])))) for s in sheets]
    duration = [MILLISECONDS]*(len(frames) - 1) + [LAST]
    frames[0].save(OUT, save_all=True, append_images=frames[1:], duration=duration, loop=0, quality=62, method=6)
    frames[-1].save(OUT.with_stem(f'{OUT.stem}-still'), quality=62, method=6)
    print(f'{OUT.name}: {len(frames)} frames, {OUT.stat().st_size/1000:.0f} kB')

if __name__=='__main__': main()
