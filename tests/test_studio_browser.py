"The studio in a real JupyterLab, and its page from a file, in Chromium."
import re, shutil, threading, time
import pytest
from conftest import needs
from tools.lab import lab_server, menu, write_notebook

CHROMIUM = shutil.which('chromium')
psutil = pytest.importorskip('psutil', reason='psutil is not installed (ipykernel brings it)')
playwright = pytest.importorskip('playwright.sync_api', reason='playwright is not installed (extra: dev)')
needs('jupyterlab', 'lab')
if not CHROMIUM: pytest.skip('no chromium on this machine', allow_module_level=True)

CELL = """from lgm_nb.all import *
data = open_dataset('cifar10-mini').subset(per_class=20)
studio = Studio(data, 'TINY', steps=100)
studio"""
NAME = 'cifar10-mini-20-per-class' # of the files that the studio saves
# JupyterLab's own words, not ours
NOISE = ['favicon', 'ResizeObserver loop', 'The Content Security Policy',
    'Notebook a.ipynb is not trusted', 'Notebook b.ipynb is not trusted']

@pytest.fixture(autouse=True)
def bounded(seconds=600):
    "Kill the browser of a test that hangs where no timeout of Playwright reaches; the call that waits then fails."
    def end():
        print(f'The test took more than {seconds} s: its browser is killed.')
        for p in psutil.Process().children(recursive=True):
            if 'chrom' in p.name(): p.kill()
    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    yield
    timer.cancel()

LOCAL = re.compile(r'(?:https?|wss?)://127\.0\.0\.1[:/]|data:|blob:|file:')

def watched(browser, **kwargs):
    "A page, with what went wrong on it."
    page, wrong = browser.new_page(**kwargs), []
    def console(message):
        noise = any(n in message.text for n in NOISE)
        if message.type=='error' and not noise: wrong.append(message.text)
    def request(asked):
        if not LOCAL.match(asked.url): wrong.append(asked.url)
    page.on('console', console)
    page.on('pageerror', lambda e: wrong.append(str(e)))
    page.on('request', request)
    return page, wrong

@pytest.fixture(scope='module')
def lab(tmp_path_factory, tiny):
    with lab_server(tmp_path_factory.mktemp('lab')/'home', CELL.replace('TINY', tiny)) as it: yield it

def button(page, text):
    "A button of ipywidgets; its icon is part of its accessible name, so it is found by its text."
    return page.locator('button.jupyter-button', has_text=re.compile(rf'^\s*{text}\s*$')).first

def step(page): return int(re.search(r'step (\d+)', page.locator('.numbers').inner_text())[1])

ROOT = "document.querySelector('.jp-OutputArea-output [data-ready]')?.shadowRoot"

def picture(page):
    "The pixels of all tiles."
    return page.evaluate(f"() => [...({ROOT}.querySelectorAll('.tile canvas') ?? [])].map(c => c.toDataURL()).join()")

def heading(page, text): return page.locator('.detail').get_by_role('heading', name=text)

def until(page, true, seconds=120):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f'waited {seconds} s in vain; the page says {says(page)}'
        page.wait_for_timeout(100)

def says(page):
    "What the studio and the cell say, for the message of a test that waited in vain."
    output = page.locator('.jp-OutputArea-output').all_inner_texts()
    return dict(buttons=page.locator('button.jupyter-button').all_inner_texts(),
        state=page.locator('.chip').all_inner_texts(), output=[t[-500:] for t in output])

def start(page, seconds=180):
    "Press Start once the cell shows it: importing torch takes long on a busy machine."
    until(page, lambda: button(page, 'Start').count(), seconds)
    button(page, 'Start').click()
    page.wait_for_timeout(600) # sooner, another click would count as the second of a double-click

def distinct(page, n, seconds=180):
    seen, end = set(), time.monotonic() + seconds
    while len(seen) < n:
        assert time.monotonic() < end, f'{len(seen)} distinct frames in {seconds} s; the page says {says(page)}'
        seen |= {picture(page)} - {''}
        page.wait_for_timeout(60)

