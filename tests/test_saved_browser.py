"A notebook that is saved in JupyterLab shows its views without their kernel, and never twice."
import json, shutil, time
import pytest
from conftest import needs
from tools.lab import lab_server, menu, write_notebook

playwright = pytest.importorskip('playwright.sync_api', reason='playwright is not installed (extra: dev)')
needs('jupyterlab', 'lab')
if not shutil.which('chromium'): pytest.skip('no chromium on this machine', allow_module_level=True)

CELL = """from lgm_nb.all import *
studio = Studio()
studio"""
OWN = """from lgm_nb.all import *
studio = Studio(open_dataset('cifar10-mini').subset(['airplane', 'cat'], per_class=20), 'TINY', steps=6, views=1)
studio"""
VIEWS = "[data-lgm-player][data-ready], .lgm-studio" # a still view that plays, or a studio
TILES = """() => [...document.querySelectorAll('[data-ready]')].flatMap(host =>
    [...host.shadowRoot.querySelectorAll('.tile canvas')]).map(c => c.toDataURL()).join()"""

def open_notebook(browser, url):
    "Open a notebook in a workspace as it is at the first time."
    page = browser.new_page(viewport=dict(width=1000, height=1000))
    page.set_default_timeout(90_000)
    page.goto(f'{url}&reset')
    page.locator('.jp-Notebook .jp-Cell').first.wait_for()
    page.get_by_text('| Idle').first.wait_for() # a server cannot end while a kernel starts
    return page

def close(page):
    "Close a page, and let its server notice: it cannot end while it connects a page with a kernel."
    page.wait_for_timeout(1000)
    page.close()
    time.sleep(1)

def run_and_save(browser, url, before_saving=lambda page: None):
    "Run the cell, watch that its view is never there twice, and save."
    page = open_notebook(browser, url)
    page.evaluate("""what => {
      window.most = 0;
      const look = () => {
        const shown = [...document.querySelectorAll(what)].filter(e => e.checkVisibility());
        window.most = Math.max(window.most, shown.length);
        requestAnimationFrame(look);
      };
      look();
    }""", VIEWS)
    menu(page, 'Run', 'Run All Cells')
    page.locator('.tile:visible').first.wait_for(timeout=180_000)
    before_saving(page)
    page.wait_for_timeout(2500) # longer than a still view waits for a live one
    assert page.evaluate('most')==1 and page.locator('.jp-OutputArea-child:visible').count()==1
    menu(page, 'File', 'Save Notebook')
    close(page)

def check_film(page, title):
    "One view, without an error, that moves."
    page.locator('[data-lgm-player][data-ready]').wait_for()
    page.get_by_role('heading', name=title).wait_for()
    assert page.locator(VIEWS).count()==1
    assert not page.get_by_text('Error displaying widget').filter(visible=True).count()
    assert page.locator('.jp-OutputArea-child:visible').count()==1
    seen, end = set(), time.monotonic() + 90
    while len(seen) < 2:
        assert time.monotonic() < end, 'the slider does not change the pictures'
        for key in ('Home', 'End'):
            page.get_by_role('slider').press(key)
            page.wait_for_timeout(200) # drawn a moment later
            seen.add(page.evaluate(TILES))

def distrust(notebook):
    "Change a notebook outside JupyterLab, which then runs no script of its outputs."
    nb = json.loads(notebook.read_text(encoding='utf-8'))
    nb['cells'][0]['source'] = ['studio']
    notebook.write_text(json.dumps(nb), encoding='utf-8')

def run_it(page):
    "Press Start, and wait for the end. The cell is not executed again after the run."
    page.locator('button.jupyter-button', has_text='Start').first.click()
    page.locator('.chip:visible', has_text='Finished').wait_for(timeout=180_000)

def test_a_saved_studio_plays(browser, tmp_path, tiny):
    "Saved as it opens and after a run, opened by another server; as somebody else's, it shows its last images."
    home = tmp_path/'home'
    with lab_server(home, CELL) as (url, folder):
        run_and_save(browser, url)
        write_notebook(folder, 'b', OWN.replace('TINY', tiny))
        run_and_save(browser, url.replace('a.ipynb', 'b.ipynb'), run_it)
    with lab_server(home, None) as (url, folder):
        page = open_notebook(browser, url.replace('a.ipynb', 'b.ipynb'))
        check_film(page, 'cifar10-mini')
        assert page.locator('.words', has_text='2 distilled images reach').is_visible()
        close(page)
        page = open_notebook(browser, url)
        check_film(page, 'caltech10-mini in 10 images')
        close(page)
        distrust(folder/'a.ipynb')
        page = open_notebook(browser, url)
        page.locator('.jp-OutputArea img[alt^="caltech10-mini"]').wait_for()
        assert page.locator(VIEWS).count()==0 and not page.get_by_text('Error displaying widget').count()
        close(page)
