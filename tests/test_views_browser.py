"The views in Chromium, from a file: what a screen reader hears, and who asked for less motion."
import re, shutil
import numpy as np, pytest, torch
from lgm_nb.method.distilled_set import DistilledSet
from lgm_nb.probing.compare import CrossModelTable
from lgm_nb.views.report import report_html
from lgm_nb.views.sheets import embed, make_sheet, save_page, still_html
from lgm_nb.views.widgets import film_facts
from conftest import violations

CHROMIUM = shutil.which('chromium')
playwright = pytest.importorskip('playwright.sync_api', reason='playwright is not installed (extra: dev)')
if not CHROMIUM: pytest.skip('no chromium on this machine', allow_module_level=True)

@pytest.fixture(scope='module')
def html():
    "A run of eight frames, whose loss never passes 0.9."
    g = np.random.default_rng(0)
    frames = [(k, 1, g.integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)) for k in range(8)]
    points, baselines = [[0, 10., 1.], [7, 30., 1.]], dict(random=[20., 1.])
    curves = [dict(name=n, own=n=='a', points=points, baselines=baselines, classes=[30.]*4) for n in 'ab']
    curves[1]['mistaken'] = [[[2, 41.6], [1, 8.]], [], [], []]
    loss = [[k + 1, .85 - .1*k] for k in range(7)]
    return still_html(film_facts(frames, range(4), 'wxyz', title='A run', steps=7, sizes=[8], loss=loss, curves=curves))

@pytest.fixture
def page(new_page, html, tmp_path):
    "A function that opens the run, perhaps after other HTML."
    def open_(before='', **kwargs):
        page = new_page(viewport=dict(width=1000, height=400), **kwargs)
        page.goto(save_page(before + html, tmp_path/'run.html').as_uri())
        page.locator('.chart').nth(1).wait_for()
        return page
    return open_

def test_the_readout_is_silent_while_it_plays(page):
    page = page()
    def is_live(how): playwright.expect(page.locator('.readout')).to_have_attribute('aria-live', how)
    is_live('polite')
    page.get_by_role('button', name='Play', exact=True).click()
    is_live('off')
    page.get_by_role('button', name='Pause', exact=True).click()
    is_live('polite')

@pytest.mark.parametrize('before, title', [('', 1), ('<h1>Page</h1><h2>Part</h2>', 3), ('<h5>Deep</h5>', 4)])
def test_headings_continue_the_outline(page, before, title):
    page = page(before)
    page.locator('.tile').first.click()
    def level(text): return page.get_by_role('heading', name=text).get_attribute('aria-level')
    levels = [level(text) for text in ('A run', 'Meta-loss', 'Test accuracy of this class')]
    assert levels==[str(title + i) for i in range(3)]

def test_the_closer_look_says_what_a_class_is_taken_for(page):
    page = page()
    page.locator('.tile').first.click()
    assert page.locator('.taken').all_text_contents()==['taken for y 42\u00a0%, x 8\u00a0%']
    page.locator('.tile').nth(1).click()
    assert page.locator('.meter').count()==2 and page.locator('.taken').count()==0

def test_the_closer_look_and_the_table_follow_the_slider(page):
    "By the keyboard alone: the step, the accuracy at or before it, and what belongs to another step says so."
    page = page()
    slider, table = page.get_by_role('slider', name='Step of the run'), page.locator('.run')
    slider.press('Home')
    for _ in range(3): slider.press('ArrowRight')
    page.locator('.tile').first.press('Enter')
    def says(step): page.locator('.detail .head small', has_text=re.compile(f'^step {step}$')).wait_for()
    says(3)
    at_three = page.locator('.big').evaluate('c => c.toDataURL()')
    assert 'step\u00a00' in table.locator('.distilled').first.text_content()
    assert table.locator('td.distilled').all_text_contents()==['10.0 ± 1.0']*2
    assert page.get_by_role('heading', name='Test accuracy of this class').text_content().endswith('step 7')
    slider.press('End')
    says(7)
    assert page.locator('.big').evaluate('c => c.toDataURL()') != at_three
    table.locator('td.distilled', has_text='30.0').first.wait_for()

