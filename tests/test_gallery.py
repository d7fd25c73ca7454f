"The gallery in the repository, sets made anew in a small one, and what opens them."
import hashlib, http.server, json, shutil, threading
from dataclasses import replace
from functools import partial
import pytest
import torch
from conftest import ROOT, ok, run_here
from lgm_nb import __version__
from lgm_nb.backbones.open import open_backbone
from lgm_nb.data.open import open_dataset
from lgm_nb.method import gallery
from lgm_nb.method.distilled_set import DistilledSet
from lgm_nb.method.gallery import list_distilled, open_distilled, pack
from lgm_nb.method.run_folder import read_checkpoint
from lgm_nb.method.runs import distill
from lgm_nb.method.settings import Settings
from lgm_nb.probing.examiner import Examiner
from tools import make_gallery
from tools.make_gallery import add_film, BY_NAME, check_name, Desk, FEWER_STEPS, main, make, STEPS, USUAL

FOLDER = ROOT/'gallery'
NAMES = list(list_distilled())

def test_index_and_folders_are_equal():
    "Each set of the index is in the repository with that hash and these facts, and there is no other."
    folders = sorted(card.parent for card in FOLDER.glob('*/*/card.json'))
    assert sorted(f.relative_to(FOLDER).as_posix() for f in folders)==sorted(NAMES) and NAMES
    assert gallery.read_index()['sets']=={n: gallery.index_entry(FOLDER/n) for n in NAMES}
    for folder in folders: # nothing lies about that no card lists
        files = {p.relative_to(folder).as_posix() for p in folder.rglob('*') if p.is_file()}
        assert files=={*json.loads((folder/'card.json').read_text(encoding='utf-8'))['files'], 'card.json'}
        assert 'film.webp' in files

def test_gallery_is_small(): assert sum(p.stat().st_size for p in FOLDER.rglob('*') if p.is_file()) < 15e6

@pytest.mark.parametrize('name', NAMES)
def test_a_set_of_the_gallery(name):
    "It opens from the checkout with classes, labels, settings, table and licence, and tells nothing of a machine."
    made = open_distilled(name)
    steps = FEWER_STEPS.get(name.partition('/')[0], STEPS)
    assert made.card['settings']['steps']==steps and made.card['settings']['ipc']==1
    assert made.labels.tolist()==list(range(len(made.classes))) and 0 <= made.images.min() < made.images.max() <= 1
    rows = made.card['table']['rows']
    assert set(rows)=={'distilled', 'random', 'centroid', 'neighbour', 'full'}
    assert set(made.card['table']['sources']) < set(rows['distilled']), 'measured on no backbone that took no part'
    assert any(licence in made.card['licence'] for licence in ('CIFAR-10', 'CC BY 4.0', 'MIT License'))
    assert not any(word in json.dumps(made.card) for word in ('/tmp', '/home', '/root', '/Users', 'folder:'))
    if 'mini' in name: assert made.classes==open_dataset(made.card['data']['name']).classes

def test_names_of_the_command():
    desk = Desk()
    for name in [*USUAL, *BY_NAME, *NAMES]: check_name(name, desk)
    assert set(NAMES) <= {*USUAL, *BY_NAME}
    for name in ('cifar10-mini', 'cifar10-mini/', 'cifar/lite0', 'cifar10-mini/lite0+vit'):
        with pytest.raises(SystemExit, match='There are'): check_name(name, desk)

# --- a small gallery

SMALL = Settings(steps=10, augs=1, views=1)
NAME = 'cifar10-mini/can'

def few(name, desk): return open_dataset(name).subset(per_class=20)

@pytest.fixture(scope='module', autouse=True)
def few_photographs():
    "The command distils and measures with a few of the photographs."
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(make_gallery.DATA, 'cifar10-mini', few)
        patch.setattr(make_gallery, 'of_mini', few)
        yield