def test_studio_in_jupyterlab(browser, lab):
    url, folder = lab
    page, wrong = watched(browser, viewport=dict(width=1280, height=1000))
    page.goto(url)
    page.locator('.jp-Notebook .jp-InputArea-editor').first.wait_for(timeout=90_000)
    page.get_by_text('| Idle').first.wait_for(timeout=90_000)
    menu(page, 'Run', 'Run All Cells')
    start(page)
    assert page.locator('.jp-OutputArea-output [data-theme]').first.get_attribute('data-theme')=='light'
    distinct(page, 10)
    button(page, 'Pause').click()
    page.locator('.chip:has-text("Paused")').wait_for(timeout=90_000)
    page.locator('.blended:not(.on)').wait_for(state='attached') # the last frame is no longer faded in
    at, image = step(page), picture(page)
    page.wait_for_timeout(1000)
    assert step(page)==at and picture(page)==image
    button(page, 'Continue').click()
    until(page, lambda: step(page) > at)
    # points of the curve, drawn as markers with their values
    page.wait_for_function(f"() => {ROOT}.querySelectorAll('.chart title').length >= 3", timeout=180_000)
    page.locator('.tile').first.click()
    heading(page, 'Nearest real images').wait_for(timeout=180_000)
    page.keyboard.press('Escape')
    assert page.locator('.detail').is_hidden()
    page.locator('.chip:has-text("Finished")').wait_for(timeout=240_000)
    page.locator('.words', has_text=re.compile(r'\d+ distilled images reach \d+ %.*protocol ridge')).wait_for()
    playwright.expect(page.locator('.chart .check')).to_have_count(1)
    assert page.get_by_text(re.compile(r'Check, 1,000 epochs: *\d+\.\d ± \d')).is_visible()
    page.wait_for_timeout(500)
    last = picture(page)
    slider = page.get_by_role('slider', name='Step of the run')
    slider.focus()
    page.keyboard.press('Home')
    page.wait_for_timeout(300)
    assert picture(page) != last and slider.get_attribute('aria-valuetext')=='step 0'
    page.keyboard.press('End')
    page.wait_for_timeout(300)
    assert picture(page)==last
    button(page, 'Save').click()
    files = {'GIF': f'{NAME}.gif', 'HTML': f'{NAME}.html', 'Distilled set': f'{NAME}/card.json'}
    for name, file in files.items():
        button(page, name).click()
        until(page, (folder/'runs'/file).exists, 180)
        page.wait_for_timeout(300)
    assert not wrong, wrong
    # executed again, the cell shows the same run
    menu(page, 'Run', 'Run All Cells')
    page.locator('.chip:has-text("Finished")').wait_for(timeout=180_000)
    assert not wrong, wrong
    page.close()

def test_two_tabs_and_an_interrupt(browser, lab, tiny):
    "A second tab shows the same run; the run outlives the first one; an interrupted kernel means Pause."
    url, folder = lab
    # Its own notebook and workspace: the other test's kernel remembers a stopped run, its workspace that notebook.
    write_notebook(folder, 'b', CELL.replace('TINY', tiny))
    url = url.replace('/lab/tree/a.ipynb', '/lab/workspaces/first/tree/b.ipynb')
    first, wrong = watched(browser, viewport=dict(width=1280, height=1000))
    first.goto(url)
    first.get_by_text('| Idle').first.wait_for(timeout=90_000)
    menu(first, 'Run', 'Run All Cells')
    start(first)
    distinct(first, 2)
    button(first, 'Pause').click()
    first.locator('.chip:has-text("Paused")').wait_for(timeout=90_000)
    menu(first, 'File', 'Save Notebook')
    second, wrong_too = watched(browser, viewport=dict(width=1280, height=1000))
    second.goto(url.replace('/first/', '/second/'))
    button(second, 'Continue').wait_for(timeout=120_000)
    until(second, lambda: step(second)==step(first) and picture(second) not in ('', None))
    at = step(first)
    button(second, 'Continue').click()
    until(first, lambda: step(first) > at)
    first.close()
    at = step(second)
    until(second, lambda: step(second) > at)
    menu(second, 'Kernel', 'Interrupt Kernel')
    second.locator('.chip:has-text("Paused")').wait_for(timeout=90_000)
    at = step(second)
    second.wait_for_timeout(1000)
    assert step(second)==at
    button(second, 'Continue').click()
    until(second, lambda: step(second) > at)
    button(second, 'Stop').click()
    second.locator('.chip:has-text("Stopped")').wait_for(timeout=30_000)
    assert not wrong and not wrong_too, wrong + wrong_too
    second.close()

