"""Make the pictures of the studio for the README and the site: `python -m tools.studio_pictures`.

Opens JupyterLab, runs the README's cell, presses Start and films the run: `nbs/images/studio.gif`.
The last frame is in `studio-still.png` as well, for people who prefer reduced motion.
At its end the closer look at one class is photographed: `studio.png`, in the dark theme `studio-dark.png`,
and in a narrow window `studio-narrow.png`.
Needs the extras `dev` and `lab`, and Debian's chromium.
"""
import io, os, re, shutil, tempfile, time
from pathlib import Path
from PIL import Image
from playwright.sync_api import sync_playwright
from lgm_nb.core.show import PALETTE
from tools.lab import ARGS, lab_server, menu

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT/'nbs/images'
CELL = 'from lgm_nb.all import *\nStudio()'

def save(png, name):
    "Write a picture in 256 colours, which keeps it small."
    Image.open(io.BytesIO(png)).convert('RGB').quantize(256, dither=Image.Dither.NONE).save(OUT/name, optimize=True)

def film(shots, width=880, colours=128):
    "Write a GIF in one palette, that of the last picture and of the charts: what stands still then costs nothing."
    small = [s.resize((width, s.height*width//s.width), Image.LANCZOS) for s in shots]
    seen = Image.new('RGB', (width, small[-1].height + 12*len(PALETTE)))
    seen.paste(small[-1])
    for i, colour in enumerate(PALETTE.values()):
        top = small[-1].height + 12*i
        seen.paste(colour, (0, top, width, top + 12))
    palette = seen.quantize(colours)
    small = [s.quantize(palette=palette, dither=Image.Dither.NONE) for s in small]
    duration = [900, 500] + [140]*(len(small) - 3) + [3500]
    small[0].save(OUT/'studio.gif', save_all=True, append_images=small[1:], loop=0, duration=duration, optimize=True)
    small[-1].save(OUT/'studio-still.png', optimize=True)

def live(page, frames, seconds=900):
    "Press Start, and take a picture after each share of the steps, and one at the end."
    shots = [page.screenshot()]
    start = page.locator('button.jupyter-button', has_text=re.compile(r'^\s*Start\s*$')).first
    start.hover()
    shots.append(page.screenshot())
    start.click()
    page.mouse.move(5, 5)
    due, end = 0., time.monotonic() + seconds
    while (state := page.locator('.chip:visible').first.inner_text()) != 'Finished':
        assert time.monotonic() < end and state != 'Failed', f'the studio says {state} after {seconds} s at most'
        told = re.search(r'step (\d+) of (\d+)', page.locator('.numbers:visible').first.inner_text())
        if told and int(told[1])/int(told[2]) >= due and state=='Running':
            due = (len(shots) - 1)/frames
            shots.append(page.screenshot())
        page.wait_for_timeout(30)
    page.wait_for_timeout(800)
    return [Image.open(io.BytesIO(s)).convert('RGB') for s in (*shots, page.screenshot())]

def main(frames=40):
    OUT.mkdir(exist_ok=True)
    os.environ['PYTHONPATH'] = str(ROOT) # the kernel takes the library from here
    with tempfile.TemporaryDirectory() as d, lab_server(Path(d)/'home', CELL) as (address, _), sync_playwright() as p:
        browser = p.chromium.launch(executable_path=shutil.which('chromium'), args=ARGS)
        page = browser.new_page(viewport=dict(width=1300, height=860), color_scheme='light')
        page.set_default_timeout(180_000)
        page.goto(address)
        page.get_by_text('| Idle').first.wait_for()
        page.keyboard.press('Control+b') # the list of files
        menu(page, 'Run', 'Run All Cells')
        page.locator('.tile:visible').first.wait_for()
        page.locator('.jp-Notebook-footer').evaluate_all('all => all.forEach(e => e.remove())')
        page.wait_for_timeout(1500)
        film(live(page, frames))
        page.locator('.tile:visible').nth(8).click()
        page.locator('.detail:visible').get_by_role('heading', name='Nearest real images').wait_for()
        def photograph(name, width, height):
            page.set_viewport_size(dict(width=width, height=height))
            page.wait_for_timeout(1500)
            page.locator('.lgm header:visible').first.scroll_into_view_if_needed()
            page.wait_for_timeout(400)
            save(page.screenshot(), name)
        photograph('studio.png', 1300, 1420)
        menu(page, 'Settings', 'Theme', 'JupyterLab Dark')
        photograph('studio-dark.png', 1300, 1420)
        menu(page, 'Settings', 'Theme', 'JupyterLab Light')
        page.keyboard.press('Escape')
        photograph('studio-narrow.png', 460, 1500)
        browser.close()

if __name__=='__main__': main()
