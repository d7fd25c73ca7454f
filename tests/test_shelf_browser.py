"The studio's shelf, two runs side by side, and the closer look, in Chromium; the kernel is played by the test."
import base64, json, shutil, time
import numpy as np, pytest
from conftest import violations
from lgm_nb.views.messages import read_protocol
from lgm_nb.views.sheets import make_sheet, page_json, style_sheet, without_pixels
from lgm_nb.views.widgets import film_facts, live_module

CHROMIUM = shutil.which('chromium')
playwright = pytest.importorskip('playwright.sync_api', reason='playwright is not installed (extra: dev)')
if not CHROMIUM: pytest.skip('no chromium on this machine', allow_module_level=True)

def film(seed, steps, side=16):
    "The facts of a run of nine frames, four classes."
    g = np.random.default_rng(seed)
    frames = [(k*steps//8, 1, g.integers(0, 256, (4, side, side, 3), dtype=np.uint8)) for k in range(9)]
    curves = [dict(name='net', own=True, points=[[steps, 40. + seed, 1.]], baselines={}, classes=[30.]*4)]
    return film_facts(frames, range(4), 'wxyz', title=f'Run {seed}', note='distilled with net', steps=steps, sizes=[8],
        curves=curves, words=f'4 images reach {40 + seed} %.', settings=dict(Data='d', Steps=str(steps), Seed='0'))

FILMS = dict(one=film(1, 80), two=film(2, 160), three=film(3, 80))
LIVE = dict(title='Live', note='distilled with net', classes=['w', 'x'], labels=[0, 1], side=16, steps=9, sizes=[8],
    frames=[], curves=[], loss=[], run=0, settings={}, words='', caution='', kept='', protocol='',
    status=dict(state='ready', step=0, levels=0, rate=0, left=0, doing='', message=''))
KERNEL = '''
const { films, live, runs, thumbs, pixels, open, known } = JSON.parse(document.querySelector('#facts').textContent);
const heard = new Map(), bytes = text => new DataView(Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer);
window.asked = [];
window.tell = (message, buffers = []) => heard.get('msg:custom')(message, buffers);
const answers = {
  hello: () => {
    tell({ kind: 'runs', runs, thumbs, each: 2, open }, [bytes(pixels)]);
    if (open) tell({ kind: 'film', key: open, facts: films[open] });
    if (known) tell({ kind: 'sync', run: live.run, facts: live });
  },
  film: ({ key }) => tell({ kind: 'film', key, facts: films[key] }),
  page: ({ key }) => tell({ kind: 'page', name: `${key}.html` }, [bytes('PGI+')]),
};
const model = {
  get: () => 'studio', on: (event, f) => heard.set(event, f), off: event => heard.delete(event),
  send: message => { window.asked.push(message); setTimeout(() => answers[message.ask]?.(message)); },
};
Object.assign(window, { live, films, runs, thumbs, pixels, bytes });
render({ model, el: document.querySelector('#view') }, CSS_TEXT);
'''

@pytest.fixture
def studio(new_page, tmp_path):
    "A function that opens a studio whose kernel has three finished runs."
    def open_(open=None, dark=False, known=True, **kwargs):
        page = new_page(**dict(dict(viewport=dict(width=1000, height=900)), **kwargs))
        page.set_default_timeout(20_000)
        tiles = make_sheet(np.zeros((6, 8, 8, 3), np.uint8), page=True)
        runs = [dict(key=k, title=f['title'], note='', result='40 % on net', place='here') for k, f in FILMS.items()]
        facts = page_json(dict(films=FILMS, live=LIVE, runs=runs, thumbs=without_pixels(tiles), open=open, known=known,
            pixels=base64.b64encode(tiles['data']).decode()))
        module = live_module().split('export default')[0] + KERNEL.replace('CSS_TEXT', json.dumps(style_sheet()))
        back = '#111' if dark else '#fff'
        head = '<meta charset="utf-8"><title>Studio</title><meta name="viewport" content="width=device-width">'
        (tmp_path/'studio.html').write_text(f'<!doctype html><html lang="en">{head}'
            f'<link rel="icon" href="data:,"><body style="background:{back}"><main id="view"></main>'
            f'<script id="facts" type="application/json">{facts}</script><script type="module">{module}</script>',
            encoding='utf-8')
        page.goto((tmp_path/'studio.html').as_uri())
        page.get_by_role('button', name='Runs (3)').press('Enter')
        page.locator('.run-card').nth(3 if known else 2).wait_for()
        return page
    return open_

SHOWN = "document.querySelector('#view > div').shadowRoot"
def pixels(page, what='.tile canvas'):
    "The pixels of the visible canvases."
    return page.locator(f'{what}:visible').evaluate_all('all => all.map(c => c.toDataURL())')

def test_a_start_is_shown_though_nothing_was_known_of_the_run(studio):
    "Networks are opened while the first run plays: the first message about the kernel's run may be that it has begun."
    page = studio(open='two', known=False)
    page.get_by_role('heading', name='Run 2').wait_for()
    page.evaluate("tell({ kind: 'sync', run: 1, facts: { ...live, run: 1 } })")
    page.get_by_role('heading', name='Live').wait_for()
    assert not page.get_by_role('heading', name='Run 2').count()

STATUS = "state => tell({ kind: 'status', run: 1, status: { ...live.status, ...state } })"

def test_a_start_is_shown_before_the_backbones_are_open(studio):
    "And what is wrong with a setting is said beside the run that plays."
    page = studio(open='two', known=False)
    film = page.get_by_role('heading', name='Run 2')
    film.wait_for()
    page.evaluate(STATUS, dict(state='ready', message='Steps: 0'))
    page.get_by_text('Steps: 0').wait_for()
    assert film.is_visible()
    page.evaluate(STATUS, dict(state='preparing', doing='opening the backbones'))
    page.get_by_text('Preparing · opening the backbones …').wait_for()
    assert not film.count()
    page.evaluate("tell({ kind: 'sync', run: 1, facts: { ...live, run: 1 } })")
    page.get_by_role('heading', name='Live').wait_for()
    assert not page.get_by_text('opening the backbones').count()

def test_nothing_jumps_while_a_run_prepares(studio):
    "What stood there, a finished run or an earlier one of the kernel, gives its place to the new run, of its size."
    page = studio(open='two', known=False, reduced_motion='reduce')
    page.get_by_role('heading', name='Run 2').wait_for()
    page.wait_for_timeout(300)
    def height(): return page.locator('#view > div').bounding_box()['height']
    first = height()
    def prepares(run):
        page.evaluate("""run => { const status = { ...live.status, state: 'preparing', doing: 'opening the backbones' };
            tell({ kind: 'status', run, status }); }""", run)
        page.get_by_text('Preparing · opening the backbones …').wait_for()
        assert not page.locator('.tile:visible').count()
    def begins(run, **status):
        heights = page.evaluate("""async ([run, status]) => {
            tell({ kind: 'sync', run, facts: { ...live, run, status: { ...live.status, ...status } } });
            const heights = [];
            for (let frame = 0; frame < 6; frame++) {
              heights.push(document.querySelector('#view > div').getBoundingClientRect().height);
              await new Promise(requestAnimationFrame);
            }
            return heights;
        }""", [run, status])
        page.locator('.tile:visible').first.wait_for()
        assert not page.get_by_text('opening the backbones').count()
        return heights
    def same(heights, wanted): return all(abs(found - wanted) < 2 for found in heights)
    prepares(1)
    assert abs(height() - first) < 2
    page.evaluate(STATUS, dict(state='stopping', doing='opening the backbones'))
    page.get_by_text('Stopping · opening the backbones …').wait_for()
    assert abs(height() - first) < 2
    assert same(begins(1, state='running'), first), 'in every frame'
    assert abs(height() - first) < 2
    page.evaluate(STATUS, dict(state='finished'))
    page.wait_for_timeout(200)
    own = height()
    prepares(2)
    assert abs(height() - own) < 2
    assert same(begins(2, state='running'), own), 'in every frame'
    assert abs(height() - own) < 2

def test_a_run_that_is_stopped_before_it_is_shown(studio):
    "Until there is something to show, the view says what it waits for; after Stop it says so, and keeps no place."
    page = studio(known=False)
    page.get_by_text('Opening the backbones …').wait_for()
    def height(): return page.locator('#view > div').bounding_box()['height']
    before = height()
    page.evaluate(STATUS, dict(state='preparing', doing='opening the backbones'))
    page.locator('.place').wait_for()
    page.evaluate(STATUS, dict(state='stopped'))
    page.locator('.place').wait_for(state='hidden')
    page.evaluate("tell({ kind: 'runs', runs, thumbs, each: 2, open: null }, [bytes(pixels)])")
    page.get_by_text('Stopped', exact=True).wait_for()
    until(page, lambda: abs(height() - before) < 2) # a frame later, once the pictures of the cards are drawn

def test_a_start_that_fails_leaves_what_stood_there(studio):
    "A backbone that cannot be opened: the error is said above the run that was shown."
    for known in (False, True):
        page = studio(open=None if known else 'two', known=known)
        page.evaluate(STATUS, dict(state='preparing', doing='opening the backbones'))
        page.get_by_text('Preparing · opening the backbones …').wait_for()
        page.evaluate(STATUS, dict(state='failed', message='ValueError: weights: damaged'))
        page.get_by_text('ValueError: weights: damaged').wait_for()
        page.get_by_role('heading', name='Live' if known else 'Run 2').wait_for()

def test_what_another_view_asked_for_changes_nothing(studio):
    "The kernel tells every view: no second download, and the run that is played does not start again."
    page = studio(open='two', reduced_motion='reduce')
    slider = page.get_by_role('slider', name='Step of the run')
    slider.press('Home')
    downloads = []
    page.on('download', lambda it: downloads.append(it))
    page.evaluate("""() => {
      tell({ kind: 'film', key: 'two', facts: structuredClone(live) });
      tell({ kind: 'page', name: 'two.html' }, [new DataView(new ArrayBuffer(3))]);
    }""")
    page.wait_for_timeout(300)
    assert slider.get_attribute('aria-valuetext')=='step 0' and not downloads
    assert not page.get_by_text('Downloaded').count()

FRAMES = """() => [0, 1, 2, 3].forEach(step => {
  const frame = { step, levels: 1, sheet: step }, status = { ...live.status, state: 'running', step, levels: 1 };
  const sheet = { id: step, mime: 'raw', columns: 1, side: 1, count: 2 };
  const pixels = new DataView(new Uint8Array(6).fill(60*step).buffer);
  tell({ kind: 'frame', run: 0, frame, sheet, newest: step, levels: 1, loss: [], status }, [pixels]);
})"""

def until(page, condition, seconds=30):
    "Wait until a condition holds."
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f'not so within {seconds} s'
        page.wait_for_timeout(50)

def test_a_level_comes_back_with_the_newest_frame(studio):
    page = studio(reduced_motion='reduce')
    page.evaluate(FRAMES)
    page.locator('[data-level="1"]').press('Enter')
    def told(grey):
        page.evaluate("""grey => tell({ kind: 'level', run: 0, level: 1, sheet: { mime: 'raw', columns: 1, side: 1,
            count: 2 } }, [new DataView(new Uint8Array(6).fill(grey).buffer)])""", grey)
    def shown():
        return page.locator('.tile canvas').first.evaluate('c => c.getContext("2d").getImageData(0, 0, 1, 1).data[0]')
    told(99)
    until(page, lambda: shown()==99)
    slider = page.get_by_role('slider', name='Step of the run')
    slider.press('Home')
    until(page, lambda: shown()==0)
    told(77)
    page.wait_for_timeout(200)
    assert shown()==0 # it looks back: the level of the newest frame comes too late
    asked = page.evaluate('asked.length')
    slider.press('End')
    assert page.evaluate('asked.slice(-1)')==[dict(ask='level', level=1)] and page.evaluate('asked.length')==asked + 1
    told(88)
    until(page, lambda: shown()==88)

def test_a_run_that_is_played_to_its_newest_frame_is_followed(studio):
    page = studio(reduced_motion='reduce')
    page.evaluate(FRAMES)
    page.get_by_role('button', name='Play', exact=True).press('Enter')
    live = page.locator('button.live')
    playwright.expect(live).to_have_attribute('aria-pressed', 'false')
    playwright.expect(live).to_have_attribute('aria-pressed', 'true')
    page.get_by_role('button', name='Play', exact=True).wait_for()

def test_a_zip_is_dropped(studio):
    page = studio()
    page.evaluate("""() => {
      document.querySelector('#view').classList.add('lgm-studio');
      const dataTransfer = new DataTransfer(), options = { dataTransfer, bubbles: true, cancelable: true };
      dataTransfer.items.add(new File([new Uint8Array(8e5)], 'pets.zip'));
      window.drag = (kind, to) => document.querySelector(to).dispatchEvent(new DragEvent(kind, options));
      drag('drop', 'body'); // beside the studio
      drag('dragover', '#view');
    }""")
    def outline(): return page.locator('#view').evaluate('node => node.style.outline')
    assert 'dashed' in outline()
    page.evaluate("drag('drop', '#view')")
    page.wait_for_function("asked.at(-1).last")
    pieces = page.evaluate("asked.filter(({ ask }) => ask === 'drop')")
    assert [(p['path'], p['first'], p['last']) for p in pieces]==[('pets.zip', True, False), ('pets.zip', False, True)]
    assert outline()=='none'

def test_what_was_pointed_at_last_stays_and_is_asked_for_once(studio):
    "So that its terms can be reached; of a sweep over all images the kernel hears of the last one."
    page = studio(reduced_motion='reduce')
    page.evaluate(FRAMES)
    before = page.evaluate("asked.filter(m => m.ask === 'near').length")
    page.locator('.tile:visible').nth(1).wait_for()
    page.locator('.tile:visible').evaluate_all("""tiles => tiles.slice(0, 2).forEach(tile => // at once
        ['pointerenter', 'pointerleave'].forEach(name => tile.dispatchEvent(new PointerEvent(name))))""")
    page.wait_for_function(f"asked.filter(m => m.ask === 'near').length > {before}")
    assert page.evaluate("asked.filter(m => m.ask === 'near')")[before:]==[dict(ask='near', image=1)]
    for again in range(2): # once, after the run has ended
        page.evaluate("""() => tell({ kind: 'status', run: 0,
            status: { ...live.status, state: 'finished', step: 9, levels: 1 } })""")
        page.evaluate("() => tell({ kind: 'curves', run: 0, curves: [], maps: [], words: '', caution: '' })")
        page.wait_for_timeout(100)
    assert page.evaluate("asked.filter(m => m.ask === 'near').length")==before + 2
    page.locator('.peek .term', has_text='Nearest').hover()
    assert page.locator('.peek h4').inner_text()=='x' and page.locator('.tips p:visible').count()==1

def test_it_opens_on_a_run_that_plays(studio):
    "At half speed, and its button says so."
    page = studio(open='two')
    page.get_by_role('heading', name='Run 2').wait_for()
    playwright.expect(page.locator('.pace:visible')).to_have_text('0.5×')
    assert page.locator('.words:visible').inner_text()=='4 images reach 42 %.'
    page.wait_for_function(f"() => +{SHOWN}.querySelector('.transport input').value > 2")
    page.get_by_role('button', name='Play', exact=True).wait_for() # once, to the end
    slider = page.get_by_role('slider', name='Step of the run')
    assert slider.get_attribute('aria-valuetext')=='step 160'
    last = pixels(page)
    slider.press('Home')
    assert slider.get_attribute('aria-valuetext')=='step 0' and len(last)==4 and pixels(page) != last

def test_it_stands_still_for_those_who_want_it(studio):
    page = studio(open='two', reduced_motion='reduce')
    page.get_by_role('heading', name='Run 2').wait_for()
    page.wait_for_timeout(300)
    assert page.get_by_role('slider', name='Step of the run').get_attribute('aria-valuetext')=='step 160'
    assert page.locator('.pace:visible').inner_text()=='1×', 'nothing plays by itself'

def test_it_is_played_slowly(studio):
    "A frame in 180 ms, by the clock of the page, until its button is pressed."
    page = studio(open='two')
    page.clock.install()
    page.locator('[data-run="one"]').click()
    page.get_by_role('heading', name='Run 1').wait_for()
    page.clock.pause_at(page.evaluate('Date.now()') + 100)
    slider, pace = page.get_by_role('slider', name='Step of the run'), page.locator('.pace:visible')
    def after(milliseconds):
        page.clock.run_for(milliseconds)
        return int(slider.get_attribute('aria-valuetext').removeprefix('step '))
    first = after(0)
    assert after(360)==first + 20
    pace.press('Enter')
    assert pace.inner_text()=='1×' and after(180)==first + 50, 'one at once, then one in 90 ms'

def test_a_start_takes_over(studio):
    "The run of the kernel is shown as soon as it starts, whatever is open; the shelf leads back."
    page = studio(open='one')
    page.get_by_role('heading', name='Run 1').wait_for()
    page.evaluate("""() => { const status = { ...live.status, state: 'running', step: 1 };
        tell({ kind: 'sync', run: 1, facts: { ...live, run: 1, status } }); }""")
    page.locator('.chip', has_text='Running').wait_for()
    assert page.get_by_role('heading', name='Run 1').count()==0
    page.locator('[data-run="one"]').click()
    page.get_by_role('heading', name='Run 1').wait_for()
    assert page.locator('[aria-current="true"]').get_attribute('data-run')=='one'
    page.locator('[data-run=""]').click()
    page.locator('.chip', has_text='Running').wait_for()

def test_a_map_arrives_while_a_run_goes_on(studio):
    "First with its dots, then one moment at a time; the marks are where the newest frame is."
    page = studio(reduced_motion='reduce')
    assert page.locator('.maps:visible').count()==0
    page.evaluate("""() => {
      window.measured = (step, x, more) => {
        const curves = [{ name: 'net', own: true, points: [[step, 40, 1]], baselines: {}, classes: [30, 30] }];
        const walk = [{ step, at: [x, 0, -x, 0], near: [0, x ? 1 : 0] }];
        tell({ kind: 'curves', run: 0, curves, maps: [{ name: 'net', walk, ...more }], words: '', caution: '' });
      };
      measured(0, 0, { dots: [[1000, 0], [-1000, 0]], share: 1, of: 'class means' });
    }""")
    def says(text): return page.get_by_role('img', name=f'Feature map of net, {text} to the mean of their own class')
    says('step 0: 1 of 2 distilled images are nearest').wait_for()
    page.evaluate("""() => {
      measured(5, 900, {});
      const frame = { step: 5, levels: 1, sheet: 1 }, status = { ...live.status, state: 'running', step: 5 };
      const sheet = { id: 1, mime: 'raw', columns: 1, side: 1, count: 2 }, pixels = new DataView(new ArrayBuffer(6));
      tell({ kind: 'frame', run: 0, frame, sheet, newest: 1, levels: 1, loss: [], status }, [pixels]);
    }""")
    says('step 5: 2 of 2 distilled images are nearest').wait_for()
    w, x = (page.locator('.spot').nth(i).bounding_box()['x'] for i in (0, 1))
    assert w - x > .5*page.locator('.map').bounding_box()['width']

def test_a_folder_that_was_saved_over_is_shown_anew(studio):
    "Its stamp tells: the film that is shown is asked for again; others only when they are opened."
    page = studio(open='two', reduced_motion='reduce')
    page.get_by_role('heading', name='Run 2').wait_for()
    page.locator('[data-run="one"]').click()
    page.get_by_role('heading', name='Run 1').wait_for()
    page.evaluate("""() => { window.stock = stamps => tell({ kind: 'runs', each: 2, open: null, thumbs,
        runs: runs.map(run => ({ ...run, stamp: stamps[run.key] })) }, [bytes(pixels)]); }""")
    films = "asked.filter(m => m.ask === 'film').length"
    page.evaluate("films.one.title = 'Saved over'; films.two.title = 'This one, too'")
    before = page.evaluate(films)
    page.evaluate("stock({ one: 'b', two: 'b' })")
    page.get_by_role('heading', name='Saved over').wait_for()
    assert page.evaluate(films)==before + 1
    page.evaluate("stock({ one: 'b', two: 'b' })") # nothing new
    page.locator('[data-run="two"]').click()
    page.get_by_role('heading', name='This one, too').wait_for()
    page.locator('[data-run="one"]').click()
    page.get_by_role('heading', name='Saved over').wait_for()
    assert page.evaluate(films)==before + 2

def test_two_runs_with_the_keyboard_alone(studio):
    "Mark two, move the common slider and the border between the images, choose another image, leave."
    page = studio()
    for key in ('one', 'two'):
        page.locator(f'[data-mark="{key}"]').focus()
        page.keyboard.press('Space')
        if key=='one': page.get_by_text('Mark a second run to compare.').wait_for()
    share = page.get_by_role('slider', name='Share of both runs')
    share.wait_for()
    def says(text): playwright.expect(share).to_have_attribute('aria-valuetext', text)
    says('A step 80, B step 160')
    last = pixels(page)
    share.focus()
    page.keyboard.press('Home')
    says('A step 0, B step 0')
    for _ in range(30): page.keyboard.press('ArrowRight')
    says('A step 40, B step 80')
    page.wait_for_timeout(100)
    assert pixels(page) != last
    border = page.get_by_role('slider', name='Border between A and B')
    border.focus()
    for _ in range(5): page.keyboard.press('ArrowRight')
    assert border.get_attribute('aria-valuetext')=='55 % A, 45 % B'
    page.get_by_role('button', name='y in B: lay A over B').focus()
    page.keyboard.press('Enter')
    page.get_by_text('A: y | B: y').wait_for()
    rows = page.locator('.pair').evaluate_all('all => all.map(t => [...t.rows].map(r => r.innerText.split("\\t")))')
    assert rows==[[['What differs', 'A', 'B'], ['Steps', '80', '160']],
                  [['Top-1 of a probe, %', 'A', 'B', 'B − A'], ['net', '41.0', '42.0', '+1.0']]]
    page.locator('[data-mark="two"]').focus()
    page.keyboard.press('Space')
    page.get_by_role('heading', name='Run 1').wait_for()
    assert page.get_by_role('slider', name='Share of both runs').count()==0

def test_in_a_comparison_the_newest_position_wins(studio):
    "Though an earlier one takes longer to be decoded."
    page = studio()
    for key in ('one', 'two'): page.locator(f'[data-mark="{key}"]').check()
    share = page.get_by_role('slider', name='Share of both runs')
    share.wait_for()
    seen = []
    def settled():
        seen.append(pixels(page))
        page.wait_for_timeout(200)
        return len(seen) > 1 and seen[-1]==seen[-2]
    until(page, settled)
    last = seen[-1]
    page.evaluate("""() => {
      const make = createImageBitmap;
      window.createImageBitmap = async (...args) => {
        await new Promise(resolve => setTimeout(resolve, 400));
        return make(...args);
      };
    }""")
    share.press('Home')
    share.press('End')
    page.wait_for_timeout(800)
    assert pixels(page)==last

def test_a_third_mark_replaces_the_first(studio):
    page = studio()
    for key in FILMS: page.locator(f'[data-mark="{key}"]').check()
    page.get_by_role('heading', name='Run 3').wait_for()
    assert page.get_by_role('heading', name='Run 1').count()==0
    assert page.locator('[data-mark]:checked').count()==2
    page.get_by_text('Two are compared: the first mark was taken off.').wait_for()
    page.locator('[data-run="one"]').click()
    page.get_by_text('the first mark was taken off.').wait_for(state='hidden')

def test_a_page_is_asked_for(studio):
    page = studio(open='three')
    page.get_by_role('heading', name='Run 3').wait_for()
    with page.expect_download() as download: page.get_by_role('button', name='Download page').press('Enter')
    assert download.value.suggested_filename=='three.html'
    assert download.value.path().read_text(encoding='utf-8')=='<b>'
    page.get_by_text('Downloaded three.html.').wait_for()
    assert page.evaluate('asked.at(-1)')==dict(ask='page', key='three')
    assert 'page' in read_protocol()['ask']

def test_an_image_is_enlarged_and_saved(studio):
    "In the closer look, with the keyboard alone: larger, smooth or sharp, a PNG of its own."
    page = studio(open='one', reduced_motion='reduce')
    page.locator('.tile:visible').nth(1).press('Enter')
    canvas = page.locator('.big')
    small = canvas.bounding_box()['width']
    page.get_by_role('button', name='Larger').press('Enter')
    assert canvas.bounding_box()['width'] > 1.8*small
    def drawn(): return canvas.evaluate('c => getComputedStyle(c).imageRendering')
    assert drawn()=='pixelated' # 16 px
    page.get_by_role('button', name='Smooth').press('Enter')
    assert drawn()=='auto'
    with page.expect_download() as download: page.get_by_role('button', name='Save PNG').press('Enter')
    assert download.value.suggested_filename=='x.png'
    page.get_by_text('Saved.').wait_for()
    page.keyboard.press('Escape')
    assert page.locator('.detail').nth(0).is_hidden()

@pytest.mark.parametrize('width, dark', [(390, True), (390, False), (1600, True), (1600, False)])
def test_it_fits(studio, tmp_path, width, dark):
    "A run and two runs, in narrow and wide windows, light and dark; pictures are kept beside the test."
    page = studio(open='one', dark=dark, viewport=dict(width=width, height=900), reduced_motion='reduce')
    for name, ready in (('run', '.tile:visible'), ('pair', '.pairs')):
        if name=='pair':
            for key in ('one', 'two'): page.locator(f'[data-mark="{key}"]').check()
        page.locator(ready).first.wait_for()
        page.wait_for_timeout(200)
        assert page.locator('#view > div').get_attribute('data-theme')==('dark' if dark else 'light')
        assert page.evaluate('document.documentElement.scrollWidth <= innerWidth'), name
        page.screenshot(path=tmp_path/f'{name}.png', full_page=True)

@pytest.mark.parametrize('dark', [False, True], ids=['light', 'dark'])
def test_axe_finds_nothing_serious(studio, axe, dark):
    "In a run with its closer look, and in two runs."
    page = studio(open='one', dark=dark, reduced_motion='reduce')
    page.locator('.tile:visible').first.click()
    page.get_by_role('button', name='Save PNG').wait_for()
    assert violations(page, axe)==[]
    for key in ('one', 'two'): page.locator(f'[data-mark="{key}"]').check()
    page.locator('.pairs').wait_for()
    assert violations(page, axe)==[]