@pytest.fixture(scope='module')
def desk(few_photographs, tmp_path_factory):
    "A small gallery with one set, distilled by the command."
    t = tmp_path_factory.mktemp('small')
    desk = Desk(t/'gallery', t/'index.json', t/'work', settings=SMALL, sources=(('can', 'tiny-can-vit'),),
                probed=('tiny-can-vit',), protocol='ridge', seeds=2)
    main([NAME], desk)
    return desk

@pytest.fixture
def indexed(desk, monkeypatch, tmp_path):
    "The package with the index of the small gallery, and a cache of its own; a copy of the gallery to damage."
    monkeypatch.setattr(gallery, 'INDEX', desk.index)
    monkeypatch.setenv('LGM_NB_CACHE', str(tmp_path/'cache'))
    monkeypatch.delenv('LGM_NB_GALLERY', raising=False)
    return shutil.copytree(desk.out, tmp_path/'gallery')

def test_made_once(desk, capsys):
    "The same command keeps what is there, makes anew what was measured otherwise, and says so in a line per set."
    before = (desk.out/NAME/'card.json').read_bytes()
    main([NAME], desk)
    assert capsys.readouterr().out.startswith(f'{NAME}: kept (') and (desk.out/NAME/'card.json').read_bytes()==before
    elsewhere = replace(desk, out=desk.work/'other', index=desk.work/'index.json', seeds=3)
    shutil.copytree(desk.out, elsewhere.out)
    assert make(NAME, elsewhere).startswith('distilled in ')
    assert (desk.out/NAME/'film.webp').read_bytes()[8:12]==b'WEBP'
    assert not list(desk.work.glob(f'{NAME}/*')), 'the checkpoint of a finished set stays'

def test_a_finished_set_is_taken(desk, tmp_path):
    "If its card tells of the same data, backbones, objective and settings; the folder itself stays as it is."
    data = few('cifar10-mini', None)
    for folder, settings in (('a', replace(SMALL, seed=1)), ('b', SMALL)):
        distill(data, 'tiny-can-vit', steps=10, augs=1, views=1, seed=settings.seed).save(tmp_path/'sets'/folder)
    before = {p: p.read_bytes() for p in (tmp_path/'sets').rglob('*') if p.is_file()}
    def said(*take): return make(NAME, replace(desk, out=tmp_path/f'out{len(take)}', take=take))
    assert said(tmp_path/'sets/a', tmp_path/'sets').startswith(f'taken from {tmp_path}/sets/b;')
    assert said(tmp_path/'sets/a').startswith('distilled in ')
    assert {p: p.read_bytes() for p in (tmp_path/'sets').rglob('*') if p.is_file()}==before
    assert not (tmp_path/'out2'/NAME/'film.webp').exists()
    assert torch.equal(*(DistilledSet.load(tmp_path/out/NAME).images for out in ('out1', 'out2')))

def test_a_set_that_was_taken_gets_a_film(desk, tmp_path):
    "From the same run once more. One that ends with other images is refused; the rest of the card stays."
    out = shutil.copytree(desk.out, tmp_path/'out')
    without = DistilledSet.load(out/NAME)
    gallery.write_png_set(without, out/NAME)
    here = replace(desk, out=out, work=tmp_path/'work')
    assert add_film(NAME, replace(here, settings=replace(SMALL, seed=1))).startswith('no film: this run ends')
    assert not (out/NAME/'film.webp').exists()
    assert add_film(NAME, here).startswith('has a film of') and add_film(NAME, here)=='kept'
    made = DistilledSet.load(out/NAME)
    assert torch.equal(made.images, without.images) and made.card['made_by']==without.card['made_by']
    assert make(NAME, here)=='kept' # with all its files as the card has them

def test_a_stopped_run_goes_on(desk, tmp_path, monkeypatch):
    "What was distilled before the command was stopped is not distilled again."
    desk = replace(desk, out=tmp_path/'out', work=tmp_path/'work', settings=replace(SMALL, steps=50))
    def stop(*_): raise KeyboardInterrupt
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(make_gallery, 'compare', stop)
        make(NAME, desk)
    [checkpoint] = desk.work.rglob('checkpoint.safetensors')
    seconds = read_checkpoint(checkpoint)['seconds']
    assert not (desk.out/NAME).exists() and make(NAME, desk).startswith('distilled in ')
    card = DistilledSet.load(desk.out/NAME).card
    assert card['seconds']==pytest.approx(seconds, abs=.01) and card['step']==50
    assert (desk.out/NAME/'film.webp').exists() and not checkpoint.exists()