def test_a_closer_look_is_enlarged_and_saved_by_the_keyboard(page):
    "Tab leads to what can be done with the image; Escape back to where it was opened."
    page = page()
    def focused():
        return page.evaluate("document.querySelector('[data-lgm-player]').shadowRoot.activeElement?.textContent")
    def tab_to(name):
        for _ in range(6):
            page.keyboard.press('Tab')
            if focused()==name: return
        raise AssertionError(f'{name} is not reached; the focus is on {focused()}')
    page.locator('.tile').nth(1).focus()
    page.keyboard.press('Enter')
    for name in ('Larger', 'Smooth'):
        tab_to(name)
        page.keyboard.press('Enter')
        assert page.locator('.acts button[aria-pressed="true"]', has_text=name).count()==1
    page.set_viewport_size(dict(width=800, height=900))
    page.wait_for_timeout(100)
    assert page.locator('canvas.larger').count()==1
    large, charts = (page.locator(part).bounding_box() for part in ('canvas.larger', '.right'))
    assert large['x'] + large['width'] < charts['x'], 'it would cover the table'
    tab_to('Save PNG')
    with page.expect_download() as saved: page.keyboard.press('Enter')
    assert saved.value.suggested_filename.endswith('.png')
    page.keyboard.press('Escape')
    assert page.locator('.detail').is_hidden()

def test_pointing_says_what_a_class_is_taken_for(page):
    "By the pointer and by the keyboard; the answers are those of the chosen backbone."
    page = page()
    answers = page.locator('.peek .answers span')
    page.get_by_role('button', name='b', exact=True).press('Enter')
    page.locator('.tile').first.hover()
    answers.nth(2).wait_for()
    assert answers.all_text_contents()==['w 30\u00a0%', 'y 42\u00a0%', 'x 8\u00a0%']
    page.locator('.tile').nth(1).focus()
    page.mouse.move(1, 1)
    page.locator('.tile').nth(2).focus()
    page.locator('.peek h4', has_text='y').wait_for()
    assert answers.all_text_contents()==['y 30\u00a0%']
    page.keyboard.press('Enter')
    assert page.locator('.peek').is_hidden() and page.locator('.detail').is_visible()

def test_what_is_said_of_a_class_follows_the_slider(new_page, html, tmp_path):
    "As the closer look does: the accuracy at or before the step; what is known of another step says so."
    page = new_page(viewport=dict(width=1000, height=400), reduced_motion='reduce')
    kept = html.replace('"mistaken":', '"past":[[0,[12,10,10,10]]],"mistaken":')
    page.goto(save_page(kept, tmp_path/'kept.html').as_uri())
    page.get_by_role('button', name='b', exact=True).press('Enter')
    page.locator('.tile').first.hover()
    page.locator('.peek h5', has_text='at step 7').wait_for()
    slider, answers = page.get_by_role('slider', name='Step of the run'), page.locator('.peek .answers')
    slider.press('Home')
    page.locator('.peek h5', has_text='test images, b, at step 0').wait_for()
    assert answers.locator('*').all_text_contents()==['w 12\u00a0%', 'others: known at step 7']
    slider.press('End')
    page.locator('.peek h5', has_text='test images, b, at step 7').wait_for()
    assert answers.locator('*').all_text_contents()==['w 30\u00a0%', 'y 42\u00a0%', 'x 8\u00a0%']

@pytest.fixture(scope='module')
def looked_at():
    "A finished run with a closer look at each image."
    g = np.random.default_rng(0)
    def sheet(n): return embed(make_sheet(g.integers(0, 256, (n, 8, 8, 3), dtype=np.uint8), page=True))
    def nearest(image): return dict(title='Nearest real images', note='cosine, a', captions=[f'real {image}']*3,
        sheet=sheet(3))
    details = [dict(image=i, step=7, big=sheet(1), parts=[nearest(i)]) for i in range(4)]
    frames = [(k, 1, g.integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)) for k in range(8)]
    curves = [dict(name='a', own=True, points=[[0, 10., 1.], [7, 99., 1.]], baselines={}, classes=[100.]*4)]
    return still_html(film_facts(frames, range(4), 'wxyz', title='A run', steps=7, sizes=[8], curves=curves,
        details=details))

