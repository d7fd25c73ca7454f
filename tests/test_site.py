"The site, as a reader's browser meets it: every page, from a server and from a disk, wide and narrow, light and dark."
import base64, functools, importlib, inspect, io, json, pkgutil, re, shutil, sys, threading
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit
import numpy as np
import pytest
from PIL import Image
from conftest import ROOT, ok, violations

CHROMIUM = next(filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome'))), None)
pytestmark = pytest.mark.skipif(not (CHROMIUM and shutil.which('npm') and sys.version_info >= (3, 11)),
                                reason='the site needs npm, chromium and Python 3.11, and one of them is missing')
PICTURES = ROOT/'build/pictures'

class Reader(HTMLParser):
    "What a page links to, loads, names and shows."
    def __init__(self, file):
        super().__init__()
        self.links, self.loads, self.ids, self.images, self.base = [], [], set(), [], file
        self.feed(file.read_text(encoding='utf-8'))
    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if 'id' in a: self.ids.add(a['id'])
        if tag=='a' and a.get('href'): self.links.append(a['href'])
        if tag=='link' and a.get('href'): self.loads.append(a['href'])
        if a.get('src'): self.loads.append(a['src'])
        if tag=='img': self.images.append(a)

@pytest.fixture(scope='session')
def site(tmp_path_factory):
    "The built site."
    folder = tmp_path_factory.mktemp('site')
    makefile = (ROOT/'Makefile').read_text()
    packages = re.search(r'npm install .*? (katex@.*)', makefile)[1].split()
    ok('npm', 'install', '--no-save', '--no-audit', '--no-fund', '--prefix', folder/'npm', *packages)
    ok(sys.executable, ROOT/'tools/docs.py', folder/'npm/node_modules', folder/'site', cwd=ROOT)
    return folder/'site'

@pytest.fixture(scope='session')
def pages(site): return {p.relative_to(site).as_posix(): Reader(p) for p in sorted(site.rglob('*.html'))}

@pytest.fixture(scope='session')
def address(site):
    "The site on a local server."
    class Quiet(SimpleHTTPRequestHandler):
        protocol_version = 'HTTP/1.1' # which keeps connections
        def log_message(self, *args): pass
    server = ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Quiet, directory=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f'http://127.0.0.1:{server.server_port}'
    server.shutdown()

@pytest.fixture(scope='module') # closed with the module: while Playwright is open, no other test can run an event loop
def browser():
    from playwright.sync_api import sync_playwright
    alone = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1' # no other host is found
    with sync_playwright() as p:
        with p.chromium.launch(executable_path=CHROMIUM, args=['--no-sandbox', '--disable-gpu', alone]) as b: yield b

@pytest.fixture
def tab(browser):
    "A function that opens a tab; what went wrong in any of them is in `tab.faults`."
    contexts = []
    def open_tab(width=1280, height=900, dark=False):
        context = browser.new_context(viewport=dict(width=width, height=height),
            color_scheme='dark' if dark else 'light')
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        def note(kind): return lambda what: open_tab.faults.append(f'{page.url}: {kind}: {what}')
        page.on('console', lambda m: note('console')(m.text) if m.type=='error' else None)
        page.on('pageerror', note('error'))
        def lost(request):
            "A page that is left before its icon or its network was loaded drops the request: no fault of the page."
            slow = request.url.endswith('/images/logo.svg') or '/try_it/' in request.url
            if not (slow and request.failure=='net::ERR_ABORTED'): note('failed')(request.url)
        page.on('requestfailed', lost)
        def check_host(request):
            parts = urlsplit(request.url)
            local = parts.hostname in (None, '', '127.0.0.1') or parts.scheme in ('file', 'data', 'blob')
            if not local: note('other host')(request.url)
        page.on('request', check_host)
        return page
    open_tab.faults = []
    yield open_tab
    for context in contexts: context.close()

def outside(href): return bool(re.match(r'[a-z][a-z0-9+.-]*:|//', href))

def test_pages_are_there(pages):
    "A page for each notebook, under the name that links from docstrings expect."
    sources = [p.relative_to(ROOT/'nbs') for p in (ROOT/'nbs').rglob('*.ipynb') if '.ipynb_checkpoints' not in p.parts]
    notebooks = {re.sub(r'(^|/)\d+_', r'\1', p.with_suffix('.html').as_posix()) for p in sources}
    assert notebooks <= set(pages)

def test_no_broken_link(site, pages):
    "Every link and every anchor leads somewhere."
    broken = []
    for name,page in pages.items():
        for href in {*page.links, *page.loads}:
            if outside(href): continue
            path, _, anchor = href.partition('#')
            target = (page.base.parent/unquote(path.split('?')[0])).resolve() if path else page.base
            if target.is_dir(): target = target/'index.html'
            if not target.is_file():
                broken.append(f'{name}: {href}')
                continue
            if not anchor or target.suffix!='.html': continue
            ids = pages[target.relative_to(site.resolve()).as_posix()].ids
            if unquote(anchor) not in ids: broken.append(f'{name}: {href}')
    assert not broken

def test_our_own_address_is_written_relatively(pages):
    "A copy of the site on a disk stays in itself."
    assert [(n, h) for n,p in pages.items() for h in p.links if 'lgm-nb.github.io' in h]==[]

def test_nothing_is_loaded_from_another_host(site, pages):
    loads = [(name, src) for name,page in pages.items() for src in page.loads if outside(src)]
    asked = re.compile(r'''(?:url\(|@import)\s*['"]?((?:https?:)?//[^'")]+)''')
    styles = [(p.name, u) for p in site.rglob('*.css') for u in asked.findall(p.read_text(encoding='utf-8'))]
    assert [(name, src) for name,src in loads if not src.startswith('data:')]==[] and styles==[]

def test_no_page_tells_an_address_in_memory(site):
    files = [f for suffix in ('html', 'md') for f in site.rglob(f'*.{suffix}')]
    assert [f.name for f in files if re.search(r' at 0x[0-9a-f]{6}', f.read_text(encoding='utf-8'))]==[]

def test_every_image_has_a_text(pages):
    images = [(name, image) for name,page in pages.items() for image in page.images]
    assert [(name, i.get('src', '')[:60]) for name,i in images if not i.get('alt', '').strip()]==[]

def test_every_public_name_has_an_entry(pages):
    "Functions and classes, with a row for each parameter."
    import lgm_nb
    missing = []
    for info in pkgutil.walk_packages(lgm_nb.__path__, 'lgm_nb.'):
        if info.ispkg or info.name in ('lgm_nb.all', 'lgm_nb.__main__', 'lgm_nb._modidx'): continue
        module = importlib.import_module(info.name)
        page = pages.get(f"api/{info.name.removeprefix('lgm_nb.').replace('.', '/')}.html")
        for name in getattr(module, '__all__', []):
            thing = getattr(module, name)
            if not (inspect.isfunction(thing) or inspect.isclass(thing)): continue
            if page is None or name not in page.ids: missing.append(f'{info.name}.{name}')
    assert not missing
    text = pages['api/method/pyramid.html'].base.read_text(encoding='utf-8')
    assert all(word in text for word in ('Parameter', 'Type', 'Default', 'side of the rendered image, pixels'))

def test_the_front_door_lists_every_name(pages):
    "With a link from each to the notebook that explains it."
    import lgm_nb
    links = set(pages['front_door.html'].links)
    rooms = {module.replace('.', '/'): names for module,names in lgm_nb.FRONT_DOOR.items()}
    assert {f'{room}.html#{name.lower()}' for room,names in rooms.items() for name in names} <= links

def test_every_room_is_in_the_sidebar(pages):
    "No page is left over: what nbs/sidebar.yml forgets comes under More."
    from tools.docs import MORE
    assert f'>{MORE}<' not in pages['index.html'].base.read_text(encoding='utf-8')

def test_every_tutorial_opens_in_colab(pages):
    "And there installs the library in its first cell, only where it is missing."
    for file in (ROOT/'nbs/tutorials').glob('*.ipynb'):
        first = next(''.join(c['source']) for c in json.loads(file.read_text(encoding='utf-8'))['cells']
            if c['cell_type']=='code')
        offered = any('colab.research' in h for h in pages[f'tutorials/{file.stem}.html'].links)
        assert offered and re.search(r'^\s*[%!]pip install', first, re.M), file.name
        assert 'find_spec' in first, f'{file.name}: installs over what is there'

WIDE, PHONE = dict(width=1280, height=900), dict(width=390, height=844)
TOO_WIDE = 'document.documentElement.scrollWidth > window.innerWidth + 1'

def test_every_page_in_a_browser(pages, address, tab):
    """No error, no other host, maths set, no sideways scrolling: on a wide screen, then on a phone. Of the reference,
    whose pages are all made by one function, two of each room."""
    page, wide, few = tab(), [], of_each_folder(pages, 2)
    for name,reader in pages.items():
        if name.startswith('api/') and name not in few: continue
        page.set_viewport_size(WIDE)
        page.goto(f'{address}/{name}')
        page.evaluate('document.fonts.ready.then(() => 1)')
        if page.evaluate(TOO_WIDE): wide.append(f'{name}, wide')
        page.set_viewport_size(PHONE)
        if page.evaluate(TOO_WIDE): wide.append(f'{name}, phone')
        assert page.locator('.katex-error').count()==0, name
        if r'\(' in reader.base.read_text(encoding='utf-8'): assert page.locator('.katex').count(), name
    assert tab.faults==[] and wide==[]

@pytest.mark.parametrize('width, dark', [(1280, False), (390, True)], ids=['wide', 'phone'])
def test_axe_finds_nothing_serious(address, tab, axe, width, dark):
    "On pages of each kind: wide and light, narrow and dark."
    page, found = tab(width, dark=dark), []
    for name in ('index', 'gallery', 'try_it', 'tutorials/carry_over', 'views/studio', 'method/pyramid',
                 'api/method/distiller'):
        page.goto(f'{address}/{name}.html')
        page.evaluate('document.fonts.ready.then(() => 1)')
        found += [(name, *v) for v in violations(page, axe)]
    assert found==[]

def of_each_folder(pages, each):
    "Some pages of each folder, the longest, which have most of what a page can have."
    folders = {}
    for name in sorted(pages, key=lambda name: -pages[name].base.stat().st_size):
        folders.setdefault(name.rpartition('/')[0], []).append(name)
    return [name for names in folders.values() for name in names[:each]]

def test_pages_from_a_disk(site, pages, tab):
    """Fonts, styles, scripts and maths are found without a server. Content is the same from a disk; what can differ is
    what a page loads, and that depends on its folder."""
    page, players = tab(), [n for n, p in pages.items() if 'data-lgm-player' in p.base.read_text(encoding='utf-8')]
    for name in {*of_each_folder(pages, 1), *players[:1]}:
        page.goto((site/name).as_uri())
        page.evaluate('document.fonts.ready.then(() => 1)')
        assert page.evaluate("[...document.fonts].some(f => f.status==='loaded')"), name
        if r'\(' in pages[name].base.read_text(encoding='utf-8'): assert page.locator('.katex').count(), name
    assert tab.faults==[]

def test_fonts_are_ours(address, tab):
    page = tab()
    page.goto(address)
    page.evaluate('document.fonts.ready.then(() => 1)')
    loaded = "[...document.fonts].filter(f => f.status === 'loaded')"
    assert 'Inter' in page.evaluate(loaded + ".map(f => f.family.replaceAll('\"', ''))")

def test_pages_keep_their_introductions(site):
    "The text under a title is on the page, and the landing page has the studio."
    assert 'Plain pixels are hard to optimise well' in (site/'method/pyramid.html').read_text(encoding='utf-8')
    index = (site/"index.html").read_text(encoding="utf-8")
    assert "first-run.webp" in index and "studio.gif" in index

def test_pictures_stand_still_for_those_who_ask(address, tab):
    "With reduced motion the landing page shows stills in place of its animations."
    page = tab()
    shown = "all => all.map(i => i.currentSrc.split('/').pop())"
    for motion, expected in (('no-preference', ['first-run.webp', 'studio.gif']),
                             ('reduce', ['first-run-still.webp', 'studio-still.png'])):
        page.emulate_media(reduced_motion=motion)
        page.goto(address)
        assert page.locator('picture img').evaluate_all(shown)==expected

@pytest.mark.parametrize('scheme', ['http', 'file'])
def test_search_finds_the_pyramid(site, address, tab, scheme):
    page = tab()
    page.goto(f'{address}/tutorials/ablation.html' if scheme=='http' else (site/'tutorials/ablation.html').as_uri())
    page.get_by_role('searchbox', name='Search').fill('pyramid')
    page.locator('.search-result').filter(has_text='The pyramid').first.click()
    page.wait_for_url('**/method/pyramid.html*')
    assert tab.faults==[]

def test_search_ranks_lessons_above_the_reference(address, tab):
    page = tab()
    page.goto(address)
    def found(words):
        page.get_by_role('searchbox', name='Search').fill(words)
        page.locator('.search-result').first.filter(has_text=words).wait_for() # those of the words before are gone
        return page.locator('.search-result').evaluate_all('all => all.map(a => a.getAttribute("href"))')
    for words in ('pyramid', 'objective', 'feature bank'):
        assert not any('api/' in href for href in found(words)[:3]), words
    assert 'api/' in found('Pyramid.grow')[0]

def test_one_palette():
    "Site and logo take their colours from the palette of the views."
    from lgm_nb.core.show import PALETTE
    [line] = [line for line in (ROOT/'nbs/site.css').read_text().splitlines() if '--lgm-blue:' in line]
    used = re.findall(r'#[0-9a-f]{6}', line + (ROOT/'nbs/images/logo.svg').read_text())
    assert used and set(used) <= set(PALETTE.values())

def test_light_and_dark(address, tab):
    "The reader's setting is followed, and the button changes it."
    def brightness(page):
        channels = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3)"
        return page.evaluate(channels + ".reduce((a, v) => a + Number(v), 0)/3")
    light, dark = tab(), tab(dark=True)
    for page in (light, dark): page.goto(address)
    assert brightness(light) > 200 and brightness(dark) < 60
    dark.locator('.quarto-color-scheme-toggle').first.click()
    dark.wait_for_function("getComputedStyle(document.body).backgroundColor === 'rgb(255, 255, 255)'")

