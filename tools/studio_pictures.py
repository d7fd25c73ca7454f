"""Make the pictures of the studio for the README and the site: `python -m tools.studio_pictures`.

Starts a JupyterLab, distils cifar10-mini there, and photographs the output: `nbs/images/studio.png`, `studio-dark.png`,
`studio-narrow.png`, and the film `studio.gif`. Needs the extras `dev` and `lab`, and Debian's chromium.
"""
import io, shutil, tempfile
from pathlib import Path
from PIL import Image
from playwright.sync_api import sync_playwright
from tools.lab import ARGS, lab_server

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT/'nbs/images'
CELL = "from lgm_nb.all import *\nStudio('cifar10-mini', steps=300)"

def save(png, name):
    "Write a picture in 256 colours, which keeps it small."
    Image.open(io.BytesIO(png)).convert('RGB').quantize(256, dither=Image.Dither.NONE).save(OUT/name, optimize=True)

def main():
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as d, lab_server(Path(d)/'home', CELL) as (url, folder), sync_playwright() as p:
        browser = p.chromium.launch(executable_path=shutil.which('chromium'), args=ARGS)
        page = browser.new_page(viewport=dict(width=1180, height=900))
        page.goto(url)
        page.locator('.jp-Notebook .jp-InputArea-editor').first.wait_for(timeout=120_000)
        page.get_by_text('| Idle').first.wait_for(timeout=120_000)
        page.locator('.jp-Notebook .jp-InputArea-editor').first.click()
        page.keyboard.press('Control+Enter')
        go = page.locator('button.jupyter-button:has-text("Start")')
        go.wait_for(timeout=180_000)
        page.keyboard.press('Control+b') # the side bar would only take room
        out = page.locator('.jp-OutputArea-output').first
        go.click()
        shots, done = [], page.locator('.chip:has-text("Finished")')
        while not done.count() and len(shots) < 400:
            shots.append(Image.open(io.BytesIO(out.screenshot())).convert('RGB')); page.wait_for_timeout(150)
        done.wait_for(timeout=300_000)
        page.wait_for_timeout(1000)
        shots += [Image.open(io.BytesIO(out.screenshot())).convert('RGB')]
        page.locator('.tile').nth(8).click()
        page.locator('.detail h5:has-text("Nearest")').wait_for(timeout=60_000)
        page.wait_for_timeout(1200)
        save(out.screenshot(), 'studio.png')
        page.locator('button.jupyter-button:has-text("Save")').first.click()
        page.locator('button.jupyter-button:has-text("HTML")').click()
        page.locator('.widget-label:has-text("Wrote")').wait_for(timeout=120_000)
        for name, width, scheme in (('studio-dark.png', 980, 'dark'), ('studio-narrow.png', 320, 'light')):
            still = browser.new_page(viewport=dict(width=width, height=700), color_scheme=scheme)
            still.goto((folder/'runs/cifar10-mini.html').as_uri())
            still.locator('[data-lgm-player][data-ready]').wait_for()
            still.wait_for_timeout(800)
            save(still.screenshot(full_page=True), name)
        browser.close()
    film(shots)

def film(shots, most=44, width=760):
    "A GIF of the run, evenly thinned."
    keep = [shots[round(i*(len(shots) - 1)/(most - 1))] for i in range(most)] if len(shots) > most else shots
    height = min(s.height for s in keep)
    small = [s.crop((0, 0, s.width, height)).resize((width, height*width//keep[0].width), Image.LANCZOS) for s in keep]
    palette = small[-1].quantize(96)
    small = [s.quantize(palette=palette, dither=Image.Dither.NONE) for s in small]
    small[0].save(OUT/'studio.gif', save_all=True, append_images=small[1:], loop=0, duration=[140]*(len(small) - 1) + [3000], optimize=True)

if __name__=='__main__': main()