@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_axe_finds_nothing_serious_in_the_strip(new_page, axe, looked_at, tmp_path, scheme):
    "Its darkest colour is that of a class that is always recognised."
    page = new_page(viewport=dict(width=1000, height=900), color_scheme=scheme)
    page.goto(save_page(looked_at, tmp_path/'run.html').as_uri())
    page.get_by_text('w 100\u00a0%').wait_for()
    page.add_style_tag(content=f'body {{ background: {"#111" if scheme=="dark" else "#fff"} }}') # axe sees no canvas
    page.locator(f'[data-theme="{scheme}"]').wait_for()
    assert violations(page, axe)==[]

def test_a_finished_run_begins_with_its_first_image(new_page, looked_at, tmp_path):
    "Its strip is filled before anything is pointed at; no tile and no class is highlighted."
    page = new_page(viewport=dict(width=1000, height=900), reduced_motion='reduce')
    page.goto(save_page(looked_at, tmp_path/'run.html').as_uri())
    page.locator('.peek figure').nth(2).wait_for()
    assert page.locator('.peek h4').inner_text()=='w' and 'The first image' in page.locator('.peek').inner_text()
    assert page.locator('.peek figcaption').all_text_contents()==['real 0']*3
    assert not page.locator('.tile.lit, .tile.on, .lit').count()
    page.locator('.tile').nth(2).focus()
    page.locator('.peek h4', has_text='y').wait_for()
    assert 'The first image' not in page.locator('.peek').inner_text()
    page.set_viewport_size(dict(width=390, height=900))
    page.reload()
    page.get_by_text('Point at an image').wait_for()
    assert not page.locator('.peek figure').count(), 'one column has no corner to fill'

def shown(page): return page.locator('.tips p:visible')

def test_terms_have_help_that_a_keyboard_reaches(page):
    "Each term is a stop of the Tab key and is described by its line; Escape hides the line, and nothing else."
    page = page()
    terms = page.locator('.term:visible')
    assert {'accuracy', 'distilled', 'random', 'loss', 'pyramid'} <= set(terms.evaluate_all(
        'all => all.map(n => n.dataset.help)'))
    before = page.locator('.lgm').bounding_box()
    page.locator('.tile').last.press('Enter') # and those of the closer look
    for term in terms.all():
        term.focus()
        line = page.locator(f"#{term.get_attribute('aria-describedby')}")
        assert shown(page).all_text_contents()==[line.text_content()] and len(line.text_content()) > 20
    page.keyboard.press('Escape')
    assert not shown(page).count() and page.locator('.detail').is_visible()
    page.keyboard.press('Enter')
    assert shown(page).count()==1
    page.keyboard.press('Escape')
    page.locator('.detail .term').first.focus()
    page.keyboard.press('Tab')
    page.keyboard.press('Shift+Tab')
    assert shown(page).count()==1, 'after the focus has been elsewhere'
    page.keyboard.press('Escape')
    page.keyboard.press('Escape')
    assert page.locator('.detail').is_hidden() and page.locator('.lgm').bounding_box()==before

def test_help_follows_the_pointer(page):
    "It stays while the pointer is on the line, and for a term that has the focus."
    page = page()
    page.locator('.term', has_text='Meta-loss').hover()
    assert 'minimise' in shown(page).text_content()
    shown(page).hover()
    page.wait_for_timeout(400)
    assert shown(page).count()==1
    page.keyboard.press('Escape') # though nothing has the focus
    assert not shown(page).count()
    page.locator('.term', has_text='Pyramid').hover()
    page.mouse.move(500, 2)
    shown(page).wait_for(state='hidden')
    page.locator('.term', has_text='Pyramid').click()
    page.mouse.move(500, 2)
    page.wait_for_timeout(400)
    assert shown(page).count()==1
    page.locator('h3').click()
    assert not shown(page).count()

def test_help_stays_beside_its_term(page):
    "Whatever moves the term."
    page = page()
    term = page.locator('.term', has_text='Meta-loss')
    term.focus()
    def apart(): return shown(page).bounding_box()['y'] - term.bounding_box()['y']
    before = apart()
    page.evaluate("document.body.prepend(Object.assign(document.createElement('div'), { style: 'height: 70px' }))")
    page.wait_for_timeout(100)
    assert abs(apart() - before) < 1
    page.mouse.wheel(0, 50)
    page.wait_for_timeout(300)
    assert abs(apart() - before) < 1

