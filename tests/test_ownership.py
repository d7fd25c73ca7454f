"A run never deletes or replaces a file that it did not write."
import contextlib, hashlib, io, json, shutil
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
import pytest
from safetensors.numpy import load_file
from lgm_nb.all import Distiller, open_backbone, open_dataset, save_checkpoint, Settings
from lgm_nb.cli.distil import lgm_bank, lgm_demo, lgm_distill
from lgm_nb.cli.measure import lgm_transfer
from lgm_nb.cli.tables import lgm_reproduce, lgm_sweep
from lgm_nb.cli.terminal import finish_run
from lgm_nb.core.show import Table
from lgm_nb.method.run_folder import record_accuracy
from lgm_nb.study.transfer import TransferMatrix

TINY = 'tiny-can-vit'
QUICK = dict(augs=1, views=1, steps=2, device='cpu')
Done = namedtuple('Done', 'returncode stderr')

def run(command, kwargs):
    "Run a command in this process, which is quicker than a process for each; its exit code and what it said."
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        try: command(**kwargs)
        except SystemExit as e: return Done(e.code or 0, said.getvalue())
    return Done(0, said.getvalue())

def ok(*args):
    done = run(*args)
    assert done.returncode==0, done.stderr

def contents(folder):
    "Every file with the hash of its contents."
    files = [p for p in folder.rglob('*') if p.is_file()]
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

def kept(before, folder):
    "Are all files that were there before unchanged?"
    return {n: h for n, h in contents(folder).items() if n in before}==before

def hold(folder, *names):
    "Write files of somebody else."
    for n in names:
        (folder/n).parent.mkdir(parents=True, exist_ok=True)
        (folder/n).write_text('mine')

@pytest.fixture(scope='module')
def cache(tmp_path_factory): return tmp_path_factory.mktemp('cache')

@pytest.fixture(autouse=True)
def own_cache(monkeypatch, cache): monkeypatch.setenv('LGM_NB_CACHE', str(cache))

def distill(data, out, **more):
    return lgm_distill, dict(QUICK, data=f'folder:{data}', backbone=TINY, out=str(out), **more)

def copied(photos, to):
    return shutil.copytree(photos, to)

@pytest.mark.parametrize('out', ['.', 'images/..', 'images', 'images/run', 'images/airplane', 'images/airplane/run'])
def test_photographs_inside_what_would_be_written(photos, tmp_path, out):
    copied(photos, tmp_path/'images')
    before = contents(tmp_path)
    done = run(*distill(tmp_path/'images', tmp_path/out))
    assert done.returncode==2 and '--out' in done.stderr and 'Traceback' not in done.stderr
    assert contents(tmp_path)==before

def test_photographs_beside_what_is_written(photos, tmp_path):
    copied(photos, tmp_path/'photos')
    before = contents(tmp_path)
    ok(*distill(tmp_path/'photos', tmp_path))
    assert kept(before, tmp_path) and (tmp_path/'card.json').exists()

STRANGERS = ['images/holiday.jpg', 'images/deep/er.txt', '.DS_Store', 'Thumbs.db', 'notes.txt', '.ipynb_checkpoints/a',
             '.nfs0001']

def test_other_files_stay_and_are_no_reason_to_refuse(photos, tmp_path):
    out = tmp_path/'out'
    hold(out, *STRANGERS)
    before = contents(out)
    ok(*distill(photos, out, report=True))
    assert kept(before, out)
    images = {f'images/{i}_{c}.png' for i, c in enumerate(('airplane', 'automobile', 'bird'))}
    report = {'report.html', 'report.json', 'evolution.gif'}
    own = {'card.json', 'distilled.safetensors', 'statistics.safetensors'}
    assert set(contents(out)) - set(before)==own | report | images
    ok(*distill(photos, out, resume=True, report=True))
    assert kept(before, out)

@pytest.mark.parametrize('name', ['card.json', 'distilled.safetensors', 'checkpoint.safetensors',
    'statistics.safetensors', 'images/0_airplane.png',
                                  'report.html', 'report.json', 'evolution.gif'])
def test_a_file_of_the_same_name_stops_the_run_before_it_starts(photos, tmp_path, name):
    out = tmp_path/'out'
    hold(out, name)
    for more in ({}, dict(resume=True)):
        done = run(*distill(photos, out, report=True, **more))
        assert done.returncode==2 and name in done.stderr and 'Traceback' not in done.stderr, done.stderr
        assert contents(out)=={name: hashlib.sha256(b'mine').hexdigest()} and 'step' not in done.stderr

def test_a_finished_set_is_not_replaced(photos, tmp_path):
    out = tmp_path/'out'
    ok(*distill(photos, out, report=True))
    before = contents(out)
    assert run(*distill(photos, out)).returncode==2
    done = run(lgm_demo, dict(backbone=TINY, steps=2, out=str(out)))
    assert done.returncode==2 and 'finished' in done.stderr
    assert contents(out)==before

