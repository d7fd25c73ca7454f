"The studio in other places than JupyterLab: Jupyter Notebook 7 and marimo. `make slow-tests` installs both."
import contextlib, os, subprocess, sys, time, urllib.request
import pytest
from tools.lab import free_port, write_notebook

pytestmark = pytest.mark.slow
CELL = """from lgm_nb import Studio, open_dataset
studio = Studio(open_dataset('cifar10-mini').subset(per_class=40), 'TINY', steps=40)
studio"""
APP = """import marimo
app = marimo.App(width='full')
@app.cell
def _():
    import marimo as mo
    CELL
    return
if __name__=='__main__': app.run()
"""
INSIDE = """what => {
  const look = root => [...root.querySelectorAll('*')].flatMap(e =>
    [...e.matches(what) ? [e] : [], ...e.shadowRoot ? look(e.shadowRoot) : []]);
  return look(document).map(e => e.innerText);
}""" # text of elements, those in shadow roots too

def answers(url):
    try: return urllib.request.urlopen(url, timeout=10).close() is None
    except OSError: return False

@contextlib.contextmanager
def served(folder, *command):
    "The address of a server that is started here."
    port, env = free_port(), dict(os.environ, OMP_NUM_THREADS='1')
    command = [c.replace('PORT', str(port)) for c in command]
    with open(folder/'log', 'w') as log:
        server = subprocess.Popen([sys.executable, '-m', *command], cwd=folder, stdout=log, stderr=log, env=env)
    url, end = f'http://127.0.0.1:{port}', time.monotonic() + 90
    try:
        while not answers(url):
            assert server.poll() is None and time.monotonic() < end, (folder/'log').read_text()
            time.sleep(.2)
        yield url
    finally:
        server.terminate()
        server.wait(30)

def until(page, true, seconds=120):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, page.evaluate(INSIDE, '.state')
        page.wait_for_timeout(200)

def check_run(page, picture):
    "A start gives frames and a finished run; its accuracy is there."
    until(page, lambda: any('Finished' in text for text in page.evaluate(INSIDE, '.state')))
    page.screenshot(path=picture, full_page=True)
    assert any('10 distilled images reach' in text for text in page.evaluate(INSIDE, 'p, h3, h4, div.words, .words'))
    assert len(page.evaluate(INSIDE, '.tile canvas'))==10 and len(page.evaluate(INSIDE, 'svg.map'))==1

def test_notebook_7(browser, tiny, tmp_path):
    pytest.importorskip('notebook', reason='pip install notebook for this test')
    write_notebook(tmp_path, 'a', CELL.replace('TINY', tiny))
    options = ('--no-browser', '--allow-root', '--port=PORT', '--IdentityProvider.token=', '--ServerApp.port_retries=0')
    with served(tmp_path, 'notebook', *options, f'--ServerApp.root_dir={tmp_path}') as url:
        page = browser.new_page(viewport=dict(width=1400, height=1000))
        page.goto(f'{url}/notebooks/a.ipynb')
        page.locator('.jp-Notebook .jp-Cell .cm-content').first.click(timeout=90_000)
        page.keyboard.press('Shift+Enter')
        page.locator('button.jupyter-button', has_text='Start').first.click(timeout=120_000)
        check_run(page, tmp_path/'notebook.png')
        page.close()

@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_marimo(browser, tiny, tmp_path, scheme):
    "With its own buttons, and in its colours."
    pytest.importorskip('marimo', reason='pip install marimo for this test')
    cell = CELL.replace('TINY', tiny).replace('\n', '\n    ')
    (tmp_path/'app.py').write_text(APP.replace('CELL', cell))
    (tmp_path/'pyproject.toml').write_text(f'[tool.marimo.display]\ntheme = "{scheme}"\n')
    with served(tmp_path, 'marimo', 'run', 'app.py', '--headless', '--port', 'PORT', '--no-token') as url:
        page = browser.new_page(viewport=dict(width=1400, height=1000), color_scheme=scheme)
        page.goto(url)
        until(page, lambda: page.evaluate(INSIDE, '.numbers'))
        assert page.evaluate(INSIDE, 'button')[:3]==['Start', 'Pause', 'Stop']
        page.get_by_text('Start', exact=True).first.click()
        check_run(page, tmp_path/'marimo.png')
        themes = page.evaluate(INSIDE.replace('e.innerText', 'e.dataset.theme'), '[data-theme]')
        assert scheme in themes, themes
        page.close()