def luminance(colour):
    "Relative luminance of `rgb(…)`, as WCAG defines it."
    srgb = np.array([float(v)/255 for v in re.findall(r'[\d.]+', colour)[:3]])
    return float(np.where(srgb <= .04045, srgb/12.92, ((srgb + .055)/1.055)**2.4)@[.2126, .7152, .0722])

@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_help_is_tapped_on_a_phone(browser, axe, html, tmp_path, scheme):
    "It fits, can be read, moves nothing, and goes with a tap elsewhere or on the term."
    page = browser.new_page(viewport=dict(width=390, height=800), is_mobile=True, has_touch=True, color_scheme=scheme)
    page.goto(save_page(html, tmp_path/'run.html').as_uri())
    page.locator('.chart').nth(1).wait_for()
    def size(): return page.evaluate('[document.documentElement.scrollWidth, document.documentElement.scrollHeight]')
    before = size()
    for term in page.locator('.term:visible').all():
        term.tap()
        box = shown(page).bounding_box()
        assert box['x'] >= 0 and box['x'] + box['width'] <= 390 and 0 <= box['y'] and box['y'] + box['height'] <= 800
        assert size()==before
        look = shown(page).evaluate('n => [getComputedStyle(n).color, getComputedStyle(n).backgroundColor]')
        dark, light = sorted(map(luminance, look))
        assert (light + .05)/(dark + .05) >= 4.5, look
    back = '#111' if scheme=='dark' else '#fff' # axe sees no canvas
    page.add_style_tag(content=f'body {{ background: {back} }}')
    assert violations(page, axe)==[]
    term.tap()
    assert not shown(page).count()
    term.tap()
    assert shown(page).count()==1
    page.locator('.words, h3').first.tap()
    assert not shown(page).count()
    page.close()

@pytest.mark.parametrize('motion, behavior', [('reduce', 'auto'), ('no-preference', 'smooth')])
def test_the_closer_look_scrolls_as_asked(page, motion, behavior):
    page = page(reduced_motion=motion)
    note = 'function (options) { window.asked = options.behavior; }'
    page.evaluate(f'() => {{ Element.prototype.scrollIntoView = {note}; }}')
    page.locator('.tile').first.click()
    assert page.evaluate('window.asked')==behavior
    page.keyboard.press('Escape')
    focused = page.evaluate("document.querySelector('[data-lgm-player]').shadowRoot.activeElement.className")
    assert page.locator('.detail').is_hidden() and focused=='tile'

def test_labels_of_the_loss_are_true(page):
    labels = page().locator('.chart').nth(1).locator('text[text-anchor="end"]').all_text_contents()
    assert labels[:4]==['0.00', '0.25', '0.50', '0.75']

def test_each_backbone_has_its_dashed_lines(page):
    "In its colour and named: those of the chosen one across the chart, those of the other beside it."
    page = page()
    def colours(what): return page.locator(what).evaluate_all('found => found.map(n => getComputedStyle(n).stroke)')
    def boxes(): return page.locator('.chart .base').evaluate_all('found => found.map(n => n.getBoundingClientRect())')
    keys = colours('.column .key path:first-child')
    assert len(set(keys))==2 and colours('.dashes .base')==keys
    assert page.locator('.dash').all_text_contents()==['a', 'b']
    tips = {name: f'{name}, random real: 20.0 %' for name in 'ab'}
    for chosen, other, own in (('b', 'a', keys[::-1]), ('a', 'b', keys)):
        page.locator('.column', has_text=chosen).click()
        page.wait_for_function(f"""() => document.querySelector('[data-lgm-player]').shadowRoot
            .querySelector('.chart .base title').textContent.startsWith('{chosen}')""")
        assert page.locator('.chart .base title').all_text_contents()==[tips[chosen], tips[other]]
        across, beside = boxes()
        assert colours('.chart .base')==own and across['width'] > 100 > beside['width'] > 5
        assert beside['left'] > across['right'] and abs(beside['top'] - across['top']) < 1, 'one scale for both'

NAMES = ['tiny-can-vit', 'tiny-dino-resnet', 'tiny-simclr-resnet', 'tiny-vicreg-resnet']