def test_from_the_first_minute_to_a_restart(browser, lab, record_property):
    """`Studio()` alone plays a run of photographs that ships with the package; a run of one's own is chosen, started
    with a double-click, compared and written as a page; then the kernel is gone."""
    url, folder = lab
    write_notebook(folder, 'c', 'from lgm_nb.all import *\nStudio()')
    page, wrong = watched(browser, viewport=dict(width=1280, height=1000))
    page.set_default_timeout(90_000)
    page.goto(url.replace('/lab/tree/a.ipynb', '/lab/workspaces/third/tree/c.ipynb'))
    page.get_by_text('| Idle').first.wait_for()
    began = time.monotonic()
    menu(page, 'Run', 'Run All Cells')
    page.locator('.words:visible', has_text='10 distilled images reach').wait_for(timeout=180_000)
    seconds = dict(screen=time.monotonic() - began)
    distinct(page, 3)
    seconds['moving'] = time.monotonic() - began
    for name, value in seconds.items(): record_property(name, round(value, 2))
    print(', '.join(f'{name} after {value:.1f} s' for name, value in seconds.items()))
    assert button(page, 'Start').is_enabled() and page.locator('.tile:visible').count()==10
    choose(page)
    button(page, 'Start').dblclick()
    page.locator('.chip:visible', has_text='Finished').wait_for(timeout=180_000) # a pause would last
    assert button(page, 'Stop').is_disabled()
    page.locator('.peek:visible h5', has_text=re.compile('Nearest.*at step 60')).wait_for() # nothing was pointed at
    look_back(page)
    compare(page)
    restart(page)
    assert not wrong, wrong
    page.close()

def choose(page):
    "Choose data, objective and numbers. What cannot be used is said, and the cost before Start."
    def note(text): return page.locator('.widget-html', has_text=text)
    def message(text): page.locator('.message:visible', has_text=text).wait_for()
    note(re.compile('Start distils caltech10-mini for tiny-simclr-resnet: about .*MB of features')).wait_for()
    button(page, 'Settings').click()
    button(page, 'Advanced').wait_for() # the kernel shows the panel; a key before that would press Settings once more
    button(page, 'Advanced').press('Enter')
    rate, steps = page.get_by_label('Learning rate'), page.get_by_role('spinbutton', name='Steps')
    rate.fill('0')
    rate.press('Tab')
    said = 'Learning rate: 0; must be a number from 1e-06 to 10'
    note(said).wait_for()
    button(page, 'Start').click()
    message(said)
    assert rate.input_value()=='0'
    rate.fill('0.02')
    rate.press('Tab')
    note(said).wait_for(state='hidden')
    data = page.get_by_label('Data', exact=True)
    data.fill('caltech10-mni')
    data.press('Enter')
    note("Did you mean 'caltech10-mini'").wait_for() # said before Start
    button(page, 'Start').click()
    message("Did you mean 'caltech10-mini'")
    data.fill('caltech10-mini')
    data.press('Enter')
    page.get_by_label('Objective').select_option('RidgeProbe')
    steps.fill('60')
    steps.press('Tab')
    note(re.compile('Start distils caltech10-mini for .*: about .*MB of features')).wait_for()

