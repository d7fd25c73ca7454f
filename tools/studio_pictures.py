"""Make the pictures of the studio for the README and the site: `python -m tools.studio_pictures`.

Distils cifar10-mini, exports the page that plays without a kernel, and photographs it: `nbs/images/studio.png`,
`studio-dark.png`, `studio-narrow.png`, and the film `studio.gif`. Needs the extra `dev` and Debian's chromium.
"""
import asyncio, io, shutil, tempfile
from pathlib import Path
from PIL import Image
from playwright.sync_api import sync_playwright
from lgm_nb.studio import Studio
from tools.lab import ARGS

OUT = Path(__file__).resolve().parents[1]/'nbs/images'

def export(folder, steps=200):
    "Distil, and write the page."
    async def run():
        studio = Studio(steps=steps)
        studio.start(); await studio.wait()
        return studio
    return asyncio.run(run()).export('html', folder)

def save(png, name):
    "Write a picture in 256 colours, which keeps it small."
    Image.open(io.BytesIO(png)).convert('RGB').quantize(256, dither=Image.Dither.NONE).save(OUT/name, optimize=True)

def film(shots, width=760):
    "A GIF of the run."
    small = [s.resize((width, s.height*width//s.width), Image.LANCZOS) for s in shots]
    palette = small[-1].quantize(96)
    small = [s.quantize(palette=palette, dither=Image.Dither.NONE) for s in small]
    small[0].save(OUT/'studio.gif', save_all=True, append_images=small[1:], loop=0, duration=[140]*(len(small) - 1) + [3000], optimize=True)

def main(frames=36):
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as d, sync_playwright() as p:
        # the event loop of playwright is this thread's, so the run gets a thread of its own
        from concurrent.futures import ThreadPoolExecutor
        address = ThreadPoolExecutor(1).submit(export, Path(d)/'cifar10-mini').result().as_uri()
        browser = p.chromium.launch(executable_path=shutil.which('chromium'), args=ARGS)
        def open_page(width, scheme):
            page = browser.new_page(viewport=dict(width=width, height=560), color_scheme=scheme)
            page.goto(address)
            page.locator('[data-lgm-player][data-ready]').wait_for()
            page.wait_for_timeout(800)
            return page
        page = open_page(1060, 'light')
        slider, shots = page.get_by_role('slider', name='Step of the run'), []
        last = int(slider.get_attribute('max'))
        for i in range(frames):
            slider.fill(str(round(i*last/(frames - 1)))); page.wait_for_timeout(120)
            shots.append(Image.open(io.BytesIO(page.screenshot())).convert('RGB'))
        film(shots)
        page.locator('.tile').nth(8).click(); page.wait_for_timeout(900)
        save(page.screenshot(full_page=True), 'studio.png')
        save(open_page(1060, 'dark').screenshot(full_page=True), 'studio-dark.png')
        save(open_page(320, 'light').screenshot(full_page=True), 'studio-narrow.png')
        browser.close()

if __name__=='__main__': main()
