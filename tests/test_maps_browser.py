"The feature maps of a run in Chromium: they move with the slider, and share their highlight with the images."
import re
import numpy as np, pytest
from conftest import violations
from lgm_nb.views.sheets import save_page, still_html
from lgm_nb.views.widgets import film_facts

def map_of(name, seed, classes=4, steps=(0, 4, 8), images=4, each=10):
    "A map whose classes stand in the corners of a square; the marks walk there from the middle."
    g, angle = np.random.default_rng(seed), np.arange(classes)*2*np.pi/classes + seed
    corners = 800*np.stack([np.cos(angle), np.sin(angle)], 1)
    dots = [(corner + g.normal(0, 60, (each, 2))).round().astype(int).flatten().tolist() for corner in corners]
    labels = np.arange(images)%classes
    walk = [dict(step=s, at=(corners[labels]*s/8).round().astype(int).flatten().tolist(),
                 near=(labels if s else labels*0).tolist()) for s in steps]
    return dict(name=name, share=.62, of='class means', dots=dots, walk=walk)

def page_of(maps, images=4, classes='wxyz'):
    g = np.random.default_rng(0)
    frames = [(k, 1, g.integers(0, 256, (images, 8, 8, 3), dtype=np.uint8)) for k in range(9)]
    points = [[0, 10., 1.], [8, 30., 1.]]
    curves = [dict(name=m['name'], own=m['name']=='a', points=points, classes=[30.]*len(classes)) for m in maps]
    labels = [i%len(classes) for i in range(images)]
    return still_html(film_facts(frames, labels, classes, title='A run', steps=8, sizes=[8], curves=curves, maps=maps))

@pytest.fixture
def page(new_page, tmp_path):
    "A function that opens a page of maps, at its first step."
    def open_(html, width=1000, **kwargs):
        page = new_page(viewport=dict(width=width, height=900), reduced_motion='reduce', **kwargs)
        page.goto(save_page(html, tmp_path/'run.html').as_uri())
        page.locator('.chart').nth(1).wait_for()
        return page
    return open_

@pytest.fixture
def two(page):
    page = page(page_of([map_of('a', 0), map_of('b', 1)]))
    page.locator('.spot').nth(7).wait_for()
    return page

def marks(page, map=0):
    "The middles of the marks of a map, by image."
    spots = page.locator('.map').nth(map).locator('.spot')
    boxes = spots.evaluate_all('all => all.map(m => m.getBoundingClientRect())')
    return sorted([b['x'] + b['width']/2, b['y'] + b['height']/2] for b in boxes)

def settled(page, step):
    "Scrub to a step, and wait until it is drawn."
    slider = page.get_by_role('slider', name='Step of the run')
    slider.press('Home')
    for _ in range(step): slider.press('ArrowRight')
    page.wait_for_function(f"""() => document.querySelector('[data-lgm-player]').shadowRoot
        .querySelector('.map').getAttribute('aria-label').includes('step {step}:')""")

def test_the_marks_move_with_the_slider(two):
    settled(two, 0)
    first = marks(two)
    assert max(np.ptp(first, axis=0)) < 1, 'all in the middle'
    assert two.locator('.spot.astray').count()==6, 'three on each map'
    settled(two, 8)
    last = marks(two)
    settled(two, 6) # between two moments
    between = marks(two)
    middle = np.mean(last, 0)
    assert max(np.ptp(last, axis=0)) > 100 and two.locator('.spot.astray').count()==0
    assert np.allclose(np.array(between) - middle, .75*(np.array(last) - middle), atol=1.)
    label = two.locator('.map').first.get_attribute('aria-label')
    assert label=='Feature map of a, step 6: 4 of 4 distilled images are nearest to the mean of their own class, at ' \
        'step\u00a04.'
    def note(): return two.locator('.mapped .note').first.inner_text()
    assert note()=='4 of 4 nearest to their own class, at step\u00a04'
    settled(two, 3)
    assert note()=='1 of 4 nearest to their own class, at step\u00a00'
    settled(two, 8)
    assert note()=='4 of 4 nearest to their own class'

def lit(page):
    "Names of the classes that are highlighted in each map, and of the highlighted images."
    found = page.locator('.map').evaluate_all('all => all.map(m => m.querySelector("text.on")?.textContent ?? "")')
    return found, page.locator('.tile.lit').all_inner_texts()

def test_an_image_lights_its_class_in_all_maps(two):
    "By the pointer, and by the keyboard alone."
    two.locator('.tile').nth(2).hover()
    assert lit(two)==(['y', 'y'], ['y']) and two.locator('.spot.on').count()==2
    assert two.locator('.mapped .note').first.inner_text()=='y: nearest to its own class'
    two.mouse.move(2, 2)
    assert lit(two)==(['', ''], [])
    two.locator('.tile').nth(1).focus()
    assert lit(two)==(['x', 'x'], ['x'])
    two.get_by_role('slider', name='Step of the run').focus()
    assert lit(two)==(['', ''], [])

