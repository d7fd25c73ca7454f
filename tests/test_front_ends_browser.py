"""What VS Code and Colab promise a widget of anywidget, and what the studio needs: a host page that gives no more than
that, and a real kernel's messages. Neither can be installed here.

VS Code keeps outputs in a web view with a strict policy, and puts a view into its page late; buffers are views into a
larger one. Colab keeps each output in a frame of another origin, without storage, where a message to the kernel of a
megabyte breaks off (jupyter-widgets/ipywidgets#3452), and shows a custom widget only if its metadata names a manager.
"""
import asyncio, base64, json, re, shutil, sys, threading, types
import pytest
from anywidget import _util
from lgm_nb.backbones.open import open_backbone
from lgm_nb.data.open import open_dataset
from lgm_nb.views.messages import Ask, Tell
from lgm_nb.views.sheets import page_json, STATIC
from lgm_nb.views.studio import Studio
from lgm_nb.views.widgets import live_module
from conftest import tiny_name

CHROMIUM = shutil.which('chromium')
playwright = pytest.importorskip('playwright.sync_api', reason='playwright is not installed (extra: dev)')
if not CHROMIUM: pytest.skip('no chromium on this machine', allow_module_level=True)

MOST = 1_000_000 # characters of a message, its buffers as base64

async def _played(studio):
    "What a kernel tells a new view, and what it tells it during a run."
    told, run = [], studio.run
    studio.view.send = lambda message, buffers=(): told.append((message, [bytes(b) for b in buffers]))
    run.listeners[:] = [studio.view.send]
    studio.view._hear(None, dict(ask=Ask.HELLO), [])
    while not any(m['kind']==Tell.SYNC for m, _ in told): await asyncio.sleep(.01)
    hello = len(told)
    studio.start()
    await studio.wait()
    return told[:hello], told[hello:]

@pytest.fixture(scope='module')
def played():
    "The messages of a run, its last images, and the state of its widget."
    data, found = open_dataset('cifar10-mini').subset(['airplane', 'cat'], per_class=20), {}
    def work():
        studio = Studio(data, open_backbone(tiny_name()), steps=5, views=1)
        found['messages'] = asyncio.run(asyncio.wait_for(_played(studio), 120))
        found['pixels'] = studio.run.history.pixels(studio.run.history.frames[-1])
        found['state'] = studio.view.get_state()
    thread = threading.Thread(target=work) # while Playwright is open, this thread can run no event loop
    thread.start()
    thread.join()
    return types.SimpleNamespace(**found)

HOST = '''
const { esm, hello, live, state, most, kind } = JSON.parse(document.querySelector('#facts').textContent);
const raw = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
const shapes = {
  vscode: bytes => { // a view into a larger buffer
    const all = new Uint8Array(bytes.length + 24);
    all.set(bytes, 8);
    return new DataView(all.buffer, 8, bytes.length);
  },
  colab: bytes => bytes.buffer,
};
const strict = given => new Proxy(given, { get: (it, name) => {
  if (typeof name === 'symbol' || name in it) return it[name];
  throw new Error(`a host does not give ${name}`);
} });
const heard = new Map(), all = name => heard.get(name) ?? heard.set(name, new Set()).get(name);
const size = (message, buffers) => JSON.stringify(message).length
  + buffers.reduce((sum, b) => sum + 4*Math.ceil(b.byteLength/3), 0);
window.tell = messages => { for (const [message, buffers] of messages) {
  for (const f of all('msg:custom')) f(structuredClone(message), buffers.map(b => shapes[kind](raw(b))));
} };
window.play = () => tell(live);
window.asked = [];
window.listeners = () => [...heard.values()].reduce((n, own) => n + own.size, 0);
const model = strict({
  get: name => strict(state)[name], set: () => {}, save_changes: () => {}, widget_manager: {},
  on: (name, f) => { all(name).add(f); }, off: (name, f) => { all(name).delete(f); },
  send: (message, callbacks, buffers = []) => {
    if (size(structuredClone(message), buffers) > most) throw new Error(`${message.ask} is too large`);
    asked.push(message.ask);
    if (message.ask === 'hello') setTimeout(() => tell(window.over ? [...hello, ...live] : hello), 50);
  },
});
tell(hello); // nothing listens yet: a host sends what it gets, whenever it is
const made = (await import(URL.createObjectURL(new Blob([esm], { type: 'text/javascript' })))).default;
const widget = typeof made === 'function' ? await made() : made;
window.show = async () => {
  const el = document.createElement('div'), signal = new AbortController().signal;
  el.className = 'output';
  const off = await widget.render(strict({ model, el, signal, experimental: {}, host: {} }));
  setTimeout(() => document.querySelector('main').append(el), 200);
  return async () => { await off?.(); el.remove(); };
};
window.leave = await show();
'''
POLICY = "default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; img-src blob: data:"
HEAD = f'<meta charset="utf-8"><title>Host</title><link rel="icon" href="data:,">' \
       f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'

