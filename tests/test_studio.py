"The studio without a browser: history, messages, escaping, determinism, and a run in an event loop."
import asyncio, json, os, re, shutil, signal, sys, threading, time, types
import numpy as np, pytest, torch
from IPython.core.formatters import DisplayFormatter
from conftest import ROOT, tiny_name, write_photographs
from lgm_nb.backbones.embedded import zoo_cards
from lgm_nb.backbones.open import open_backbone
from lgm_nb.core.devices import pick_device
from lgm_nb.data.dataset import from_arrays
from lgm_nb.data.open import open_dataset
from lgm_nb.method.distiller import Distiller
from lgm_nb.method.exchange import read_images
from lgm_nb.method.run_folder import read_card
from lgm_nb.method.settings import Settings
from lgm_nb.method.meta_loss import Objective
from lgm_nb.probing.examiner import Examiner
from lgm_nb.probing.probe import exhaust
from lgm_nb.views import controls, exports, measuring, photographs
from lgm_nb.views.exports import page_facts, write_export
from lgm_nb.views.history import History
from lgm_nb.views.measuring import KeptFeatures
from lgm_nb.views.messages import Ask, Tell, read_protocol
from lgm_nb.views.run_plan import Later
from lgm_nb.views.scheduler import Scheduler
from lgm_nb.views.shelf import FIRST_RUN, folder_facts, last_pixels, Shelf
from lgm_nb.views.studio import NEXT_PROBED, Studio
from lgm_nb.views.studio_run import open_networks, StudioRun, prepare
from lgm_nb.views.widgets import CrossModelChart, EvolutionPlayer
from lgm_nb.views.sheets import page_json, read_sheet, still_html, to_bytes

NASTY = ['<img src=x onerror="alert(1)">', '</script><script>alert(2)</script>', '"\'`${1}\u2028']

@pytest.fixture(scope='module')
def net(): return open_backbone(tiny_name())

