"Studies beyond a notebook: a killed matrix, its command, a bias report on a folder, UMAP, benchmarks."
import csv, json, signal, sys
import pytest
from conftest import BIN, ROOT, check_bars, last_json, ok, run_forked, run_here, start_until
from lgm_nb.core.files import is_sealed

def matrix_command(data, tiny, out, keep):
    options = ['--data', data, '--backbones', tiny, '--steps', 6, '--seeds', 2, '--device', 'cpu',
               '--out', out, '--cache', keep, '--json']
    return [str(a) for a in (BIN/'lgm-transfer', *options)]

def accuracies(result):
    return [(r['kind'], r['source'], r['target'], r.get('top1_mean'), r.get('top1_std')) for r in result['records']]

def killed_after_a_part(command, keep):
    "Kill a command as soon as it has kept its first part."
    process = start_until(lambda: any(keep.glob('probe-*.json')), *command)
    process.kill()
    process.communicate()
    assert process.returncode==-signal.SIGKILL

def contents(files): return {p: (p.stat().st_mtime_ns, p.read_text()) for p in files}

def test_killed_matrix_resumes(tiny, own_data, tmp_path, monkeypatch):
    "What was measured before a kill is read, not measured again; the result is that of an undisturbed run."
    monkeypatch.setenv('TQDM_MININTERVAL', '0') # so little data is read between two showings of a bar
    keep, out = tmp_path/'keep', tmp_path/'a'
    killed_after_a_part(matrix_command(own_data, tiny, out, keep), keep)
    assert not (out/'transfer.json').exists()
    before = contents(keep.glob('probe-*.json'))
    resumed = last_json(ok(*matrix_command(own_data, tiny, out, keep), run=run_here))
    assert before and contents(before)==before
    done = ok(*matrix_command(own_data, tiny, tmp_path/'b', tmp_path/'other'), run=run_forked)
    whole = last_json(done)
    check_bars(done.stderr, 'transfer', len(whole['records']))
    assert accuracies(resumed)==accuracies(whole)
    assert {'distilled', 'random', 'centroid', 'neighbour', 'full'} <= {r['kind'] for r in whole['records']}
    check_files(out, resumed)
    check_scores(resumed)

def check_files(out, result):
    "The files say the same as the last line of the command."
    with (out/'transfer.csv').open() as file: rows = list(csv.DictReader(file))
    assert [r['kind'] for r in rows]==[r['kind'] for r in result['records']]
    written = json.loads((out/'transfer.json').read_text())
    assert is_sealed(written) and written.pop('checksum')
    assert set(written.pop('files'))=={p.name for p in out.iterdir()} - {'transfer.json'} and written==result
    assert r'\toprule' in (out/'transfer.tex').read_text(encoding='utf-8')
    assert {p.stem for p in out.glob('*.png')}=={f'transfer-{w}' for w in ('top1', 'lost', 'gained', 'score')}

def check_scores(result):
    "What is lost and gained are differences of the records."
    [score] = result['scores']
    full, random = (next(r['top1_mean'] for r in result['records'] if r['kind']==k) for k in ('full', 'random'))
    assert abs(score['lost'] - (full - score['top1'])) < .01
    assert abs(score['gained'] - (score['top1'] - random)) < .01

TRANSFER = ['lgm-transfer', '--data', 'cifar10-mini', '--out', 'd']

@pytest.mark.parametrize('args, names', [
    ([*TRANSFER, '--backbones', 'nosuch'], ['backbone', 'nosuch']),
    ([*TRANSFER, '--backbones', 'TINY', '--baselines', 'best'], ['baselines', 'best']),
    (TRANSFER, ['backbones']),
    (['lgm-bias', 'nosuch', '--backbone', 'TINY', '--hard', 'd'], ['nosuch'])])
def test_bad_input(args, names, tiny, tmp_path):
    command, *args = [tiny if a=='TINY' else a for a in args]
    done = run_here(command, *args, cwd=tmp_path)
    assert done.returncode==2 and 'Traceback' not in done.stderr, done.stderr
    assert all(n in done.stderr for n in names), done.stderr