def test_photographs_that_are_not_there(desk, tmp_path):
    assert make('caltech101-20/can', replace(desk, caltech=tmp_path)).startswith('skipped: no caltech101/')
    said = make('fashion-mnist/can', replace(desk, fashion=tmp_path))
    assert said==f'skipped: no train-images-idx3-ubyte.gz in {tmp_path}; name its folder with --fashion'

def test_opened_from_a_folder(indexed, monkeypatch):
    "That is named by `root` or by the variable; else the error says what to do."
    made = open_distilled(NAME, root=indexed)
    monkeypatch.setenv('LGM_NB_GALLERY', str(indexed))
    assert torch.equal(open_distilled(NAME).images, made.images)
    assert made.card['settings']['steps']==10 and len(made.classes)==10
    monkeypatch.delenv('LGM_NB_GALLERY')
    with pytest.raises(ValueError, match='clone .* LGM_NB_GALLERY'): open_distilled(NAME)
    with pytest.raises(ValueError, match='names no archive of the gallery'): open_distilled(NAME, download=True)
    with pytest.raises(ValueError, match=f"Did you mean '{NAME}'"): open_distilled('cifar10-mini/cam', root=indexed)

@pytest.mark.parametrize('file', ['card.json', 'images/3_cat.png'])
def test_a_tampered_set_is_refused(indexed, file):
    path = indexed/NAME/file
    whole = path.read_bytes()
    path.write_bytes(whole[:-2] + bytes([whole[-2] ^ 1]) + whole[-1:])
    with pytest.raises(ValueError, match=f'{file.replace(".", "[.]")} is not the '): open_distilled(NAME, root=indexed)
    path.unlink()
    with pytest.raises(ValueError): open_distilled(NAME, root=indexed)

@pytest.mark.filterwarnings('ignore:.*was edited')
def test_labels_of_a_damaged_card(indexed):
    "Labels that are no classes are refused by whoever opens the folder without the index."
    card = indexed/NAME/'card.json'
    facts = json.loads(card.read_text(encoding='utf-8'))
    for labels in ([], ['cat']*10, [10]*10, 'cat'):
        card.write_text(json.dumps(facts | dict(labels=labels)), encoding='utf-8')
        with pytest.raises(ValueError, match='damaged: .*labels'): DistilledSet.load(indexed/NAME)

class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_): pass

@pytest.fixture
def server(tmp_path, monkeypatch):
    "A server of this machine for the folder `tmp_path`; gives its address."
    served = http.server.ThreadingHTTPServer(('127.0.0.1', 0), partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=served.serve_forever, daemon=True).start()
    monkeypatch.setenv('no_proxy', '*')
    yield f'http://127.0.0.1:{served.server_port}'
    served.shutdown()
    served.server_close()

def name_archive(address, tmp_path, monkeypatch):
    "Let the package read its index with another address of the archive."
    index = json.loads(gallery.INDEX.read_text(encoding='utf-8'))
    (tmp_path/'index.json').write_text(json.dumps(index | dict(archive=address)), encoding='utf-8')
    monkeypatch.setattr(gallery, 'INDEX', tmp_path/'index.json')

@pytest.fixture
def release(indexed, server, tmp_path, monkeypatch):
    "The gallery as a zip file on a server, and an index that names it; gives the file."
    pack(indexed, tmp_path/'gallery.zip')
    name_archive(f'{server}/gallery.zip', tmp_path, monkeypatch)
    return tmp_path/'gallery.zip'