def test_every_player_plays(pages, address, tab):
    "Each view becomes ready, and Play moves the image where there is something to play."
    page, played = tab(), 0
    with_players = [name for name,p in pages.items() if 'data-lgm-player' in p.base.read_text(encoding='utf-8')]
    if not with_players: pytest.skip('no page has a player yet')
    for name in with_players:
        page.goto(f'{address}/{name}')
        for i in range(page.locator('[data-lgm-player]').count()):
            player = page.locator('[data-lgm-player]').nth(i)
            player.scroll_into_view_if_needed()
            page.wait_for_function('i => document.querySelectorAll("[data-lgm-player]")[i].dataset.ready === "true"',
                arg=i)
            play = player.get_by_role('button', name='Play', exact=True)
            if not play.count(): continue
            played += 1
            before = player.screenshot()
            play.click()
            for _ in range(20):
                page.wait_for_timeout(150)
                if player.screenshot() != before: break
            else: pytest.fail(f'{name}: player {i} does not move')
    assert played and tab.faults==[]

@pytest.mark.slow
def test_pictures_to_look_at(pages, address, tab):
    "Screenshots, for people: build/pictures."
    PICTURES.mkdir(parents=True, exist_ok=True)
    for kind,size in (('desktop', (1280, 900)), ('phone', (390, 844))):
        for dark in (False, True):
            page = tab(*size, dark)
            for name in ('index', 'method/pyramid', 'api/method/distiller'):
                page.goto(f'{address}/{name}.html')
                page.evaluate('document.fonts.ready.then(() => 1)')
                file = PICTURES/f"{name.replace('/', '-')}-{kind}{'-dark' if dark else ''}.png"
                page.screenshot(path=file)
                assert file.stat().st_size > 5000, f'{file} is nearly empty'

