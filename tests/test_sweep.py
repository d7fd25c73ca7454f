"A grid of runs: here, on a local Ray, killed and resumed."
import csv, json
import pytest
from conftest import BIN, last_json, ok, run, run_here, start_until

def grid(folder, data, tiny, *, seeds, steps=5, more=''):
    file = folder/'grid.toml'
    head = f'[grid]\ndata = "{data}"\nbackbone = "{tiny}"\n'
    file.write_text(f'{head}views = 1\naugs = 1\nsteps = {steps}\nseed = {seeds}\n{more}', encoding='utf-8')
    return file

def untimed(results): return [{k: v for k, v in r.items() if 'seconds' not in k} for r in results]

def test_ray_equals_local(tiny, own_data, tmp_path):
    "Two workers of a local Ray give the results of one process; a run that fails is reported, and the exit code is 1."
    pytest.importorskip('ray')
    file = grid(tmp_path, own_data, tiny, seeds=[0, 1, 2])
    args = ('lgm-sweep', file, '--device', 'cpu', '--seeds', 1, '--json')
    here = last_json(ok(*args, '--out', tmp_path/'here', run=run_here))
    assert here['failed']==0
    two = file.read_text(encoding='utf-8').replace('[grid]', '[[grid]]')
    file.write_text(two + two.replace(tiny, 'tiny-nothing').replace('[0, 1, 2]', '0'), encoding='utf-8')
    done = run(BIN/args[0], *args[1:], '--out', tmp_path/'there', '--on', 'ray', '--workers', 2, '--retries', 1)
    there = last_json(done)
    assert done.returncode==1 and there['failed']==1 and 'tiny-nothing' in there['results'][-1]['error'], done.stderr
    assert untimed(there['results'][:3])==untimed(here['results'])
    with open(tmp_path/'there'/'results.csv', encoding='utf-8') as f: rows = list(csv.DictReader(f))
    assert [r['seed'] for r in rows]==['0', '1', '2', '0']
    again = last_json(run_here(*args, '--out', tmp_path/'there', '--retries', 0))
    assert again['results'][:3]==there['results'][:3], 'finished runs were done again'
    page = (tmp_path/'there'/'report.html').read_text(encoding='utf-8')
    assert page.count('<img ')==3 and 'tiny-nothing' in page

def test_killed_sweep_resumes(tiny, own_data, tmp_path):
    file, out = grid(tmp_path, own_data, tiny, seeds=[0, 1, 2]), tmp_path/'out'
    args = [str(a) for a in (BIN/'lgm-sweep', file, '--out', out, '--device', 'cpu', '--seeds', 1, '--json')]
    process = start_until((out/'results.json').exists, *args)
    process.kill()
    process.communicate()
    first = json.loads((out/'results.json').read_text(encoding='utf-8'))
    whole = last_json(ok(*args, run=run_here))
    assert whole['results'][:len(first)]==first and len(whole['results'])==3

def test_a_long_message_arrives_whole(tiny, tmp_path):
    "The remedy is at the end of a message, after the folder and its long name."
    data = f'folder:{tmp_path}/' + '/'.join(f'no-such-folder-{i:02d}' for i in range(30))
    file = grid(tmp_path, data, tiny, seeds=0)
    done = run_here('lgm-sweep', file, '--out', tmp_path/'out', '--retries', 0, '--json')
    error = last_json(done)['results'][0]['error']
    assert done.returncode==1 and len(error) > 400 and data.removeprefix('folder:') in error, error
    with open(tmp_path/'out'/'results.csv', encoding='utf-8') as f: assert next(csv.DictReader(f))['error']==error
    table = run_here('lgm-sweep', file, '--out', tmp_path/'out', '--retries', 0).stdout
    assert error in table

def test_mistakes(tiny, own_data, tmp_path):
    for more, word in (('sedes = 3', 'sedes'), ('ipc = 0', 'ipc: 0'), ('nonsense', 'cannot be read')):
        done = run_here('lgm-sweep', grid(tmp_path, own_data, tiny, seeds=0, more=more), '--out', tmp_path/'out')
        assert done.returncode==2 and word in done.stderr and 'Traceback' not in done.stderr, done.stderr

def test_somebody_elses_page_is_left_alone(tiny, own_data, tmp_path):
    "It is found before the first run."
    (tmp_path/'out').mkdir()
    (tmp_path/'out'/'report.html').write_text('mine')
    done = run_here('lgm-sweep', grid(tmp_path, own_data, tiny, seeds=0), '--out', tmp_path/'out')
    assert done.returncode==2 and 'report.html, which lgm_nb did not write' in done.stderr, done.stderr
    assert [p.name for p in (tmp_path/'out').iterdir()]==['report.html']

def test_a_run_on_two_backbones(tiny, own_data, tmp_path):
    "'A,B' in a grid is one run; its accuracy is read on the first."
    file = grid(tmp_path, own_data, f'{tiny},tiny-simclr-resnet', seeds=[0], more='source_weights = [[1, 2]]\n')
    args = ('lgm-sweep', file, '--device', 'cpu', '--seeds', 1, '--json', '--out', tmp_path/'two')
    done = last_json(ok(*args, run=run_here))
    [card] = (tmp_path/'two'/'runs').glob('*/card.json')
    there = json.loads(card.read_text(encoding='utf-8'))['backbones']
    assert [(b['name'], b['weight']) for b in there]==[(tiny, .3333), ('tiny-simclr-resnet', .6667)]
    assert done['failed']==0 and 0 <= done['results'][0]['top1_mean'] <= 100