@pytest.mark.parametrize('width', [390, 700, 790, 840, 1000, 1600])
def test_four_backbones_fit(browser, tmp_path, width):
    "Names of backbones stay on one line, the page leaves no strip, the closer look opens in the window."
    g = np.random.default_rng(0)
    frames = [(k, 1, g.integers(0, 256, (10, 8, 8, 3), dtype=np.uint8)) for k in (0, 444, 455)]
    baselines = dict(random=[20., 1.5], centroid=[30., 1.2], full=[50., 0.])
    curves = [dict(name=n, own=n=='efficientnet-lite0', points=[[442 - k, 30., 0.], [455, 30., 1.5]], classes=[30.]*10,
        baselines=baselines, unbeaten=['centroid']) for k, n in enumerate([*NAMES[:3], 'efficientnet-lite0'])]
    html = still_html(film_facts(frames, range(10), 'abcdefghij', title='A run', steps=455, sizes=[8], curves=curves))
    page = browser.new_page(viewport=dict(width=width, height=900))
    page.goto(save_page(html, tmp_path/'run.html').as_uri())
    page.locator('.column').nth(3).wait_for()
    heights = page.locator('.column').evaluate_all('all => all.map(b => b.getBoundingClientRect().height)')
    assert max(heights) < 24, heights
    assert page.locator('thead').bounding_box()['height'] < 48
    assert page.locator('.lgm').bounding_box()['width'] > .9*width
    assert page.evaluate('document.documentElement.scrollWidth <= innerWidth')
    chart = page.locator('.chart').first
    lines = chart.locator('.base').evaluate_all('all => all.map(n => n.getBoundingClientRect())')
    assert [line['width'] > 150 for line in lines]==[True]*3 + [False]*9, 'across the chart, and beside it'
    edge = chart.bounding_box()
    assert max(line['right'] for line in lines) <= edge['x'] + edge['width']
    table = 'document.querySelector("[data-lgm-player]").shadowRoot.querySelector(".scroll")'
    assert page.evaluate(f'{table}.scrollWidth <= {table}.clientWidth')
    page.get_by_role('slider').press('ArrowLeft')
    page.locator('.run td', has_text='442').wait_for()
    assert page.evaluate(f'{table}.scrollWidth <= {table}.clientWidth'), 'with the steps of the accuracies'
    page.locator('.tile').first.click()
    bottom = page.locator('.detail').bounding_box()
    assert bottom['y'] + bottom['height'] <= 900, bottom
    page.close()

@pytest.mark.parametrize('height', [800, 1000])
def test_the_closer_look_says_that_there_is_more(browser, tmp_path, height):
    "It is as high as there is room for; a button leads on, as do the keys, and at the end there is none."
    g = np.random.default_rng(0)
    def part(title, n): return dict(title=title, note='', captions=[f'tile {i}' for i in range(n)],
        sheet=embed(make_sheet(g.integers(0, 256, (n, 8, 8, 3), dtype=np.uint8), page=True)))
    details = [dict(image=i, step=1, parts=[part('Its levels', 8), part('Added up', 8), part('Nearest real images', 6)])
               for i in range(10)]
    frames = [(k, 1, g.integers(0, 256, (10, 8, 8, 3), dtype=np.uint8)) for k in range(2)]
    curves = [dict(name=n, points=[[1, 30., 1.5]], baselines={}, classes=[30.]*10) for n in NAMES]
    html = still_html(film_facts(frames, range(10), 'abcdefghij', title='A run', steps=1, sizes=[8], curves=curves,
        details=details))
    page = browser.new_page(viewport=dict(width=1000, height=height), reduced_motion='reduce')
    page.goto(save_page(html, tmp_path/'run.html').as_uri())
    page.locator('.tile').nth(4).click()
    more, detail = page.locator('.detail .below'), page.locator('.detail')
    more.wait_for(timeout=5000)
    box = detail.bounding_box()
    assert box['height'] >= 330 and box['y'] + box['height'] <= height and page.evaluate('scrollY')==0
    assert height < 1000 or box['height'] > 420
    for state in ('hidden', 'visible'): # enlarged, nothing is cut off
        page.locator('.detail .acts button').first.press('Enter')
        more.wait_for(state=state, timeout=5000)
    for _ in range(5):
        if more.is_visible(): more.press('Enter')
        page.wait_for_timeout(100)
    assert more.is_hidden() and page.locator('.detail').get_by_text('tile 7').last.is_visible()
    page.close()

