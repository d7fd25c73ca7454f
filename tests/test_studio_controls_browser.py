"Every control of the studio, in a real JupyterLab: a start at once, copy, speed, levels, film, backbones, photographs."
import re, shutil
import pytest
from tools.lab import lab_server, menu
from conftest import needs, write_photographs

psutil = pytest.importorskip('psutil', reason='psutil is not installed (ipykernel brings it)')
playwright = pytest.importorskip('playwright.sync_api', reason='playwright is not installed (extra: dev)')
needs('jupyterlab', 'lab')
if not shutil.which('chromium'): pytest.skip('no chromium on this machine', allow_module_level=True)
from test_studio_browser import bounded, button, picture, until, watched # noqa: E402, F401

CELL = 'from lgm_nb.all import *\nStudio(steps=20)'

def note(page, text): return page.locator('.widget-html:visible', has_text=re.compile(text))

@pytest.fixture(scope='module')
def opened(browser, tmp_path_factory):
    "A page with a finished run, which was started as soon as there was a button; the folder; what went wrong."
    home = tmp_path_factory.mktemp('lab')/'home'
    with lab_server(home, CELL) as (url, folder):
        context = browser.new_context(viewport=dict(width=1280, height=1000),
            permissions=['clipboard-read', 'clipboard-write'])
        page, wrong = watched(context)
        page.set_default_timeout(90_000)
        page.goto(url)
        page.get_by_text('| Idle').first.wait_for()
        menu(page, 'Run', 'Run All Cells')
        button(page, 'Start').click(timeout=180_000)
        button(page, 'Pause').wait_for()
        # the backbones may not be open yet: all the same nothing but this run is shown from now on
        said = page.get_by_text('Preparing · ').or_(page.locator('.chip:visible')).first
        said.wait_for()
        assert not page.locator('.words:visible', has_text='10 distilled images').count()
        page.locator('.chip:visible', has_text='Finished').wait_for(timeout=180_000)
        yield page, folder, wrong
        page.get_by_text('| Idle').first.wait_for()
        context.close()

def test_copy_and_speed(opened):
    page, _, wrong = opened
    page.locator('.tile:visible').first.press('Enter')
    copy = page.locator('.detail').get_by_role('button', name='Copy', exact=True)
    copy.wait_for()
    page.get_by_role('heading', name='Nearest real images').first.wait_for() # it is drawn anew with these
    copy.press('Enter')
    page.get_by_text('Copied.').wait_for()
    kinds = page.evaluate("async () => (await navigator.clipboard.read()).map(item => item.types).flat()")
    assert kinds==['image/png']
    page.keyboard.press('Escape')
    pace = page.locator('.pace:visible')
    for text in ('2×', '0.5×', '1×'):
        pace.press('Enter')
        playwright.expect(pace).to_have_text(text)
        playwright.expect(pace).to_have_attribute('aria-label', f'{text}: playback speed')
    assert not wrong, wrong

def test_levels(opened):
    "One level alone, back in time and again at the end, then the whole images."
    page, _, wrong = opened
    whole, slider = picture(page), page.locator('[aria-label="Step of the run"]:visible')
    page.locator('[data-level="2"]:visible').press('Enter')
    until(page, lambda: picture(page) != whole)
    level = picture(page)
    slider.press('Home')
    until(page, lambda: picture(page) not in (whole, level))
    slider.press('End')
    until(page, lambda: picture(page)==level)
    page.locator('[data-level="0"]:visible').press('Enter')
    until(page, lambda: picture(page)==whole)
    assert not wrong, wrong

def test_mp4(opened):
    page, folder, wrong = opened
    button(page, 'Save').click()
    button(page, 'MP4').click()
    note(page, r'^Wrote .*\.mp4$').wait_for()
    [film] = folder.glob('runs/*.mp4')
    assert film.read_bytes()[4:8]==b'ftyp'
    button(page, 'Save').click()
    button(page, 'MP4').wait_for(state='hidden')
    assert not wrong, wrong

def test_a_backbone_is_added(opened):
    page, _, wrong = opened
    button(page, 'Settings').click()
    field = page.get_by_label('Add a backbone')
    field.wait_for()
    field.fill('tiny-clp-vit')
    field.press('Enter')
    note(page, 'Not opened: .*Did you mean').wait_for()
    boxes = page.get_by_role('checkbox', name='efficientnet-lite2')
    assert not boxes.count()
    field.fill('efficientnet-lite2')
    field.press('Enter')
    playwright.expect(boxes).to_have_count(2)
    assert [box.is_checked() for box in boxes.all()]==[False, True] # it is probed
    boxes.nth(1).uncheck()
    button(page, 'Settings').click()
    field.wait_for(state='hidden')
    assert not wrong, wrong

def drag(page, path):
    "Drop a file or a folder onto the studio, as a hand does."
    tools, box = page.context.new_cdp_session(page), page.locator('.lgm-studio').first.bounding_box()
    place = dict(x=box['x'] + 200, y=box['y'] + 20)
    data = dict(items=[], files=[str(path)], dragOperationsMask=1)
    for kind in ('dragEnter', 'dragOver', 'drop'):
        tools.send('Input.dispatchDragEvent', dict(type=kind, data=data, **place))

def test_photographs_are_chosen_and_dropped(opened, tmp_path):
    "A zip is chosen; a folder and a zip are dropped; then the last one is distilled."
    page, folder, wrong = opened
    write_photographs(tmp_path/'pets', ['cats', 'dogs'])
    archive = shutil.make_archive(str(tmp_path/'birds'), 'zip', tmp_path/'pets')
    button(page, 'Settings').click()
    data = page.get_by_label('Data', exact=True)
    data.wait_for()
    with page.expect_file_chooser() as chooser: button(page, r'Photographs: drop or choose \(0\)').click()
    chooser.value.set_files(archive)
    playwright.expect(data).to_have_value('runs/photographs/birds')
    drag(page, tmp_path/'pets')
    playwright.expect(data).to_have_value('runs/photographs/pets')
    drag(page, archive)
    playwright.expect(data).to_have_value('runs/photographs/birds-2')
    images = [len(list(folder.glob(f'runs/photographs/{name}/*/*.png'))) for name in ('birds', 'pets', 'birds-2')]
    assert images==[24]*3
    note(page, 'Start distils runs/photographs/birds-2 for').wait_for()
    button(page, 'Start again').click()
    page.get_by_role('heading', name='birds-2 in 2 images').wait_for()
    page.locator('.chip:visible', has_text='Finished').wait_for(timeout=180_000)
    assert page.locator('.tile:visible').all_inner_texts()==['cats', 'dogs']
    assert not wrong, wrong
