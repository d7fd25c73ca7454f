"""Make the picture at the top of the README from the demo's run: `make demo && python tools/demo_pictures.py`.

Every second frame of `runs/demo/evolution.gif`, at two thirds of the size, in 64 colours.
"""
from pathlib import Path
from PIL import Image, ImageSequence

ROOT = Path(__file__).resolve().parents[1]

def main():
    film = Image.open(ROOT/'runs/demo/evolution.gif')
    frames = [f.convert('RGB') for f in ImageSequence.Iterator(film)][1::2]
    small = [f.resize((f.width*2//3, f.height*2//3), Image.LANCZOS).quantize(64, dither=Image.Dither.NONE) for f in frames]
    (ROOT/'nbs/images').mkdir(exist_ok=True)
    small[0].save(ROOT/'nbs/images/evolution.gif', save_all=True, append_images=small[1:], loop=0, duration=[200]*(len(small) - 1) + [2500])

if __name__=='__main__': main()