@pytest.mark.parametrize('width', [390, 1000])
def test_a_report_fits_its_window(browser, axe, tmp_path, width):
    "The page is as wide as its window; the card is folded; the chart can be read; axe finds nothing serious."
    names = [*'abcdefghi', 'a-class-with-a-long-name-and-no-space']
    card = dict(data=dict(name='cifar10-mini', hash='0123456789abcdef'*8), backbone=dict(name=NAMES[0]),
        seconds=3., step=9)
    distilled = DistilledSet(torch.rand(10, 3, 32, 32), torch.arange(10), names, card)
    score = dict(top1_mean=40., top1_std=1., seeds=5)
    table = CrossModelTable(NAMES[0], {k: dict.fromkeys(NAMES, score) for k in ('distilled', 'random')}, {}, tests=30)
    file = tmp_path/'report.html'
    file.write_text(report_html(distilled, table, [1., .5, .2], None, 400, 30), encoding='utf-8')
    page = browser.new_page(viewport=dict(width=width, height=800), is_mobile=width < 500)
    page.goto(file.as_uri())
    assert page.evaluate('innerWidth')==width and page.evaluate('document.documentElement.scrollWidth') <= width
    assert page.locator('caption').bounding_box()['width'] <= width - 32, 'it would be cut off'
    if width < 500: # three images in a row; the names of the rows stay when the table scrolls
        tops = [figure.bounding_box()['y'] for figure in page.locator('figure').all()[:4]]
        assert tops[0]==tops[2] < tops[3]
        page.locator('table').first.evaluate('table => { table.scrollLeft = 1000 }')
        assert page.locator('tbody td').first.bounding_box()['x'] >= 0
    words = page.locator('p', has_text='10 distilled images reach 40 %')
    assert words.is_visible() and 'points only' in words.inner_text() and page.content().count('points only')==1
    sizes = page.locator('svg text').evaluate_all(
        'all => all.map(t => parseFloat(getComputedStyle(t).fontSize)*t.getScreenCTM().a)')
    assert len(sizes)==4 and all(11 <= size <= 14 for size in sizes), sizes
    assert page.locator('pre').is_hidden()
    page.locator('summary').click()
    assert page.locator('pre').is_visible() and page.evaluate('document.documentElement.scrollWidth') <= width
    page.screenshot(path=tmp_path/'report.png', full_page=True)
    assert violations(page, axe)==[]
    page.close()

def test_a_chosen_column_says_so_and_keeps_the_focus(page):
    page = page()
    column = page.locator('.column').nth(1)
    assert column.get_attribute('aria-pressed')=='false'
    column.focus()
    page.keyboard.press('Enter')
    columns = "document.querySelector('[data-lgm-player]').shadowRoot.querySelectorAll('.column')"
    page.wait_for_function(f"() => {columns}[1].getAttribute('aria-pressed')==='true'")
    assert page.evaluate("document.querySelector('[data-lgm-player]').shadowRoot.activeElement.textContent")=='b'

COUNT = """() => {
  window.ticks = []; // of each animation frame in which a tile was drawn: its first pixel
  const tile = document.querySelector('[data-lgm-player]').shadowRoot.querySelector('.tile canvas');
  const context = tile.getContext('2d'), draw = context.drawImage;
  let asked = false;
  context.drawImage = function (...args) {
    draw.apply(this, args);
    if (!asked) requestAnimationFrame(() => { asked = false; ticks.push(context.getImageData(0, 0, 1, 1).data[0]); });
    asked = true;
  };
}"""

def look_through(page):
    "Show each frame, so that all are decoded and the clock of the page alone decides what is drawn when."
    slider, last = page.get_by_role('slider'), page.locator('.tile canvas').last
    slider.focus()
    for step in range(6):
        page.keyboard.press('ArrowRight' if step else 'Home')
        for _ in range(600):
            page.clock.run_for(16)
            if last.evaluate('c => c.getContext("2d").getImageData(0, 0, 1, 1).data[0]')==255*(step%2): break
        else: raise AssertionError(f'step {step} is not shown')
    page.evaluate('() => { ticks.length = 0; }')