def test_a_mark_and_a_dot_light_their_image(two):
    settled(two, 8)
    map_ = two.locator('.map').nth(1)
    map_.scroll_into_view_if_needed()
    box, corner = map_.bounding_box(), map_.locator('.cloud').nth(3).bounding_box()
    two.mouse.move(box['x'] + box['width']/2, box['y'] + box['height']/2)
    assert lit(two)==(['', ''], []), 'nothing is in the middle'
    two.mouse.move(corner['x'] + corner['width']/2, corner['y'] + corner['height']/2)
    assert lit(two)==(['z', 'z'], ['z'])
    mark = map_.locator('.spot.on').bounding_box()
    two.mouse.click(mark['x'] + mark['width']/2, mark['y'] + mark['height']/2)
    two.locator('.detail').get_by_role('heading', name='z').wait_for()
    two.mouse.move(2, 2)
    assert lit(two)==(['z', 'z'], ['z']), 'the image of the closer look stays highlighted'
    two.keyboard.press('Escape')
    assert two.locator('.detail').is_hidden()

def test_a_run_without_maps_shows_none(page):
    "As an animation that was saved before there were maps."
    page = page(page_of([map_of('a', 0)]).replace('"maps":', '"other":'))
    assert page.locator('.maps').is_hidden()
    page.locator('.tile').first.focus()
    assert page.locator('.tile.lit').count()==0

def luminance(colour):
    "Relative luminance of a CSS colour, as WCAG defines it."
    numbers = [float(v) for v in re.findall(r'[\d.]+', colour)[:3]]
    srgb = np.array(numbers) if colour.startswith('color(') else np.array(numbers)/255
    return float(np.where(srgb <= .04045, srgb/12.92, ((srgb + .055)/1.055)**2.4)@[.2126, .7152, .0722])

@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_marks_stand_out(page, scheme):
    "The outline of a mark, filled or hollow, in each of the six colours: a contrast of at least 3 to 1."
    page = page(page_of([map_of(f'net {k}', k) for k in range(6)]), color_scheme=scheme)
    page.locator('.spot').nth(23).wait_for()
    found = page.locator('.map').evaluate_all("""all => all.map(m =>
        [getComputedStyle(m).backgroundColor, getComputedStyle(m.querySelector('.spot')).stroke])""")
    assert len({stroke for _, stroke in found})==6
    for pair in found:
        dark, light = sorted(map(luminance, pair))
        assert (light + .05)/(dark + .05) >= 3, pair

@pytest.mark.parametrize('width, scheme', [(390, 'dark'), (390, 'light'), (1000, 'dark'), (1600, 'light')])
def test_five_maps_fit_and_axe_finds_nothing_serious(page, axe, width, scheme):
    names = ['tiny-can-vit', 'tiny-dino-resnet', 'tiny-simclr-resnet', 'tiny-vicreg-resnet', 'efficientnet-lite0']
    page = page(page_of([map_of(n, k) for k, n in enumerate(names)]), width, color_scheme=scheme)
    page.locator('.spot').nth(19).wait_for()
    assert page.evaluate('document.documentElement.scrollWidth <= innerWidth')
    boxes = [b.bounding_box() for b in page.locator('.map').all()]
    assert all(b['width'] > 140 and b['x'] + b['width'] <= width for b in boxes)
    texts = page.locator('.map text:visible').evaluate_all('all => all.map(t => t.getBoundingClientRect().right)')
    assert texts and max(texts) <= width
    page.add_style_tag(content=f'body {{ background: {"#111" if scheme=="dark" else "#fff"} }}') # axe sees no canvas
    assert violations(page, axe)==[]

def test_many_images_and_classes_stay_quick(page, record_property):
    "400 images of 200 classes on five backbones: a step moves marks; it draws nothing anew."
    names = [f'class {i}' for i in range(200)]
    maps = [map_of(f'net {k}', k, 200, images=400, each=3) for k in range(5)]
    page = page(page_of(maps, 400, names))
    page.locator('.spot').nth(1999).wait_for()
    assert page.locator('.map text:visible').count()==0, 'too many names to read'
    page.evaluate("""() => {
      const times = window.times = [], seen = window.seen = [], draw = window.requestAnimationFrame;
      window.requestAnimationFrame = f => draw(t => {
        const a = performance.now(); f(t); times.push(performance.now() - a);
      });
      const watch = new MutationObserver(changes => seen.push(...changes.map(c =>
        c.type === 'childList' ? 'drawn anew' : `${c.target.tagName} ${c.attributeName}`)));
      for (const map of document.querySelector('[data-lgm-player]').shadowRoot.querySelectorAll('.map'))
        watch.observe(map, { childList: true, attributes: true, subtree: true });
    }""")
    settled(page, 5)
    changed, took = set(page.evaluate('seen')), page.evaluate('times')
    record_property('milliseconds', float(np.median(took)))
    assert 'circle style' in changed and not changed & {'drawn anew', 'path d', 'svg viewBox'}, changed
