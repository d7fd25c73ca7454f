"The paper's tables as a command: the plan needs neither data nor weights; an interrupted table resumes."
import json
import pytest, torch
from conftest import BIN, half_written, interrupted, last_json, ok, run_here, start_until

def table(data, tiny, *more):
    "The main table on a few photographs and one embedded backbone."
    return ['main', '--data', data, '--backbones', tiny, '--preset', 'default', '--seeds', 1, '--device',
        'cpu', '--out', 'out', *more]

@pytest.mark.parametrize('machine', ['H100', 'laptop'])
def test_dry_run(machine, tmp_path):
    plan = last_json(ok('lgm-reproduce', 'main', '--dry-run', '--machine', machine, '--json', cwd=tmp_path,
        run=run_here))
    whats = [row[0] for row in plan['rows']]
    assert whats==['distil']*8 + ['features', 'full probe', 'probes']*8 + ['all'] and not list(tmp_path.iterdir())

def test_dry_run_counts_all(tmp_path):
    "Feature banks and the probes between models have their time, memory and disk."
    plan = last_json(ok('lgm-reproduce', 'cross-model', '--preset', 'default', '--dry-run', '--json', cwd=tmp_path,
        run=run_here))
    at = {c: i for i, c in enumerate(plan['columns'])}
    banks, probes = ([r for r in plan['rows'] if r[at['what']]==what] for what in ('feature bank', 'probes'))
    assert len(banks)==len(probes)==4 and all(r[at['disk GB']]
        and r[at['memory GB']] and r[at['total']] for r in banks)
    assert all(r[at['of']]=='4 sets' and r[at['memory GB']] for r in probes)

def test_settings_of_the_distillations(tmp_path):
    "They change the plan, are kept with the results, and a wrong one is refused."
    args = ['lgm-reproduce', 'augmentations', '--dry-run', '--json']
    plain, half = (last_json(ok(*args, *more, cwd=tmp_path, run=run_here)) for more in ([], ['--precision', 'auto']))
    step = plain['columns'].index('per step')
    assert plain['rows'][0][step]=='432 ms' != half['rows'][0][step], 'the H100 is faster in half precision'
    for more, words in ((['--precision', 'float8'], "precision: 'float8'"), (['--steps', 0], 'steps: 0')):
        refused = run_here(*args, *more, cwd=tmp_path)
        assert refused.returncode==2 and words in refused.stderr, refused.stderr

def test_resumes(tiny, own_data, tmp_path):
    args = ['lgm-reproduce', *table(own_data, tiny, '--steps', 2, '--json')]
    done = ok(*args, cwd=tmp_path, run=run_here)
    first = last_json(done)['results']
    assert 'no GPU' not in done.stderr, 'embedded backbones are made for a CPU'
    file = tmp_path/'out/results.json'
    saved = json.loads(file.read_text())
    lost = next(k for k in saved['results'] if 'centroid' in k)
    saved['results'].pop(lost)['marked'] = 1
    for kept in saved['results'].values(): kept['marked'] = 1 # so that a row that is measured again is seen
    file.write_text(json.dumps(saved)) # its checksum is wrong now
    assert 'was changed since it was written' in run_here(*args, cwd=tmp_path).stderr
    del saved['checksum'] # as in 0.1.0
    file.write_text(json.dumps(saved))
    again = last_json(ok(*args, cwd=tmp_path, run=run_here))['results']
    assert set(again)==set(first) and [k for k, v in again.items() if 'marked' not in v]==[lost]
    assert again[lost]['top1_mean']==first[lost]['top1_mean']

def test_interrupt(tiny, own_data, tmp_path):
    "Ctrl-C in a distillation and in a probe: one line says how to resume, nothing is half-written, and it resumes."
    args = [BIN/'lgm-reproduce', *table(own_data, tiny, '--steps', 80, '--chunk', 10)]
    def stop_when(there):
        last = interrupted(start_until(there, *args, cwd=tmp_path)).strip().splitlines()[-1]
        assert last.endswith('results so far are in out; run the same command to resume') and not half_written(tmp_path)
        return last
    def found(pattern): return next((tmp_path/'out').glob(pattern), None)
    assert stop_when(lambda: found('sets/*/checkpoint.safetensors')).startswith('stopped at step')
    kept = found('sets/*/checkpoint.safetensors').read_bytes()
    stop_when(lambda: found('results.json'))
    first = json.loads((tmp_path/'out/results.json').read_text(encoding='utf-8'))['results']
    assert kept and first and len(first) < 5
    whole = last_json(ok(*args, '--json', cwd=tmp_path, run=run_here))['results']
    assert len(whole)==5 and {k: whole[k] for k in first}==first