def test_files_that_appear_during_a_run(photos, tmp_path, monkeypatch):
    "Neither the save at the end nor a later command minds them."
    out, names = tmp_path/'out', ['.DS_Store', 'Thumbs.db', '.nfs0001', 'notes.txt', '.ipynb_checkpoints/a.ipynb']
    def finish_and_litter(*args):
        finish_run(*args)
        hold(out, *names)
    with monkeypatch.context() as m:
        m.setattr('lgm_nb.cli.distil.finish_run', finish_and_litter)
        ok(*distill(photos, out))
    assert all((out/name).read_text()=='mine' for name in names) and (out/'card.json').exists()
    ok(*distill(photos, out, resume=True))

def test_accuracies_that_are_recorded_at_once(photos, tmp_path):
    "No command loses what another one has measured."
    out, names = tmp_path/'out', [f'backbone {i}' for i in range(8)]
    ok(*distill(photos, out))
    def record(name): record_accuracy(SimpleNamespace(name=name, hash='0'), dict(top1_mean=50.), out)
    with ThreadPoolExecutor(8) as pool: list(pool.map(record, names))
    assert sorted(json.loads((out/'card.json').read_text())['accuracy'])==names

def images_of(out): return load_file(out/'distilled.safetensors')['images']

def test_a_set_is_replaced_on_request(photos, tmp_path, monkeypatch):
    "Its own files go, others stay; until the end of the new run it is still there."
    out, again = tmp_path/'out', tmp_path/'again'
    ok(*distill(photos, out, report=True))
    hold(out, 'notes.txt')
    before, images = contents(out), images_of(out)
    def finish_and_look(*args):
        finish_run(*args)
        assert kept(before, out)
    with monkeypatch.context() as m:
        m.setattr('lgm_nb.cli.distil.finish_run', finish_and_look)
        ok(*distill(photos, out, seed=1, overwrite=True))
    ok(*distill(photos, again, seed=1))
    assert images_of(out).tobytes()==images_of(again).tobytes() != images.tobytes()
    assert set(contents(out))==set(contents(again)) | {'notes.txt'} and (out/'notes.txt').read_text()=='mine'

def test_an_interrupted_replacement_is_resumed(photos, tmp_path):
    "The set from before is not mistaken for the one that the run makes."
    out = tmp_path/'out'
    ok(*distill(photos, out))
    new = dict(seed=1, steps=4)
    unfinished = Distiller(open_dataset(f'folder:{photos}'), open_backbone(TINY),
                           Settings(**(dict(augs=1, views=1) | new)))
    next(unfinished)
    save_checkpoint(unfinished, out/'checkpoint.safetensors')
    assert run(*distill(photos, out, **new)).returncode==2
    ok(*distill(photos, out, resume=True, **new))
    card = json.loads((out/'card.json').read_text())
    assert (card['seed'], card['step'])==(1, 4) and not (out/'checkpoint.safetensors').exists()

def test_a_finished_set_is_resumed_only_as_itself(photos, tmp_path):
    out = tmp_path/'out'
    ok(*distill(photos, out, seed=3))
    before = contents(out)
    ok(*distill(photos, out, resume=True))
    for more, words in ((dict(steps=7), 'steps (2 there, 7 here)'), (dict(seed=0), 'seed (3 there, 0 here)'),
                        (dict(backbone='tiny-simclr-resnet'), f'backbone ({TINY} there'),
                        (dict(overwrite=True), '--overwrite')):
        done = run(lgm_distill, distill(photos, out, resume=True)[1] | more)
        assert done.returncode==2 and words in done.stderr and contents(out)==before, done.stderr

def test_a_demo_replaces_a_demo_on_request(photos, tmp_path, monkeypatch):
    monkeypatch.setattr('lgm_nb.cli.distil.probe_and_report', lambda *args: (Table(('a',), []), 'words', 'page'))
    monkeypatch.setattr(Table, 'as_dict', lambda table: {}, raising=False)
    demo, out = dict(data='caltech10-mini', backbone=TINY, report_on=TINY, steps=2), tmp_path/'demo' # few images
    ok(lgm_demo, dict(demo, out=str(out)))
    before = contents(out)
    done = run(lgm_demo, dict(demo, out=str(out)))
    assert done.returncode==2 and '--overwrite' in done.stderr and contents(out)==before
    ok(lgm_demo, dict(demo, out=str(out), overwrite=True))
    ok(*distill(photos, tmp_path/'set'))
    assert run(lgm_demo, dict(demo, out=str(tmp_path/'set'), overwrite=True)).returncode==2

def test_the_demo_leaves_an_unfinished_run_alone(photos, tmp_path):
    run_ = Distiller(open_dataset(f'folder:{photos}'), open_backbone(TINY), Settings(steps=2, augs=1, views=1))
    next(run_)
    save_checkpoint(run_, tmp_path/'checkpoint.safetensors')
    before = contents(tmp_path)
    done = run(lgm_demo, dict(backbone=TINY, steps=2, out=str(tmp_path)))
    assert done.returncode==2 and 'checkpoint' in done.stderr and contents(tmp_path)==before