def write_images(folder, data, classes, count):
    "Write test images as a folder with one sub-folder per class."
    for name in classes:
        (folder/name).mkdir(parents=True)
        for row in data.test.rows_of(data.classes.index(name))[:count].tolist():
            data.test.image(row).save(folder/name/f'{row}.png')

def test_bias_command(tiny, tmp_path):
    "Real test images serve as the hard ones; the report is about their classes alone."
    from lgm_nb.data.open import open_dataset
    hard, made = tmp_path/'hard', tmp_path/'set'
    write_images(hard, open_dataset('cifar10-mini'), ['cat', 'ship'], 12)
    ok('lgm-distill', '--data', 'cifar10-mini', '--backbone', tiny, '--steps', 6, '--device', 'cpu', '--out', made,
        run=run_here)
    command = ['lgm-bias', made, '--hard', hard, '--backbone', tiny, '--seeds', 2, '--json']
    report = last_json(ok(*command, run=run_here))
    assert report['classes']==['cat', 'ship'] and {r[0] for r in report['by_class']}=={'cat', 'ship'}
    assert set(report['rows'])=={'distilled', 'full'} and report['rows']['full']['usual'] > 10
    (hard/'unicorn').mkdir()
    done = run_here(*command)
    assert done.returncode==2 and 'unicorn' in done.stderr

@pytest.mark.slow # numba compiles for half a minute
def test_umap_keeps_neighbours_together(tiny):
    pytest.importorskip('umap', reason='umap-learn is not installed (extra: umap)')
    import torch
    from lgm_nb.backbones.open import open_backbone
    from lgm_nb.data.open import open_dataset
    from lgm_nb.study.neighbours import FeaturePlane, ImageIndex
    data = open_dataset('cifar10-mini')
    index = ImageIndex(data, open_backbone(tiny))
    plane = FeaturePlane(index, method='umap')
    assert plane.real.shape==(len(data.train), 2) and plane._repr_png_()[:4]==b'\x89PNG'
    near = index.search(index.features[:200], index.labels[:200], k=6).rows[:, 1:]
    def median_distance(rows): return (plane.real[:200, None] - plane.real[rows]).norm(dim=2).median()
    strangers = torch.randint(len(data.train), near.shape, generator=torch.Generator().manual_seed(0))
    assert median_distance(near) < median_distance(strangers)/2

def test_umap_missing_is_explained(monkeypatch):
    from lgm_nb.study import neighbours
    monkeypatch.setitem(sys.modules, 'umap', None)
    with pytest.raises(RuntimeError, match=r'lgm_nb\[umap\]'): neighbours._umap_module()

@pytest.mark.slow # photographs and weights that a clone lacks
def test_alignment_benchmark(tmp_path):
    from benchmarks import alignment
    data, out = ROOT.parent/'shared'/'data', tmp_path/'alignment.json'
    if (why := alignment.missing(data)) is not None: pytest.skip(why)
    result = alignment.main(data, steps=30, classes=5, seeds=2, images=100, keep=tmp_path/'keep', out=out)
    assert json.loads(out.read_text())==json.loads(json.dumps(result))
    for pair in result['alignment']['pairs']:
        assert pair['null_low'] <= pair['null_high'] < pair['value'] <= 1 + 1e-6, pair
    for row in result['agreement']['mutual k-NN']['rows'].values():
        assert -1 <= row['low'] <= row['high'] <= 1 and row['least_p'] <= row['p'] + 1e-9

@pytest.mark.slow # minutes of distilling
def test_shortcut_benchmark(tiny, tmp_path):
    from benchmarks import shortcut
    result = shortcut.main(steps=60, seeds=2, ps=(.5, 1.), backbones=tiny, keep=tmp_path)
    for curve in result['curves'].values():
        worst = {p['p']: p['worst']['mean'] for p in curve['points'] if p['row']=='full'}
        assert worst[1.] < worst[.5] - 10, 'a planted shortcut must lower the accuracy of the worst group'
