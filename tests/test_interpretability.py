"Interpretability where one notebook is not enough: a killed matrix, its command, the report on a folder, UMAP, the benchmarks."
import csv, json, re, signal, subprocess, sys, time
import pytest
from conftest import BIN, ROOT, check_bars, last_json, ok, run

def matrix(tiny, out, keep, *more):
    return [str(a) for a in (BIN/'lgm-transfer', '--data', 'cifar10-mini', '--backbones', tiny, '--steps', 6, '--seeds', 2, '--device', 'cpu', '--out', out, '--keep', keep, '--json', *more)]

def accuracies(result): return [(r['kind'], r['source'], r['target'], r.get('top1_mean'), r.get('top1_std')) for r in result['records']]

def test_killed_matrix_goes_on(tiny, tmp_path):
    "What was measured before a kill is read, not measured again; the result is that of a run nobody disturbed."
    keep = tmp_path/'keep'
    process = subprocess.Popen(matrix(tiny, tmp_path/'a', keep), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 600
    while not list(keep.glob('probe-*.json')):
        assert process.poll() is None, f'ended before its first part: {process.stderr.read()}'
        assert time.monotonic() < end, 'no part'
        time.sleep(.01)
    process.kill(); process.wait()
    assert process.returncode==-signal.SIGKILL and not (tmp_path/'a'/'transfer.json').exists()
    before = {p: (p.stat().st_mtime_ns, p.read_text()) for p in keep.glob('probe-*.json')}
    resumed = last_json(ok(*matrix(tiny, tmp_path/'a', keep)))
    assert before and all((p.stat().st_mtime_ns, p.read_text())==was for p, was in before.items())
    done = ok(*matrix(tiny, tmp_path/'b', tmp_path/'other'))
    whole = last_json(done)
    check_bars(done.stderr, 'transfer', len(whole['records']))
    assert accuracies(resumed)==accuracies(whole)
    for kind in ('distilled', 'random', 'centroid', 'neighbour', 'full'): assert kind in {r['kind'] for r in whole['records']}

    rows = list(csv.DictReader((tmp_path/'a'/'transfer.csv').open()))
    assert [r['kind'] for r in rows]==[r['kind'] for r in resumed['records']]
    assert json.loads((tmp_path/'a'/'transfer.json').read_text())==resumed
    assert r'\toprule' in (tmp_path/'a'/'transfer.tex').read_text(encoding='utf-8')
    assert {p.stem for p in (tmp_path/'a').glob('*.png')}=={f'transfer-{w}' for w in ('top1', 'lost', 'gained', 'score')}
    [score] = resumed['scores']
    full, random = (next(r['top1_mean'] for r in resumed['records'] if r['kind']==k) for k in ('full', 'random'))
    assert abs(score['lost'] - (full - score['top1'])) < .01 and abs(score['gained'] - (score['top1'] - random)) < .01

@pytest.mark.parametrize('args, names', [
    (['lgm-transfer', '--data', 'cifar10-mini', '--backbones', 'nosuch', '--out', 'd'], ['backbone', 'nosuch']),
    (['lgm-transfer', '--data', 'cifar10-mini', '--backbones', 'TINY', '--out', 'd', '--baselines', 'best'], ['baselines', 'best']),
    (['lgm-transfer', '--data', 'cifar10-mini', '--out', 'd'], ['backbones']),
    (['lgm-bias', 'nosuch', '--backbone', 'TINY', '--hard', 'd'], ['nosuch'])])
def test_bad_input(args, names, tiny, tmp_path):
    command, *args = [tiny if a=='TINY' else a for a in args]
    done = run(BIN/command, *args, cwd=tmp_path)
    assert done.returncode==2 and not [n for n in names if n not in done.stderr] and 'Traceback' not in done.stderr, done.stderr

def test_bias_command(tiny, tmp_path):
    "Real test images as the hard ones: whatever a probe makes of them, usual and hard are of the same classes."
    from lgm_nb.data.open import open_dataset
    data = open_dataset('cifar10-mini')
    for name in ('cat', 'ship'):
        (tmp_path/'hard'/name).mkdir(parents=True)
        for row in data.test.rows_of(data.classes.index(name))[:12].tolist(): data.test.image(row).save(tmp_path/'hard'/name/f'{row}.png')
    ok(BIN/'lgm-distill', '--data', 'cifar10-mini', '--backbone', tiny, '--steps', 6, '--device', 'cpu', '--out', tmp_path/'set')
    command = [BIN/'lgm-bias', tmp_path/'set', '--hard', tmp_path/'hard', '--backbone', tiny, '--seeds', 2, '--json']
    report = last_json(ok(*command))
    assert report['classes']==['cat', 'ship'] and {r[0] for r in report['by_class']}=={'cat', 'ship'}
    assert set(report['rows'])=={'distilled', 'full'} and report['rows']['full']['usual'] > 10
    (tmp_path/'hard'/'unicorn').mkdir()
    done = run(*command)
    assert done.returncode==2 and 'unicorn' in done.stderr

@pytest.mark.slow # numba compiles for half a minute
def test_umap_keeps_neighbours_together(tiny):
    pytest.importorskip('umap', reason='umap-learn is not installed (extra: umap)')
    import torch
    from lgm_nb.backbones.open import open_backbone
    from lgm_nb.data.open import open_dataset
    from lgm_nb.study.neighbours import FeatureMap, Gallery
    data = open_dataset('cifar10-mini')
    gallery = Gallery(data, open_backbone(tiny))
    plane = FeatureMap(gallery, method='umap')
    assert plane.real.shape==(len(data.train), 2) and plane._repr_png_()[:4]==b'\x89PNG'
    near = gallery.search(gallery.features[:200], gallery.labels[:200], k=6).rows[:, 1:]
    apart = lambda rows: (plane.real[:200, None] - plane.real[rows]).norm(dim=2).median()
    strangers = torch.randint(len(data.train), near.shape, generator=torch.Generator().manual_seed(0))
    assert apart(near) < apart(strangers)/2

def test_umap_missing_is_explained(tiny, monkeypatch):
    from lgm_nb import neighbours
    monkeypatch.setitem(sys.modules, 'umap', None)
    with pytest.raises(RuntimeError, match=r'lgm_nb\[umap\]'): neighbours._umap()

@pytest.mark.slow # photographs and weights that a clone lacks
def test_alignment_benchmark(tmp_path):
    from benchmarks import alignment
    data = ROOT.parent/'shared'/'data'
    if (why := alignment.missing(data)) is not None: pytest.skip(why)
    result = alignment.main(data, steps=30, classes=5, seeds=2, images=100, keep=tmp_path/'keep', out=tmp_path/'alignment.json')
    assert json.loads((tmp_path/'alignment.json').read_text())==json.loads(json.dumps(result))
    for pair in result['alignment']['pairs']: assert pair['null_low'] <= pair['null_high'] < pair['value'] <= 1 + 1e-6, pair
    for row in result['agreement']['mutual k-NN']['rows'].values(): assert -1 <= row['low'] <= row['high'] <= 1 and row['least_p'] <= row['p'] + 1e-9

@pytest.mark.slow # minutes of distilling
def test_shortcut_benchmark(tiny, tmp_path):
    from benchmarks import shortcut
    result = shortcut.main(steps=60, seeds=2, ps=(.5, 1.), backbones=tiny, keep=tmp_path)
    for curve in result['curves'].values():
        worst = {p['p']: p['worst']['mean'] for p in curve['points'] if p['row']=='full'}
        assert worst[1.] < worst[.5] - 10, 'a planted shortcut must fell the worst group'