def bank(photos, out, views=1):
    return lgm_bank, dict(data=f'folder:{photos}', backbone=TINY, views=views, out=str(out))

def test_a_bank_leaves_other_folders_and_banks_alone(photos, tmp_path):
    hold(tmp_path, 'bank.parts/mine', 'bank.new/mine', 'bank/notes.txt')
    before = contents(tmp_path)
    ok(*bank(photos, tmp_path/'bank'))
    assert kept(before, tmp_path)
    new = {f'bank/{n}' for n in ('bank.json', 'means.safetensors', 'features.safetensors')}
    assert set(contents(tmp_path)) - set(before)==new
    before = contents(tmp_path)
    done = run(*bank(photos, tmp_path/'bank', 2))
    assert done.returncode==2 and 'views' in done.stderr and contents(tmp_path)==before

@pytest.mark.parametrize('name', ['bank.json', 'means.safetensors', 'features.safetensors', '.building/mine'])
def test_a_bank_replaces_no_file_of_somebody_else(photos, tmp_path, name):
    (tmp_path/name).parent.mkdir(exist_ok=True)
    (tmp_path/name).write_text('{}')
    before = contents(tmp_path)
    done = run(*bank(photos, tmp_path))
    assert done.returncode==2 and name.split('/')[0] in done.stderr and 'Traceback' not in done.stderr, done.stderr
    assert contents(tmp_path)==before

@pytest.mark.parametrize('name', ['transfer.json', 'transfer.csv', 'transfer-top1.png'])
def test_a_matrix_replaces_no_file_of_somebody_else(photos, tmp_path, name):
    (tmp_path/name).write_text('{}')
    before = contents(tmp_path)
    done = run(lgm_transfer, dict(data=f'folder:{photos}', backbones=TINY, steps=2, out=str(tmp_path)))
    assert done.returncode==2 and name in done.stderr and contents(tmp_path)==before

def test_a_matrix_replaces_its_own_files_and_no_edited_one(tmp_path):
    record = dict(kind='distilled', source='a', target='a', top1_mean=50., top1_std=1.)
    matrix = TransferMatrix([dict(kind='distil', source='a', target=None, seconds=1., peak_mb=1.), record], 'photos')
    matrix.save(tmp_path)
    hold(tmp_path, 'notes.txt')
    before = contents(tmp_path)
    matrix.save(tmp_path)
    assert contents(tmp_path)==before
    hold(tmp_path, 'transfer.tex')
    with pytest.raises(ValueError, match='transfer.tex'): matrix.save(tmp_path)
    assert kept(before | dict.fromkeys(['transfer.tex'], contents(tmp_path)['transfer.tex']), tmp_path)

@pytest.mark.parametrize('name', ['results.json', 'results.csv'])
def test_a_sweep_replaces_no_file_of_somebody_else(photos, tmp_path, name):
    (tmp_path/'out').mkdir()
    (tmp_path/'out'/name).write_text('[1]')
    (tmp_path/'grid.toml').write_text(f'[grid]\ndata = "folder:{photos}"\nbackbone = "{TINY}"\nsteps = 2\n')
    done = run(lgm_sweep, dict(grid=str(tmp_path/'grid.toml'), out=str(tmp_path/'out')))
    assert done.returncode==2 and name in done.stderr and (tmp_path/'out'/name).read_text()=='[1]'

def test_a_table_of_the_paper_replaces_no_file_of_somebody_else(tmp_path):
    (tmp_path/'results.json').write_text('[1]')
    done = run(lgm_reproduce, dict(table='main', data='cifar10-mini', backbones=TINY, out=str(tmp_path)))
    assert done.returncode==2 and 'results.json' in done.stderr and (tmp_path/'results.json').read_text()=='[1]'

def test_a_report_replaces_only_its_own(photos, tmp_path):
    "Written again it replaces its own page, but not one that somebody has changed."
    out = tmp_path/'out'
    ok(*distill(photos, out, report=True))
    ok(*distill(photos, out, resume=True, report=True))
    (out/'report.html').write_text('my remarks')
    done = run(*distill(photos, out, resume=True, report=True))
    assert done.returncode==2 and 'report.html' in done.stderr and (out/'report.html').read_text()=='my remarks'

def test_a_set_of_version_0_1_0(photos, tmp_path):
    "Its card does not list its files; they are known by their names."
    from lgm_nb.all import DistilledSet
    ok(*distill(photos, tmp_path))
    card = json.loads((tmp_path/'card.json').read_text(encoding='utf-8'))
    del card['files'], card['checksum']
    (tmp_path/'card.json').write_text(json.dumps(card))
    (tmp_path/'images'/'mine.png').write_text('mine')
    old = DistilledSet.load(tmp_path)
    with pytest.raises(ValueError, match='overwrite=True'): old.save(tmp_path)
    old.save(tmp_path, overwrite=True)
    assert (tmp_path/'images'/'mine.png').read_text()=='mine'