def test_a_network_runs_in_the_browser(address, tab):
    "The outputs of the distilled images' probe are those of the library, and a picture of one's own is answered."
    import torch
    from lgm_nb.backbones.open import open_backbone
    from lgm_nb.core.show import image_grid
    from tools.try_it import BACKBONE, probe
    facts = json.loads((ROOT/'nbs/try_it/facts.json').read_text(encoding='utf-8'))
    def read(uri):
        with Image.open(io.BytesIO(base64.b64decode(uri.partition(',')[2]))) as image:
            return torch.from_numpy(np.array(image.convert('RGB'))).permute(2, 0, 1)/255
    backbone, n = open_backbone(BACKBONE), len(facts['classes'])
    assert backbone.hash==facts['backbone']['hash'], 'the weights changed: run python -m tools.try_it'
    W, b = probe(torch.stack([read(uri) for uri in facts['distilled']]), torch.arange(n), backbone, n)
    page = tab()
    page.goto(f'{address}/try_it.html')
    root = page.locator('#try-it[data-ready=true]')
    root.wait_for(timeout=90_000)
    buttons = root.locator('.samples button')
    assert buttons.count()==len(facts['samples'])
    for i in (0, 7, 19):
        buttons.nth(i).click()
        expected = backbone.embed(read(facts['samples'][i]['image'])[None])@W.T + b
        page.wait_for_function('label => document.querySelector(".status").textContent.startsWith(label)',
                               arg=buttons.nth(i).get_attribute('title'))
        found = torch.tensor(json.loads(root.get_attribute('data-scores')))[:n]
        assert (found - expected[0]).abs().max() < .03 # pictures and weights are rounded
        assert root.locator('.results section').first.locator('.name').first.inner_text()==\
            facts['classes'][int(expected.argmax())]
    picture = io.BytesIO()
    image_grid(torch.rand(1, 3, 90, 160)).save(picture, 'png')
    page.locator('#own-picture').set_input_files(dict(name='mine.png', mimeType='image/png', buffer=picture.getvalue()))
    page.get_by_text('mine.png: answered by your browser').wait_for()
    page.locator('#own-picture').set_input_files(dict(name='not.png', mimeType='image/png', buffer=b'nothing'))
    page.get_by_text('not.png cannot be read as a picture').wait_for()
    assert tab.faults==[]