@pytest.fixture(scope='module')
def data():
    "A small data set whose class names are an attack."
    g = np.random.default_rng(0)
    images = [g.integers(0, 256, (12, 32, 32, 3), dtype=np.uint8)//2 + 60*k for k in range(3)]
    arrays = (np.concatenate(images).astype(np.uint8), np.repeat(np.arange(3), 12))
    return from_arrays(arrays, classes=NASTY, name='<b>bold</b>')

def noise(seed, n=5, side=8): return np.random.default_rng(seed).integers(0, 256, (n, side, side, 3), dtype=np.uint8)

def test_history_is_bounded_and_even():
    history = History(limit=30*noise(0).nbytes, most=1000)
    for step in range(400): history.add(step, 1, noise(step), keep=history.wants(step))
    steps = [f['step'] for f in history.frames]
    assert history.bytes <= history.limit and steps[0]==0 and steps[-1]==399
    assert set(np.diff(steps[:-1]))=={history.stride}=={32} and 'every 32nd step' in history.kept

def test_history_is_read_while_it_changes(monkeypatch):
    "By a cell that is executed again during a run, whose worker drops frames and their sheets meanwhile."
    history, step = History(most=4), iter(range(10**6))
    def add(keep=True): history.add(n := next(step), 1, noise(n), keep)
    def read(sheet, plain=read_sheet):
        for _ in range(5): add(keep=False)
        for _ in range(5): add()
        return plain(sheet)
    for _ in range(4): add()
    monkeypatch.setattr('lgm_nb.views.history.read_sheet', read)
    found = history.read()
    assert [n for n, _, _ in found]==[0, 1, 2, 3] and all((pixels==noise(n)).all() for n, _, pixels in found)

def test_history_sends_only_what_changed():
    history, images = History(), noise(1)
    history.add(0, 1, images)
    changed = images.copy()
    changed[3] = 0
    frame, sheet, _ = history.add(1, 1, changed)
    assert sheet['count']==1 and np.array_equal(history.pixels(frame), changed)
    assert history.add(2, 1, changed)[1] is None

@pytest.fixture(scope='module')
def finished(data, net):
    "A short run, with all it told."
    told = []
    async def go():
        run = StudioRun(data, [net], Settings(steps=12, views=1), seeds=2)
        run.listeners.append(lambda message, buffers: told.append((message, buffers)))
        run.start()
        run.start() # must not start anything
        await run.wait()
        return run
    return asyncio.run(go()), told

def test_run_finishes_and_tells(finished):
    run, told = finished
    assert run.state=='finished' and run.error is None
    kinds = [m['kind'] for m, _ in told]
    assert kinds.count('frame')==13 and {'sync', 'status', 'curves'} <= set(kinds)
    for message, buffers in told:
        json.dumps(message, allow_nan=False)
        assert all(isinstance(b, bytes) for b in buffers)

def test_the_curve_goes_from_the_first_step_to_the_last(finished):
    "Live points are one probe each; the last one has all seeds."
    scores = finished[0].accuracies.scores[finished[0].plan.distil_with]
    steps = [step for step, _ in scores]
    assert steps[0]==0 and steps[-1]==12 and steps==sorted(set(steps))
    assert {len(score.top1) for _, score in scores[:-1]}=={1} and len(scores[-1][1].top1)==2

def test_the_end_is_said_in_words(finished, data):
    "Once everything is measured, not before; few test images, and a baseline that is not beaten, are mentioned."
    run, told = finished
    curves = [m for m, _ in told if m['kind']=='curves']
    assert curves[0]['words']=='' and curves[-1]['words']==run.film()['words']==run.facts()['words']
    name, table = run.plan.distil_with, run.table()
    said = {kind: f"{table.scores[kind][name]['top1_mean']:.0f} %" for kind in ('distilled', 'random', 'full')}
    start = f"3 distilled images reach {said['distilled']}, 3 random real images {said['random']}"
    end = f"all {len(data.train)} real images {said['full']} (probe on {name}, protocol ridge"
    assert curves[-1]['words'].startswith(start) and end in curves[-1]['words']
    few = f'{len(data.test)} test images: an accuracy is known to ±'
    assert few in curves[-1]['caution'] and few in table.caption and few in curves[0]['caution']
    low = [kind for kind in ('random', 'centroid') if table.scores[kind][name]['distilled_minus'][1] <= 0]
    assert curves[-1]['curves'][0]['unbeaten']==low and ('* distilled' in curves[-1]['caution'])==bool(low)

def test_run_takes_the_steps_of_a_plain_distiller(finished, data, net):
    plain = Distiller(data, net, Settings(steps=12, views=1), frames=0)
    for _ in plain: pass
    assert torch.equal(plain.images(), finished[0].distilled().images)

@pytest.fixture
def cache(monkeypatch, tmp_path):
    "A cache that is empty."
    monkeypatch.setenv('LGM_NB_CACHE', str(tmp_path/'cache'))
    return tmp_path/'cache'

def states(told):
    "What a run told, in order: steps of frames, and what it was doing."
    return [m['frame']['step'] if m['kind']=='frame' else m['status']['doing'] for m in told
            if m['kind'] in ('frame', 'status')]

def test_the_first_images_do_not_wait_for_the_bank(data, net, cache):
    "They are shown before a real image is embedded; a stop then leaves nothing on the shelf."
    told = []
    async def go(studio):
        studio.view.send = lambda message, buffers=(): told.append(message)
        run = studio.run
        run.listeners[:] = [studio.view.send, lambda m, b: run.stop() if 'embedding' in run.doing else None]
        studio.start()
        await studio.wait()
        return run
    run = asyncio.run(asyncio.wait_for(go(Studio(data, net, steps=7)), 120))
    seen = states(told)
    assert [m['kind'] for m in told if m['kind'] in ('sync', 'frame')]==['sync', 'frame'] and seen.count(0)==1
    assert seen.index(0) < next(i for i, s in enumerate(seen) if 'embedding real images' in str(s)), seen
    first = Distiller(data, net, Settings(steps=7), frames=0).images()
    assert run.state=='stopped' and np.array_equal(run.history.pixels(run.history.frames[0]), to_bytes(first))
    assert not any('this session' in r['place'] and NASTY[0] in r['title'] for m in told if m['kind']==Tell.RUNS
                   for r in m['runs'])

def test_a_studio_that_waits_prepares_its_start(data, net, cache):
    "Its bank and features are then in the cache; whatever else is asked for comes first."
    told = []
    async def go():
        run = StudioRun(data, [net], Settings(steps=2, views=1), seeds=3)
        run.listeners.append(lambda message, buffers: told.append(message))
        task = asyncio.create_task(prepare(run))
        await asyncio.sleep(0)
        assert await asyncio.wait_for(run.worker.do(lambda: 'answer'), 60)=='answer'
        await task
        kept = {p.name for p in cache.rglob('*.safetensors')}
        assert kept=={'means.safetensors', 'features.safetensors', 'test.safetensors', 'train.safetensors'}
        run.start()
        await run.wait()
        task = asyncio.create_task(prepare(run)) # of a run that is started meanwhile: it ends
        run.start()
        await asyncio.gather(task, run.wait())
        return run
    run = asyncio.run(asyncio.wait_for(go(), 120))
    assert run.state=='finished' and not any('embedding' in str(s) for s in states(told))

def measured_kinds(monkeypatch):
    "The kinds of all measurements that begin from now on."
    kinds, own = [], measuring.Examiner.iter_row
    def count(self, kind, made):
        kinds.append(kind)
        return own(self, kind, made)
    monkeypatch.setattr(measuring.Examiner, 'iter_row', count)
    return kinds

def test_baselines_are_measured_ahead_and_once(data, net, cache, monkeypatch):
    "Before the start; another session reads them, with the same accuracies, and its map has the real images."
    kinds = measured_kinds(monkeypatch)
    async def go():
        run = StudioRun(data, [net], Settings(steps=1, views=1), seeds=2)
        await prepare(run)
        seen = list(kinds)
        run.start()
        await run.wait()
        return run.curves(), run.accuracies.maps[net.name].facts('net'), seen
    measuring._EXAMINED.clear()
    curves, map_, seen = asyncio.run(asyncio.wait_for(go(), 120))
    assert seen==['random', 'centroid', 'full'] and not set(kinds[3:]) & set(seen)
    measuring._EXAMINED.clear()
    kinds.clear()
    again, same, seen = asyncio.run(asyncio.wait_for(go(), 120))
    assert again==curves and same==map_ and not seen and set(kinds)=={'distilled'}

def test_baselines_are_those_of_as_many_images(data, net, cache):
    "Whatever an earlier start had."
    async def go():
        run, found = StudioRun(data, [net], Settings(steps=1, views=1), seeds=2), []
        for ipc in (1, 3):
            run.configure(ipc=ipc)
            run.start()
            await run.wait()
            found.append(run.accuracies.examined[net.name].baselines)
        return found
    one, three = asyncio.run(asyncio.wait_for(go(), 120))
    examiner = Examiner(data, net, 'ridge', seeds=2)
    for own, ipc in ((one, 1), (three, 3)):
        assert torch.equal(own['random'].predicted, examiner.score_rows(examiner.random_rows(ipc)).predicted)
    assert not torch.equal(one['random'].predicted, three['random'].predicted)
    assert torch.equal(one['full'].predicted, three['full'].predicted)

def test_features_of_real_images_are_computed_once(data, net, cache, monkeypatch):
    "Another session reads them: it embeds nothing but the images of the run."
    async def go():
        run = StudioRun(data, [net], Settings(steps=1, views=1), seeds=4)
        run.start()
        await run.wait()
        return run.curves()
    first = asyncio.run(go())
    measuring._EXAMINED.clear()
    embedded, own = [], measuring.Examiner._embed
    def count(self, split):
        if split not in self._features: embedded.append(split)
        return own(self, split)
    monkeypatch.setattr(measuring.Examiner, '_embed', count)
    assert asyncio.run(go())==first and embedded==[]

def test_damaged_features_are_computed_again(data, net, cache):
    def kept():
        examiner = Examiner(data, net, 'ridge', seeds=1)
        exhaust(KeptFeatures(examiner).fill())
        return examiner.train_features
    first = kept()
    file, = (cache/'features').rglob('train.safetensors')
    whole = file.read_bytes()
    file.write_bytes(whole[:-1000] + bytes(1000))
    with pytest.warns(UserWarning, match='train.safetensors is damaged'): assert torch.equal(kept(), first)
    assert file.read_bytes()==whole # and kept anew

def test_a_start_while_results_are_kept_counts():
    class Slow(Scheduler):
        starts = 0
        async def work(self): self.starts += 1
        async def end(self): await asyncio.sleep(.05)
    async def twice():
        run = Slow()
        run.start()
        while run.state != 'finished': await asyncio.sleep(0)
        assert run.active
        run.start()
        while run.starts < 2: await asyncio.sleep(.01)
        await run.wait()
    asyncio.run(asyncio.wait_for(twice(), 20))

def test_the_check_comes_last_and_can_be_stopped(finished, data, net):
    "It is told after the words; a stop ends it, and the accuracies before it are kept."
    run, told = finished
    curves = [m for m in told if m[0]['kind']=='curves']
    *_, before, last = [(m['words'], m['curves'][0]['check']) for m, _ in curves]
    assert before[0] and before[1] is None and len(last[1])==2
    assert run.film()['curves'][0]['check']==last[1] and run.status()['doing']==''
    assert any('1,000 epochs' in m['status']['doing'] for m, _ in told if m['kind']=='status')
    async def go():
        run = StudioRun(data, [net], Settings(steps=1, views=1), seeds=1)
        run.start()
        while not (run.state=='measuring' and run.measuring.checks): await asyncio.sleep(.001)
        run.stop()
        await run.wait()
        assert run.state=='stopped' and run.curves()[0]['check'] is None and len(run.curves()[0]['points'])==2
    asyncio.run(asyncio.wait_for(go(), 120))

def test_the_studio_probes_what_it_is_told_to_distil_with():
    studio = Studio(distil_with='tiny-vicreg-resnet')
    assert 'tiny-vicreg-resnet' in studio.run.plan.probed

def test_the_studio_probes_the_best_backbone_and_two_others():
    run = Studio().run
    assert run.plan.probed==NEXT_PROBED and run.plan.sources==NEXT_PROBED[:1]
    assert set(NEXT_PROBED) < set(run.plan.backbones) and run.plan.data.name=='caltech10-mini'
    assert len(Studio(probed=['tiny-can-vit']).run.plan.probed)==1

def test_a_view_opens_only_what_is_used():
    "Nothing is opened in the thread of the kernel, where it would hold up what the browser asks."
    studio = Studio('cifar10-mini', steps=322)
    run, html = studio.run, studio._repr_mimebundle_()[0]['text/html']
    assert 'cifar10-mini in 10 images' in html and not run.plan.backbones.made()
    open_networks(run)
    run.facts()
    assert set(run.plan.backbones.made())==set(run.plan.used)

def test_several_backbones_distil(data, net, tmp_path):
    "Both distil, both are marked as seen; closer looks are taken with the first."
    other = open_backbone('tiny-simclr-resnet')
    async def go():
        run = StudioRun(data, [net, other], Settings(steps=3, views=1), [other.name, net.name], seeds=1)
        run.start()
        await run.wait()
        return run
    run = asyncio.run(go())
    assert run.state=='finished' and run.plan.home==other.name
    assert run.facts()['note']==f'distilled with {other.name} + {net.name}'
    assert all(curve['own'] for curve in run.curves())
    assert set(run.table().columns[1:])=={f'{name} (seen)' for name in (net.name, other.name)}
    assert [b['name'] for b in run.distilled().card['backbones']]==[other.name, net.name]
    before = run.film(), repr(run.table()), repr(run), page_facts(run)
    run.configure(distil_with=net.name, steps=9, ipc=2)
    assert run.next_plan.sources==(net.name,) and run.next_plan.images==2*run.plan.images
    assert (run.film(), repr(run.table()), repr(run), page_facts(run))==before, 'these tell of the last start'
    assert run.examined[run.plan.home].examiner.backbone is other
    made = read_card(write_export(run, 'set', tmp_path/'made')/'card.json')
    assert made['data']['name']==data.name and set(made['accuracy'])=={net.name, other.name}

def test_pause_continue_stop(data, net):
    async def go():
        run = StudioRun(data, [net], Settings(steps=100_000, views=1), seeds=1)
        run.start()
        while run.step < 3: await asyncio.sleep(.01)
        run.pause()
        while run.state != 'paused': await asyncio.sleep(.01)
        at = run.step
        await asyncio.sleep(.3)
        assert run.step==at
        run.start()
        while run.step < at + 2: await asyncio.sleep(.01)
        run.stop()
        await run.wait()
        assert run.state=='stopped' and len(run.results)==1
    asyncio.run(asyncio.wait_for(go(), 120))

def test_a_pause_right_after_continue_counts(data, net):
    "Two quick clicks on a paused run: it stays paused."
    async def go():
        run = StudioRun(data, [net], Settings(steps=100_000, views=1), seeds=1)
        run.start()
        while run.step < 2: await asyncio.sleep(.01)
        run.pause()
        while run.state != 'paused': await asyncio.sleep(.01)
        at = run.step
        run.start()
        run.pause()
        await asyncio.sleep(.3)
        assert run.state=='paused' and run.step==at
        run.stop()
        await run.wait()
    asyncio.run(asyncio.wait_for(go(), 120))

def test_kinds_of_message_are_those_of_the_table():
    "Every constant that the package, its tests or its benchmarks use is in the table, and each kind is used."
    protocol, files = read_protocol(), [p for d in ('lgm_nb', 'tests', 'benchmarks') for p in (ROOT/d).rglob('*.py')]
    used = {found for p in files for found in re.findall(r'\b(Tell|Ask)\.([A-Z]+)', p.read_text(encoding='utf-8'))}
    for side, kinds in (('Tell', Tell), ('Ask', Ask)):
        assert vars(kinds)=={kind.upper(): kind for kind in protocol[side.lower()]}
        assert {name for who, name in used if who==side}==set(vars(kinds))

def test_starting_one_run_pauses_the_other(data, net):
    async def go():
        settings = [Settings(steps=100_000, views=1, seed=s) for s in (0, 1)]
        one, two = (StudioRun(data, [net], s, seeds=1) for s in settings)
        one.start()
        while one.step < 2: await asyncio.sleep(.01)
        two.start()
        while one.state != 'paused' or two.step < 2: await asyncio.sleep(.01) # the first ends its present step
        still = one.step
        while two.step < 4: await asyncio.sleep(.01)
        assert one.state=='paused' and one.step==still
        for run in (one, two): run.stop()
        for run in (one, two): await run.wait()
    asyncio.run(asyncio.wait_for(go(), 120))

def test_an_interrupt_pauses(data, net):
    "While a run is active, SIGINT to an idle kernel means Pause, and no step is torn."
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    async def go():
        run = StudioRun(data, [net], Settings(steps=100_000, views=1), seeds=1)
        run.start()
        while run.step < 2: await asyncio.sleep(.01)
        os.kill(os.getpid(), signal.SIGINT)
        while run.state != 'paused': await asyncio.sleep(.01)
        other = StudioRun(data, [net], Settings(steps=100_000, views=1), seeds=1)
        other.start()
        while other.step < 2: await asyncio.sleep(.01)
        os.kill(os.getpid(), signal.SIGINT) # it is the one that runs now
        while other.state != 'paused': await asyncio.sleep(.01)
        for each in (run, other): each.stop()
        for each in (run, other): await each.wait()
        os.kill(os.getpid(), signal.SIGINT) # nothing runs: nothing happens
        await asyncio.sleep(.05)
        assert run.state=='stopped' and run.error is None
    try: asyncio.run(asyncio.wait_for(go(), 120))
    finally: signal.signal(signal.SIGINT, before)

class Broken(Objective):
    def __call__(self, step): return step.syn_features.sum()*float('nan')

def test_divergence_is_told(data, net):
    async def go():
        run = StudioRun(data, [net], Settings(steps=5, views=1), objective=Broken(), seeds=1)
        run.start()
        await run.wait()
        assert run.state=='failed' and 'finite' in run.message and 'finite' in run.status()['message']
    asyncio.run(go())

def test_same_call_same_run(data, net):
    a, b, c = Studio(data, net, steps=5), Studio(data, net, steps=5), Studio(data, net, steps=6)
    assert a.run is b.run and a.view is b.view and c.run is not a.run

def test_names_cannot_become_markup(finished):
    run, _ = finished
    facts = run.film()
    html = still_html(facts)
    assert not any(tag in html for tag in ('<img src=x', '<script>alert', '<b>bold'))
    assert html.count('</script>')==2
    assert json.loads(page_json(facts))['classes']==NASTY

def test_still_pages_are_deterministic_and_ask_nobody(finished):
    run, _ = finished
    html = still_html(run.film())
    assert html==still_html(run.film())
    assert 'https://' not in html and 'import(' not in html
    assert 'http://' not in html.replace('http://www.w3.org/2000/svg', '')

def test_an_output_holds_a_page_that_is_made_once(data, net, monkeypatch):
    made = []
    monkeypatch.setattr('lgm_nb.views.studio.still_html', lambda *args: made.append(args) or '<p>page</p>')
    assert Studio(data, net, steps=7)._repr_mimebundle_()[0]['text/html']=='<p>page</p>' and len(made)==1

def test_mime_bundle_holds_both(finished):
    bundle, _ = EvolutionPlayer([torch.rand(3, 3, 8, 8) for _ in range(4)])._repr_mimebundle_()
    assert {'text/html', 'application/vnd.jupyter.widget-view+json'} <= set(bundle)
    assert 'data-lgm-player' in bundle['text/html']

LIVE = 'application/vnd.jupyter.widget-view+json'

@pytest.fixture
def jupyter(monkeypatch):
    "A kernel as Jupyter Server starts it: what is asked of its displays, and the shell, to change it."
    shown, shell = [], types.SimpleNamespace(kernel=True, user_ns={})
    monkeypatch.setenv('JPY_SESSION_NAME', 'a.ipynb')
    monkeypatch.setattr('IPython.get_ipython', lambda: shell)
    monkeypatch.setattr('lgm_nb.views.studio.shorten_errors', lambda: None)
    monkeypatch.setattr('IPython.display.display', lambda bundle, **kwargs: shown.append((bundle, kwargs)))
    return shown, shell

def test_a_live_and_a_still_output(data, net, jupyter):
    "In JupyterLab, each of which it shows by itself; the still one is renewed when the run has ended."
    shown, _ = jupyter
    studio = Studio(data, net, steps=4, views=1)
    assert DisplayFormatter().format(studio)==({}, {})
    (live, _), (still, first) = shown
    assert LIVE in live and 'text/html' not in live
    assert LIVE not in still and still['text/html'].startswith('<div data-lgm-pair>') and not first['update']
    def steps(html):
        facts = json.loads(re.search(r'data-lgm-facts="[^"]*">(.*?)</script>', html, re.S)[1])
        return [frame['step'] for frame in facts['frames']]
    async def go():
        studio.start()
        while studio.run.step < 2: await asyncio.sleep(0)
        assert len(steps(studio.still()))==1, 'a film would hold up the run'
        await studio.wait()
    asyncio.run(asyncio.wait_for(go(), 120))
    (still, last), = shown[2:]
    assert last['update'] and last['display_id']==first['display_id']
    assert steps(still['text/html'])==[0, 1, 2, 3, 4]

def test_changes_renew_the_still_output_once(jupyter):
    "All that one cell changes."
    shown, _ = jupyter
    chart = CrossModelChart()
    async def cell():
        for step in range(5): chart.point(step, 'net', 50.)
        assert not shown[2:]
        await asyncio.sleep(.05)
    asyncio.run(cell())
    assert not shown # it was not displayed
    DisplayFormatter().format(chart)
    asyncio.run(cell())
    assert len(shown)==3 and shown[2][1]['update']

@pytest.mark.parametrize('place', ['vscode', 'colab', 'script'])
def test_one_output_where_it_holds_both(jupyter, monkeypatch, place):
    shown, shell = jupyter
    if place=='vscode': shell.user_ns['__vsc_ipynb_file__'] = 'a.ipynb'
    if place=='colab': monkeypatch.setitem(sys.modules, 'google.colab', types.ModuleType('colab'))
    if place=='script': monkeypatch.delenv('JPY_SESSION_NAME')
    for view in (CrossModelChart(), Studio(steps=322)):
        assert {LIVE, 'text/html'} <= set(DisplayFormatter().format(view)[0])
    assert not shown

def test_the_run_that_ships():
    "Small, whole, of the data set that ships beside it; its words follow from its accuracies."
    files = [f for f in FIRST_RUN.rglob('*') if f.is_file()]
    assert sum(f.stat().st_size for f in files) < 1_800_000
    facts, card = folder_facts(FIRST_RUN), json.loads((FIRST_RUN/'card.json').read_text(encoding='utf-8'))
    data = open_dataset('caltech10-mini')
    assert facts['classes']==data.classes and last_pixels(facts).shape==(10, 112, 112, 3)
    assert card['data']['hash']==data.hash and card['step']==facts['frames'][-1]['step']==facts['steps']
    assert len(facts['details'])==10 and len(facts['frames']) >= 30
    told = facts['settings']
    assert told['Steps']==str(card['step']) and told['Distilled with']==card['backbone']['name']
    home = facts['curves'][0]
    values = (('images reach', home['points'][-1][1]), ('random real images', home['baselines']['random'][0]))
    for name, value in values:
        assert f'{name} {value:.0f} %' in facts['words']
    for curve in facts['curves']: # so that the table, the maps and the closer look move with the slider
        steps = [step for step, *_ in curve['points']]
        assert max(b - a for a, b in zip(steps, steps[1:])) <= card['step']/20, curve['name']
        assert curve['check'] and len(curve['past'])==len(steps) - 1
    with_images = read_images(FIRST_RUN/'images', data.classes)
    assert with_images[1].tolist()==list(range(10))

def test_a_larger_backbone_is_offered(monkeypatch):
    "If its weights are installed; it is neither chosen nor opened before it is asked for."
    opened = []
    monkeypatch.setattr('lgm_nb.views.studio.has_packaged_weights', lambda name: True)
    monkeypatch.setattr('lgm_nb.views.studio.open_backbone', lambda name, **kwargs: opened.append(name))
    for asked in (dict(), dict(data='cifar10-mini')):
        studio = Studio(**asked, steps=323)
        boxes = studio.controls.settings
        assert [own['efficientnet-lite0'].value for own in (boxes.sources, boxes.probed)]==[False, False]
        assert 'efficientnet-lite0' not in studio.run.plan.used and 'efficientnet-lite0' not in opened
    chosen = Studio('cifar10-mini', distil_with='efficientnet-lite0', steps=323).run.plan
    assert chosen.sources==('efficientnet-lite0',) and set(chosen.probed)=={'efficientnet-lite0', *zoo_cards()}
    monkeypatch.setattr('lgm_nb.views.studio.has_packaged_weights', lambda name: False)
    assert 'efficientnet-lite0' not in Studio(steps=324).controls.settings.sources

def test_a_new_view_gets_the_shelf(data, net):
    "The shipped run before the first start, and its animation; a run that has ended is put in front."
    async def go(studio):
        told = []
        studio.view.send = lambda message, buffers=(): told.append(message)
        studio.run.listeners[:] = [studio.view.send]
        studio.view._hear(None, dict(ask=Ask.HELLO), [])
        while not any(m['kind']==Tell.SYNC for m in told): await asyncio.sleep(.01)
        studio.start()
        await studio.wait()
        while sum(m['kind']==Tell.RUNS for m in told) < 2: await asyncio.sleep(.01)
        key = [m for m in told if m['kind']==Tell.RUNS][-1]['runs'][0]['key']
        for asked in (key, 'nosuch'): studio.view._hear(None, dict(ask=Ask.FILM, key=asked), [])
        while told[-1]['kind'] != Tell.SAID: await asyncio.sleep(.01)
        return told, key
    told, key = asyncio.run(asyncio.wait_for(go(Studio(data, net, steps=3, views=1)), 120))
    first = next(m for m in told if m['kind']==Tell.RUNS)
    assert first['open'] is None and first['runs'][-1]['key']=='first'
    film = next(m for m in told if m['kind']==Tell.FILM)
    assert film['key']==key and film['facts']['classes']==NASTY and 'nosuch' in told[-1]['text']
    json.dumps(film, allow_nan=False)

def test_a_saved_notebook_shows_the_run_that_it_opened_with(monkeypatch):
    "Before the first start; small enough for a notebook, with its last images for those who run no scripts."
    monkeypatch.setattr(Shelf, 'entries', lambda shelf: pytest.fail('the cell waits for all runs on disk'))
    html = Studio()._repr_mimebundle_()[0]['text/html']
    assert 'caltech10-mini in 10 images' in html and '<img' in html and 200_000 < len(html) < 700_000
    facts = json.loads(re.search(r'data-lgm-facts="[^"]*">(.*?)</script>', html, re.S)[1])
    assert 5 <= len(facts['frames'])==len(facts['sheets']) and facts['frames'][-1]['step']==facts['steps']

def test_a_stop_is_said_at_once(data, net):
    "Though the worker is busy: with a long piece of work, or with a backbone; the next one is not opened."
    opened, told = [], []
    def find(name):
        opened.append(name)
        time.sleep(.5)
        return net
    async def go():
        run = StudioRun(data, Later([net.name, 'another'], find), Settings(steps=5, views=1), seeds=1)
        run.listeners.append(lambda message, buffers: told.append(message))
        run.start()
        while not opened: await asyncio.sleep(.01)
        run.stop()
        assert run.state=='stopping' and told[-1]['status']['state']=='stopping' and len(opened)==1
        await run.wait()
        assert run.state=='stopped' and opened==[net.name]
        run.configure(probed=[])
        run.start()
        while run.step < 1: await asyncio.sleep(.01)
        run.worker.submit(time.sleep, .5)
        run.stop()
        assert run.state=='stopping'
        await run.wait()
        assert run.state=='stopped'
        run.stop() # too late
        assert run.state=='stopped'
    asyncio.run(asyncio.wait_for(go(), 120))

def test_a_backbone_that_does_not_open_is_tried_once(data):
    "In the worker, and the error is told without asking for the backbone again."
    threads, told = [], []
    def find(name):
        threads.append(threading.current_thread().name)
        raise ValueError('weights: damaged')
    async def go():
        run = StudioRun(data, Later(['net'], find), Settings(steps=5, views=1), seeds=1)
        run.listeners.append(lambda message, buffers: told.append(message))
        run.start()
        await run.wait()
        return run
    run = asyncio.run(asyncio.wait_for(go(), 120))
    assert len(threads)==1 and threads[0].startswith('lgm-studio')
    assert run.state=='failed' and run.error.__context__ is None and 'weights: damaged' in told[-1]['status']['message']

@pytest.mark.parametrize('by', ['view', 'button'])
def test_a_stop_does_not_wait_for_a_page(data, net, monkeypatch, tmp_path, by):
    "The real images that a page needs are embedded in pieces, between which the run stops."
    done = []
    def slow(examiner):
        for i in range(40*(not examiner.train_ready)): yield done.append(time.sleep(.06))
        return (yield from examiner._embed('train'))
    monkeypatch.setattr(Examiner, 'embed_train', slow)
    async def go(studio):
        sent, run = [], studio.run
        studio.view.send = lambda message, buffers=(): sent.append(message)
        run.configure(probed=[])
        run.start()
        while run.step < 2: await asyncio.sleep(.01)
        run.examined[run.plan.home].examiner._features.pop('train', None) # another test may have embedded them
        if by=='view': studio.view._hear(None, dict(ask=Ask.PAGE, key=None), [])
        else: task = asyncio.create_task(studio.controls.export.write('html'))
        while not done: await asyncio.sleep(.01)
        run.stop()
        await run.wait()
        assert run.state=='stopped' and len(done) < 20
        if by=='button':
            await task
            assert studio.controls.export.note.text.startswith('Wrote ')
        while by=='view' and not any(m['kind']==Tell.PAGE for m in sent): await asyncio.sleep(.01)
    studio = Studio(data, net, steps=100_000, views=1, seed=40 + (by=='view'), folder=tmp_path/'set')
    asyncio.run(asyncio.wait_for(go(studio), 120))

async def said_of(studio, sent, by):
    "What a studio says when it is asked for a page, or for a file."
    if by != 'view':
        await studio.controls.export.write(by)
        return studio.controls.export.note.text
    studio.view._hear(None, dict(ask=Ask.PAGE, key=None), [])
    while not any(m['kind'] in (Tell.SAID, Tell.PAGE) for m in sent): await asyncio.sleep(.01)
    return [m for m in sent if m['kind']==Tell.SAID][-1]['text']

@pytest.mark.parametrize('by', ['view', 'html', 'gif', 'set'])
@pytest.mark.parametrize('early', [True, False], ids=['before it is read', 'while it is read'])
def test_a_start_while_something_is_written_is_said(data, net, monkeypatch, tmp_path, by, early):
    "Nothing is written of two starts, and no note goes on saying that something is being written."
    async def go(studio):
        sent, run, loop = [], studio.run, asyncio.get_running_loop()
        studio.view.send = lambda message, buffers=(): sent.append(message)
        run.configure(probed=[])
        run.start()
        await run.wait()
        number, film, frames = run.number, type(run).film, exports.evenly
        def starts(*args, read):
            loop.call_soon_threadsafe(run.start)
            while run.number==number: time.sleep(.01)
            return read(*args)
        if early:
            run.worker.submit(time.sleep, .3) # the worker has other work to do first
            loop.call_later(.1, run.start)
        else:
            monkeypatch.setattr(type(run), 'film', lambda *args: starts(*args, read=film))
            monkeypatch.setattr(exports, 'evenly', lambda *args: starts(*args, read=frames))
        text = await said_of(studio, sent, by)
        assert text.startswith('No page: run: another start has begun' if by=='view' else 'Not written: run: another')
        monkeypatch.undo()
        await run.wait()
        assert run.state=='finished' and not [p for p in tmp_path.rglob('*') if p.is_file()]
    studio = Studio(data, net, steps=2, views=1, seed=50 + early, folder=tmp_path/by/'set')
    asyncio.run(asyncio.wait_for(go(studio), 120))

def test_typed_data_are_opened_once_and_again_when_they_have_changed(data, net, tmp_path, monkeypatch):
    "A forecast under way and a start share them; Start again reads a folder in which a file has changed."
    opened, slow = [], controls.open_typed
    def counted(text):
        opened.append(text)
        time.sleep(.2)
        return slow(text)
    monkeypatch.setattr(controls, 'open_typed', counted)
    folder = write_photographs(tmp_path/'pets', ['airplane', 'bird'])
    async def go(studio):
        c, run = studio.controls, studio.run
        async def again():
            c.openings.toggle()
            while run.state in ('ready', 'finished') and not run.active: await asyncio.sleep(.01)
            await run.wait()
            assert run.state=='finished', run.message
        monkeypatch.setattr(controls, 'PATIENCE', 0.)
        c.settings.choice.data.value = str(folder)
        while not opened: await asyncio.sleep(.001)
        await again()
        assert len(opened)==1 and run.plan.data.classes==['airplane', 'bird']
        first = len(run.plan.data.train) + len(run.plan.data.test)
        await again()
        assert len(opened)==1
        shutil.copy(next((folder/'bird').iterdir()), folder/'bird/new.png')
        await again()
        assert len(opened)==2 and len(run.plan.data.train) + len(run.plan.data.test)==first + 1
    studio = Studio(data, net, steps=1, views=1, seed=71, probed=[], folder=tmp_path/'runs/set')
    asyncio.run(asyncio.wait_for(go(studio), 120))

def test_what_is_said_stays_until_something_changes(data, net, monkeypatch):
    "A forecast under way does not replace it, and none promises a start while a value is wrong."
    monkeypatch.setattr(controls, 'PATIENCE', .05)
    monkeypatch.setattr(controls, 'run_cost', lambda plan: 'soon')
    async def go():
        panel = Studio(data, net, steps=8).controls
        steps, note = panel.settings.fields['steps'], panel.note
        steps.value = 9
        while not note.text.endswith('soon'): await asyncio.sleep(.01)
        steps.value = 0
        while note.text: await asyncio.sleep(.01)
        steps.value = 10
        await panel.openings.add('nosuch')
        await asyncio.sleep(.2)
        assert note.text.startswith('Not opened: ')
    asyncio.run(asyncio.wait_for(go(), 20))

def test_images_are_made_in_the_worker(data, net, tmp_path, monkeypatch):
    "And zips: in the kernel's own thread they would hold up what the browser asks."
    threads = set()
    def noted(f): return lambda self: (threads.add(threading.current_thread().name), f(self))[1]
    for kind, name in ((Distiller, 'images'), (photographs.Dropped, 'zipped')):
        monkeypatch.setattr(kind, name, noted(getattr(kind, name)))
    async def go():
        studio = Studio(data, net, steps=2, views=1, folder=tmp_path/'set')
        studio.start()
        await studio.wait()
        studio.controls.photographs.take('a/b.png', b'', True, True)
        while not studio.controls.settings.choice.data.value.endswith('a'): await asyncio.sleep(.01)
    asyncio.run(asyncio.wait_for(go(), 60))
    assert len(threads)==1 and 'lgm-studio' in threads.pop()

def test_too_much_that_is_dropped_is_refused(data, net, monkeypatch):
    "By the kernel, too: nothing is kept or unpacked, and what to do is said."
    monkeypatch.setattr(photographs, 'MOST_DROPPED', 1000)
    async def go(drops):
        for i in range(5): drops.take('a.zip', bytes(300), not i, i==4)
    drops = Studio(data, net, steps=5).controls.photographs
    asyncio.run(go(drops))
    assert 'copy the folder' in drops.note.text and not drops.dropped.files

@pytest.mark.parametrize('device', ['auto', torch.device('cpu')])
def test_the_device_may_be_chosen_as_for_commands(data, device):
    net = Studio(data, tiny_name(), steps=3, device=device).run.plan.backbones[tiny_name()]
    assert net.device==pick_device(device)

def test_an_unknown_device_is_named(data):
    with pytest.raises(ValueError, match="device: 'gpu'"): Studio(data, tiny_name(), device='gpu')