def host_page(played, kind, dark):
    "The page of a host, or of its frame."
    hello, live = ([[m, [base64.b64encode(b).decode() for b in bs]] for m, bs in part] for part in played.messages)
    state = {k: v for k, v in played.state.items() if k in ('view', 'facts')}
    facts = page_json(dict(esm=live_module(), hello=hello, live=live, state=state, most=MOST, kind=kind))
    back = '#1e1e1e' if dark else '#fff'
    return f'<!doctype html><html lang="en">{HEAD}<body style="background:{back}"><main></main>' \
           f'<script id="facts" type="application/json">{facts}</script><script type="module">{HOST}</script>'

LOCAL = re.compile('data:|blob:|file:|about:')

@pytest.fixture
def host(new_page, played, tmp_path):
    "A function that opens a host; gives the page, and the frame that the view is in."
    def open_(kind, dark=False, width=1000):
        page, asked = new_page(viewport=dict(width=width, height=900)), []
        page.set_default_timeout(20_000)
        page.on('request', lambda r: asked.append(r.url))
        inner = host_page(played, kind, dark)
        if kind=='colab':
            inner = inner.replace('&', '&amp;').replace('"', '&quot;')
            inner = f'<!doctype html><html lang="en"><title>Colab</title><link rel="icon" href="data:,">' \
                    f'<iframe sandbox="allow-scripts" style="width:95%;height:850px" srcdoc="{inner}"></iframe>'
        (tmp_path/'host.html').write_text(inner, encoding='utf-8')
        page.goto((tmp_path/'host.html').as_uri())
        frame = page.frames[1] if kind=='colab' else page.main_frame
        frame.locator('.tile').first.wait_for()
        opened.append(asked)
        return page, frame
    opened = []
    yield open_
    assert not [url for asked in opened for url in asked if not LOCAL.match(url)]

def first_pixels(frame):
    "The middle pixel of each image."
    return frame.locator('.tile canvas').evaluate_all('''all => all.map(c =>
        [...c.getContext('2d').getImageData(c.width/2, c.height/2, 1, 1).data].slice(0, 3))''')

def until(page, condition, seconds=20):
    for _ in range(seconds*20):
        if condition(): return
        page.wait_for_timeout(50)
    raise AssertionError(f'not so within {seconds} s')