@pytest.fixture
def film(new_page, tmp_path):
    "A function that opens a run of ten or a hundred classes, whose images are black, white, black …, and counts."
    def open_(classes, **kwargs):
        frames = [(k, 1, np.full((classes, 8, 8, 3), 255*(k%2), np.uint8)) for k in range(6)]
        html = still_html(film_facts(frames, range(classes), [f'class {i}' for i in range(classes)], steps=5))
        page = new_page(viewport=dict(width=1000, height=700), **kwargs)
        page.clock.install(time=0)
        page.goto(save_page(html, tmp_path/'film.html').as_uri())
        page.clock.run_for(1000)
        page.locator('.tile').nth(classes - 1).wait_for()
        page.evaluate(COUNT)
        look_through(page)
        return page
    return open_

def play(page, milliseconds, tick=16):
    "Let the clock of the page run, a sixtieth of a second at a time."
    page.get_by_role('button', name='Play', exact=True).click()
    for _ in range(0, milliseconds, tick): page.clock.run_for(tick)
    return page.evaluate('ticks')

@pytest.mark.parametrize('classes, least', [(10, 10), (100, 6)])
def test_a_film_has_more_images_a_second_than_frames(film, classes, least):
    "They are blended, and it says so; what stays in the end is exact."
    page = film(classes)
    play(page, 240)
    word = page.locator('.blended')
    assert word.evaluate('n => getComputedStyle(n).visibility')=='visible'
    for _ in range(15): page.clock.run_for(16)
    ticks = page.evaluate('ticks')
    blended = [v for v in ticks if 0 < v < 255]
    assert len(ticks) >= least*.48 and len(blended) > 6, 'more than frames'
    assert all(len({a, b} & {0, 255}) < 2 for a, b in zip(ticks[1:], ticks[2:])), 'no jump from black to white'
    page.clock.run_for(3000)
    assert page.evaluate('ticks').pop()==255
    assert not word.evaluate("n => n.classList.contains('on')")

BITMAPS = """() => {
  const make = createImageBitmap;
  window.bitmaps = new Set();
  window.createImageBitmap = async (...args) => {
    const bitmap = await make(...args), close = bitmap.close;
    bitmaps.add(bitmap);
    bitmap.close = () => { bitmaps.delete(bitmap); close.call(bitmap); };
    return bitmap;
  };
}"""

def test_bitmaps_are_closed(new_page, tmp_path):
    "Those of a closer look at once, those of frames when they are no longer kept."
    frames = [(k, 1, np.full((2, 8, 8, 3), k, np.uint8)) for k in range(60)]
    page = new_page(viewport=dict(width=1000, height=700), reduced_motion='reduce')
    page.clock.install(time=0)
    html = still_html(film_facts(frames, range(2), 'xy', title='A run', steps=59))
    page.add_init_script(f'({BITMAPS})()')
    page.goto(save_page(html, tmp_path/'film.html').as_uri())
    page.clock.run_for(1000)
    slider = page.get_by_role('slider')
    slider.focus()
    page.keyboard.press('Home')
    for step in range(60):
        page.clock.run_for(32)
        page.wait_for_function(f'() => bitmaps.size >= {min(step + 1, 48)}')
        page.keyboard.press('ArrowRight')
    page.clock.run_for(20_000)
    page.wait_for_function('() => bitmaps.size <= 49')

def test_a_step_that_is_chosen_is_exact(film):
    "Nothing is blended where the slider is moved, nor for who asked for less motion."
    page = film(10)
    slider = page.get_by_role('slider')
    slider.focus()
    for key in ('Home', 'ArrowRight', 'ArrowRight', 'ArrowRight', 'End'):
        page.keyboard.press(key)
        for _ in range(4): page.clock.run_for(16)
    ticks = page.evaluate('ticks')
    assert len(ticks) >= 4 and set(ticks)=={0, 255}
    calm = film(10, reduced_motion='reduce')
    assert calm.locator('.blended').count()==0
    assert set(play(calm, 300))=={0, 255}