def test_the_archive_of_the_site(server, tmp_path, monkeypatch):
    "The site puts the gallery where the index says; a package without a checkout gets each set from there."
    docs = pytest.importorskip('tools.docs', reason='the site needs Python 3.11')
    config = docs.get_config()
    site = config.doc_url.rstrip('/')
    assert gallery.read_index()['archive']==f'{site}/gallery-{__version__}.zip'
    docs.add_gallery(config, tmp_path)
    name_archive(f'{server}/gallery-{{version}}.zip', tmp_path, monkeypatch)
    monkeypatch.setenv('LGM_NB_CACHE', str(tmp_path/'cache'))
    monkeypatch.delenv('LGM_NB_GALLERY', raising=False)
    monkeypatch.setattr(gallery, 'package_path', lambda *_: tmp_path/'site-packages/lgm_nb')
    for name in NAMES[::4]:
        with pytest.raises(ValueError, match='pass download=True, or clone'): open_distilled(name)
        made = open_distilled(name, download=True)
        assert torch.equal(made.images, DistilledSet.load(FOLDER/name).images)
        assert made.card==DistilledSet.load(FOLDER/name).card

def test_downloaded_only_when_asked(release, indexed, tmp_path):
    with pytest.raises(ValueError, match='pass download=True'): open_distilled(NAME)
    assert not (tmp_path/'cache/gallery').exists()
    made = open_distilled(NAME, download=True)
    release.unlink()
    assert torch.equal(open_distilled(NAME).images, made.images), 'not in the cache'
    assert torch.equal(open_distilled(NAME, root=indexed).images, made.images)

def test_another_archive_is_refused(release, indexed, tmp_path):
    "Nothing of it is written."
    cat = indexed/NAME/'images/3_cat.png'
    cat.write_bytes((indexed/NAME/'images/5_dog.png').read_bytes())
    for broken in (lambda: pack(indexed, release), lambda: release.write_bytes(b'no zip'), release.unlink):
        broken()
        with pytest.raises(RuntimeError, match='could not be downloaded .* LGM_NB_GALLERY'):
            open_distilled(NAME, download=True)
        assert not (tmp_path/'cache/gallery').exists()

def test_an_archive_is_the_same_twice(desk, tmp_path):
    for name in 'ab': pack(desk.out, tmp_path/name)
    a, b = (hashlib.sha256((tmp_path/name).read_bytes()).hexdigest() for name in 'ab')
    assert a==b

def test_eight_bits_cost_no_accuracy():
    "Probes learn the same from the rounded images as from the tensors: within one point on a thousand test images."
    data, backbone = open_dataset('cifar10-mini'), open_backbone('tiny-can-vit')
    made = distill(data, backbone, steps=10, augs=1, views=1)
    rounded = gallery.eight_bits(made)
    assert 0 < (rounded.images - made.images).abs().max() <= .5/255 + 1e-6
    examiner = Examiner(data, backbone, 'ridge', seeds=2)
    a, b = (examiner.score(m.images, m.labels).top1.mean() for m in (made, rounded))
    assert abs(a - b) < 1 and a > 15, (a, b)

def test_commands_open_a_folder_of_the_gallery(desk):
    card = (desk.out/NAME/'card.json').read_bytes()
    how = ('--data', 'cifar10-mini', '--protocol', 'ridge', '--seeds', 2)
    said = ok('lgm-compare', desk.out/NAME, '--backbones', 'tiny-can-vit', '--baselines', 'random', *how, run=run_here)
    assert 'distilled' in said.stdout and 'tiny-can-vit' in said.stdout
    probe = ok('lgm-probe', desk.out/NAME, '--backbone', 'tiny-can-vit', *how, run=run_here)
    assert 'not recorded' in probe.stderr and (desk.out/NAME/'card.json').read_bytes()==card

def test_the_page_shows_every_set():
    "With the accuracies of the index; tools/outputs.py writes it anew."
    page = (ROOT/'nbs/gallery.ipynb').read_text(encoding='utf-8')
    table = list_distilled()
    for row in table.rows:
        assert f'open_distilled(&#x27;{row[0]}&#x27;)' in page, row[0]
        assert row[table.columns.index('top-1 % at home')] in page, row
        # and by the protocol that the command takes by itself
        assert row[table.columns.index('protocol')]==make_gallery.QUICKER.get(row[0].partition('/')[0], 'fast'), row