def test_bad_table(tmp_path):
    done = run_here('lgm-reproduce', 'nosuch', cwd=tmp_path)
    assert done.returncode==2 and 'fine-grained' in done.stderr and 'Traceback' not in done.stderr

def test_all_that_is_missing_is_named_first(own_data, tiny, tmp_path, monkeypatch):
    "Nothing is measured before every data set and every backbone is found; a plan lists the same."
    for name in ('LGM_NB_WEIGHTS', 'HOME', 'TORCH_HOME'): monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv('HF_HUB_OFFLINE', '1')
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_CACHE', str(tmp_path))
    data, nets = f'{own_data},food-101', f'{tiny},dino-vit-s16,mocov3-vit-l16'
    args = ['lgm-reproduce', 'main', '--data', data, '--backbones', nets, '--steps', 2, '--device', 'cpu']
    refused = run_here(*args, cwd=tmp_path)
    assert refused.returncode==2 and 'Traceback' not in refused.stderr and not list(tmp_path.iterdir())
    assert refused.stderr.count('no GPU is used')==1
    lacking = ['data food-101: no folder', 'weights dino-vit-s16: HF_HUB_OFFLINE is set', 'published no weights']
    assert all(words in refused.stderr for words in lacking), refused.stderr
    assert 'for food-101, dino-vit-s16, mocov3-vit-l16 cannot be had' in refused.stderr, refused.stderr
    plan = last_json(ok(*args, '--dry-run', '--json', cwd=tmp_path, run=run_here))
    assert len(plan['lacking'])==3 and all(words in text for words, text in zip(lacking, plan['lacking']))

def test_every_backbone_opens_before_the_first_measurement(own_data, tiny, tmp_path, monkeypatch):
    "A file of another network is refused although its turn would come last."
    from lgm_nb.backbones.published import MODEL_SPECS
    from safetensors.torch import save_file
    path = tmp_path/'mirror'/MODEL_SPECS['dino-vit-s16'].files[0].path
    path.parent.mkdir(parents=True)
    save_file({'blocks.0.weight': torch.zeros(3)}, path)
    monkeypatch.setenv('LGM_NB_WEIGHTS', str(tmp_path/'mirror'))
    refused = run_here(*['lgm-reproduce', *table(own_data, f'{tiny},dino-vit-s16', '--steps', 2)], cwd=tmp_path)
    assert refused.returncode==2 and 'do not fit' in refused.stderr and not (tmp_path/'out').exists(), refused.stderr

def test_budget(tmp_path):
    "The parts that fit are planned, and the message names those that are left out."
    args = ['lgm-reproduce', 'main', '--dry-run', '--machine', 'H100', '--json']
    whole = last_json(ok(*args, cwd=tmp_path, run=run_here))
    done = ok(*args, '--budget', '4h', cwd=tmp_path, run=run_here)
    part = last_json(done)
    assert 0 < len(part['rows']) < len(whole['rows']) and 'left out: imagenet-1k, DINOv2' in done.stderr
    assert 'times on H100 (measured: NVIDIA H100 80GB HBM3)' in done.stderr
    for wrong, words in (('4', "budget: '4'"), ('1m', 'the shortest part, imagenet-100')):
        refused = run_here(*args, '--budget', wrong, cwd=tmp_path)
        assert refused.returncode==2 and words in refused.stderr and 'Traceback' not in refused.stderr, refused.stderr
    assert 'give it more time, or fewer backbones' in refused.stderr

def test_page(tiny, own_data, tmp_path):
    "The page is written and replaced; one that somebody else wrote is refused before the first step, and stays."
    args = ['lgm-reproduce', *table(own_data, tiny, '--steps', 2, '--protocol', 'ridge', '--json')]
    page = tmp_path/'out/report.html'
    page.parent.mkdir()
    page.write_text('mine')
    refused = run_here(*args, cwd=tmp_path)
    assert refused.returncode==2 and 'report.html, which lgm_nb did not write' in refused.stderr
    assert page.read_text()=='mine' and len(list(page.parent.iterdir()))==1
    page.unlink()
    for _ in range(2):
        done = last_json(ok(*args, cwd=tmp_path, run=run_here))
        shown = page.read_text(encoding='utf-8')
        assert done['page']=='out/report.html' and 'Distilled images of airplane' in shown
        assert 'on the test images, one seed of the probe, so without an interval.' in shown