def look_back(page):
    "The arrow keys move the slider, in JupyterLab as elsewhere."
    slider = page.locator('[aria-label="Step of the run"]:visible')
    slider.focus()
    page.keyboard.press('End')
    for key, step in (('ArrowLeft', 59), ('ArrowLeft', 58), ('ArrowRight', 59), ('ArrowDown', 58), ('ArrowUp', 59)):
        page.keyboard.press(key)
        playwright.expect(slider).to_have_attribute('aria-valuetext', f'step {step}')

def compare(page):
    "The new run beside the one that ships; then the new one as a page."
    runs = page.get_by_role('button', name=re.compile(r'^Runs \(\d+\)$'))
    count = int(re.search(r'\d+', runs.inner_text())[0]) # another test may have saved one, too
    runs.press('Enter')
    assert count >= 2 and page.locator('.run-card:visible').count()==count + 1 # and the run of the cell
    for key in ('session 1', 'first'): page.locator(f'[data-mark="{key}"]').check()
    page.locator('.pair', has_text='RidgeProbe').wait_for()
    assert page.locator('.side').count()==2
    page.locator('[data-run="session 1"]').click()
    page.locator('.across .now', has_text='tiny-simclr-resnet (this session, run 1)').wait_for()
    page.locator('.tile:visible').first.focus() # a finished run has its nearest photographs, too
    page.locator('.peek:visible .row figure').nth(5).wait_for()
    with page.expect_download() as download: page.get_by_role('button', name='Download page').press('Enter')
    assert download.value.suggested_filename=='caltech10-mini-in-10-images.html'
    assert download.value.path().read_text(encoding='utf-8').startswith('<!doctype html>')
    page.locator('[data-run=""]').click()

def restart(page):
    "A restart of the kernel is said, and what has arrived can still be looked at."
    menu(page, 'Kernel', 'Restart Kernel…')
    page.locator('.jp-Dialog').get_by_role('button', name=re.compile('Restart')).last.click()
    page.locator('.message:visible', has_text='The kernel is gone: run the cell again').wait_for()
    assert page.locator('.chip:visible').inner_text()=='No kernel'
    assert page.locator('button.jupyter-button:enabled, .widget-text input:enabled').count()==0
    page.locator('.tile:visible').first.click()
    assert page.locator('.detail:visible').count()==1
    page.locator('[data-run="first"]').click() # it has arrived before
    page.locator('.words:visible', has_text='10 distilled images reach').wait_for()
    page.get_by_text('| Idle').first.wait_for() # a server cannot end while a kernel restarts

@pytest.mark.parametrize('width, scheme', [(1000, 'light'), (300, 'dark')])
def test_still_page_plays(browser, lab, width, scheme):
    "The exported page, from a file, with no kernel."
    file = lab[1]/f'runs/{NAME}.html'
    assert file.exists(), 'the test of the studio writes it'
    assert file.stat().st_size < 1_500_000
    page, wrong = watched(browser, viewport=dict(width=width, height=800), color_scheme=scheme)
    page.goto(file.as_uri())
    host = page.locator('[data-lgm-player][data-ready="true"]')
    host.wait_for()
    assert host.get_attribute('data-theme')==scheme
    assert page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'the page is wider than its window'
    root, seen = "document.querySelector('[data-lgm-player]').shadowRoot", set()
    page.get_by_role('button', name='Play', exact=True).click()
    for _ in range(12):
        seen.add(page.evaluate(f"() => {root}.querySelector('.tile canvas').toDataURL()"))
        page.wait_for_timeout(150)
    assert len(seen) >= 3
    assert page.locator('.words', has_text='distilled images reach').is_visible()
    page.locator('.tile').nth(2).click()
    assert heading(page, 'Nearest real images').is_visible()
    assert not wrong, wrong
    page.close()
