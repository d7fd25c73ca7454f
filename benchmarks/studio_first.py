"""How long does the first minute of the studio take, in JupyterLab?

    python -m benchmarks.studio_first [--rounds 3] [--save benchmarks/results/studio_first.json]

Each round begins with a JupyterLab of its own, in Chromium, and an empty cache. `screen`: from Run until a notebook
whose only cell is `Studio()` shows the finished run that ships, `moving`: until its images have changed twice. Then the
film plays to its end. `frame`: from the click on Start until an image changes, in the browser; `step`: until it shows
a step of the run. All in seconds.
Needs playwright, jupyterlab and chromium. Prints one JSON object as the last line.
"""
import os, shutil, sys, tempfile, time
from importlib.util import find_spec
from pathlib import Path
from benchmarks.common import add_numbers, parser, run as run_benchmark, say
from tools.lab import ARGS, lab_server, menu

CELL = 'from lgm_nb.all import *\nStudio()'
INSIDE = """
  const seen = e => e?.checkVisibility();
  const parts = what => [...document.querySelectorAll('[data-ready]')].filter(seen)
    .flatMap(host => [...host.shadowRoot.querySelectorAll(what)].filter(seen));
  const picture = () => {
    const tile = parts('.tile canvas')[0];
    const drawn = tile?.getContext('2d').getImageData(tile.width/2, tile.height/2, 1, 1).data[3];
    return drawn ? tile.toDataURL() : null;
  };
"""
CHANGES = "n => {" + INSIDE + """
  let last = picture(), changes = 0;
  return new Promise(done => {
    const look = () => {
      const now = picture();
      if (now && now !== last) { changes += 1; last = now; }
      if (changes >= n) done(); else requestAnimationFrame(look);
    };
    look();
  });
}"""
AT_REST = "() => {" + INSIDE + """
  let last = picture(), since = performance.now();
  return new Promise(done => {
    const look = () => {
      const now = picture();
      if (now !== last) { last = now; since = performance.now(); }
      if (performance.now() - since > 2000) done(); else setTimeout(look, 50);
    };
    look();
  });
}"""
START = "() => {" + INSIDE + """
  const start = [...document.querySelectorAll('button.jupyter-button')].find(b => b.innerText.trim() === 'Start');
  const before = picture(), begun = performance.now(), took = {};
  const seconds = () => (performance.now() - begun)/1000;
  start.click();
  return new Promise(done => {
    const look = () => {
      const now = picture();
      if (!took.frame && now && now !== before) took.frame = seconds();
      if (took.frame && parts('.numbers').some(n => /step [1-9]/.test(n.innerText))) took.step = seconds();
      if (took.step) done(took); else requestAnimationFrame(look);
    };
    look();
  });
}"""

def first_minute(browser, folder):
    "The seconds of one round."
    os.environ['LGM_NB_CACHE'] = str(folder/'cache')
    with lab_server(folder/'home', CELL) as (url, _):
        page = browser.new_page(viewport=dict(width=1280, height=1000))
        page.set_default_timeout(180_000)
        page.goto(url)
        page.get_by_text('| Idle').first.wait_for()
        begun = time.perf_counter()
        menu(page, 'Run', 'Run All Cells')
        page.locator('.words:visible', has_text='10 distilled images reach').wait_for()
        took = dict(screen=time.perf_counter() - begun)
        page.evaluate(CHANGES, 2)
        took['moving'] = time.perf_counter() - begun
        page.evaluate(AT_REST)
        took |= page.evaluate(START)
        page.locator('button.jupyter-button', has_text='Stop').click()
        page.locator('.chip:visible', has_text='Stopped').wait_for()
        page.close()
        time.sleep(1) # the server notices that the page is closed
    return {name: round(seconds, 2) for name, seconds in took.items()}

def main(rounds):
    there = {name: find_spec(name) for name in ('playwright', 'jupyterlab')} | dict(chromium=shutil.which('chromium'))
    missing = [name for name, place in there.items() if not place]
    if missing: sys.exit(f'cannot run: {", ".join(missing)} is not installed')
    from playwright.sync_api import sync_playwright
    found = []
    with sync_playwright() as p, p.chromium.launch(executable_path=shutil.which('chromium'), args=ARGS) as browser:
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as folder: found.append(first_minute(browser, Path(folder)))
            say(found[-1])
    return dict(benchmark='studio_first', rounds=found, longest={k: max(r[k] for r in found) for k in found[0]})

if __name__=='__main__':
    p = parser(__doc__)
    add_numbers(p, rounds=3)
    run_benchmark(main, p)
