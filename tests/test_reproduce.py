"The paper's tables as a command: the plan needs neither data nor weights; an interrupted table goes on where it stopped."
import json
import pytest
from conftest import BIN, last_json, ok, run

CALL = [BIN/'lgm-reproduce']

@pytest.mark.parametrize('machine', ['H100', 'laptop'])
def test_dry_run(machine, tmp_path):
    plan = last_json(ok(*CALL, 'main', '--dry-run', '--machine', machine, '--json', cwd=tmp_path))
    assert len(plan['rows'])==2*4 + 1 and not list(tmp_path.iterdir())

def test_resumes(tiny, tmp_path):
    args = [*CALL, 'main', '--data', 'cifar10-mini', '--backbones', tiny, '--preset', 'fast', '--steps', '2', '--seeds', '1', '--device', 'cpu', '--out', 'out', '--json']
    first = last_json(ok(*args, cwd=tmp_path))['results']
    file = tmp_path/'out/results.json'
    saved = json.loads(file.read_text())
    lost = next(k for k in saved['results'] if 'centroid' in k)
    saved['results'].pop(lost)['marked'] = 1
    for kept in saved['results'].values(): kept['marked'] = 1 # so that a row that is measured again is seen
    file.write_text(json.dumps(saved))
    again = last_json(ok(*args, cwd=tmp_path))['results']
    assert set(again)==set(first) and [k for k, v in again.items() if 'marked' not in v]==[lost]
    assert again[lost]['top1_mean']==first[lost]['top1_mean']

def test_bad_table(tmp_path):
    done = run(*CALL, 'nosuch', cwd=tmp_path)
    assert done.returncode==2 and 'fine-grained' in done.stderr and 'Traceback' not in done.stderr