@pytest.mark.parametrize('kind, dark', [('vscode', True), ('vscode', False), ('colab', False), ('colab', True)])
def test_a_run_is_shown(host, played, kind, dark):
    "From the first message to the last image, exact to the pixel; the theme is that of the page."
    page, frame = host(kind, dark)
    frame.locator('.chip', has_text='Ready').wait_for()
    assert frame.locator('.output > div').get_attribute('data-theme')==('dark' if dark else 'light')
    frame.evaluate('play()')
    frame.locator('.chip', has_text='Finished').wait_for()
    frame.locator('.words', has_text='2 distilled images reach').wait_for()
    side = played.pixels.shape[1]
    until(page, lambda: first_pixels(frame)==played.pixels[:, side//2, side//2].tolist())
    frame.locator('.term', has_text='Meta-loss').focus()
    assert frame.locator('.tips p:visible').count()==1
    frame.get_by_role('slider').press('Home')
    until(page, lambda: first_pixels(frame) != played.pixels[:, side//2, side//2].tolist())
    assert {'hello', 'ack'} <= set(frame.evaluate('asked'))

@pytest.mark.parametrize('kind', ['vscode', 'colab'])
def test_an_output_is_shown_anew(host, kind):
    "As after scrolling far away, or in a second output: it asks for all it needs, and the old one leaves nothing."
    page, frame = host(kind)
    frame.evaluate('play()')
    frame.locator('.chip', has_text='Finished').wait_for()
    before = frame.evaluate('listeners()')
    frame.evaluate('() => { over = true; return show().then(off => { window.second = off; }); }')
    frame.locator('.output').nth(1).locator('.chip', has_text='Finished').wait_for()
    assert frame.evaluate('listeners()')==2*before
    frame.evaluate('leave()')
    until(page, lambda: frame.locator('.output').count()==1)
    assert frame.evaluate('listeners()')==before
    frame.evaluate('second()')
    until(page, lambda: frame.evaluate('listeners()')==0)

def test_a_drop_goes_in_messages_that_are_small_enough(host):
    "The host refuses a larger one."
    page, frame = host('colab')
    frame.evaluate("""() => {
      document.querySelector('main').classList.add('lgm-studio');
      const dataTransfer = new DataTransfer(), options = { dataTransfer, bubbles: true, cancelable: true };
      dataTransfer.items.add(new File([new Uint8Array(1_200_000)], 'pets.zip'));
      document.querySelector('main').dispatchEvent(new DragEvent('drop', options));
    }""")
    until(page, lambda: frame.evaluate("asked.filter(a => a === 'drop').length")==3)
    assert not frame.get_by_text('The kernel is gone').count()

def test_messages_and_state_are_small(played):
    "The state travels whole whenever a widget is made; no message of a run is larger than what Colab takes."
    assert len(json.dumps(played.state)) < 400_000
    sizes = {m['kind']: len(json.dumps(m)) + sum(4*len(b)//3 for b in bs) for part in played.messages for m, bs in part}
    assert max(sizes.values()) < MOST, sizes

def test_the_module_stands_alone():
    "No import, no address, no storage; what is JupyterLab's is optional."
    text = live_module()
    assert text.count('export ')==1 and 'export default {' in text
    for pattern in (r'^\s*import\b', r'\bimport\s*\(', r'import\.meta', r'\bfetch\(', 'XMLHttpRequest', 'WebSocket',
                    'localStorage', 'sessionStorage', r'document\.cookie', 'indexedDB', r'\brequire\('):
        assert not re.search(pattern, text, re.M), pattern
    assert set(re.findall(r'https?://[^\s\'"`\\)]+', text)) <= {'http://www.w3.org/2000/svg'}
    for file in (*STATIC.glob('*.js'), *STATIC.glob('*.css')):
        source = file.read_text(encoding='utf-8')
        bare = re.findall(r'var\(--(?:jp|vscode|colab)-[\w-]+\)', source)
        assert not bare, f'{file.name}: {bare} without a fall-back'

def test_colab_shows_the_box_of_a_studio(monkeypatch):
    "Its custom manager is enabled when a view is made, and named beside the box, which is not a custom widget itself."
    calls, mime = [], 'application/vnd.jupyter.widget-view+json'
    colab = types.SimpleNamespace(enable_custom_widget_manager=lambda: calls.append(1),
        _widgets=types.SimpleNamespace(_installed_url='https://colab.example/manager.js'))
    monkeypatch.setitem(sys.modules, 'google.colab.output', colab)
    _util.enable_custom_widget_manager_once.cache_clear()
    try: bundle, meta = Studio(steps=321)._repr_mimebundle_()
    finally: _util.enable_custom_widget_manager_once.cache_clear()
    assert calls and mime in bundle
    assert meta[mime]['colab']['custom_widget_manager']['url']=='https://colab.example/manager.js'
    monkeypatch.delitem(sys.modules, 'google.colab.output')
    assert mime not in Studio(steps=321)._repr_mimebundle_()[1]
