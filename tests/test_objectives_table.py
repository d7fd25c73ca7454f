"The rows of benchmarks.objectives: how far above the best real images, and which are the default."
import inspect, json
from pathlib import Path
from types import SimpleNamespace
import pytest, torch
from benchmarks.objectives import DEFAULT, chosen_targets, is_default, objective_of, Reader, summary
from lgm_nb.cli.distil import lgm_demo
from lgm_nb.method.objectives import PathMatching
from lgm_nb.probing.compare import paired_interval

SAVED = Path(__file__).resolve().parents[1]/'benchmarks'/'results'/'objectives.json'

class Told(Reader):
    "A reader that is told the scores: of each set, of its neighbours, and of the other real images."
    def __init__(self, made, near, **real):
        self.data, self.made, self.near, self.real = SimpleNamespace(classes=['a', 'b']), made, near, real
    def top1(self, kind, target, made=None, facts=None, ipc=1):
        if kind in self.real: return [self.real[kind]]
        return [(self.made if kind=='distilled' else self.near)[facts]]

def row(made, near, **real):
    sets = [(range(2), seed) for seed in range(len(made))] # one image for each of two classes
    return Told(made, near, **dict(random=10., centroid=20., full=90.) | real).beside_real('net', sets)

def test_the_difference_to_real_images_is_paired_by_seed():
    made, near = [50., 54., 61.], [40., 43., 49.]
    found = row(made, near)
    assert found['best_real_kind']=='neighbour' and found['best_real']==44. and found['top1']==made
    assert found['real']==dict(random=[10.]*3, centroid=[20.]*3, neighbour=near)
    assert found['above']==[11., 8.52, 13.48] # 10, 11, 12: mean 11, and 4.303 standard errors of 1/√3
    assert found['above']==pytest.approx(paired_interval(torch.tensor(made), torch.tensor(near)), abs=.006)
    assert found['above'][1] > found['interval'][0] - found['best_real'] # seeds differ by more than the pairs do
    fixed = row(made, near, centroid=45.)
    assert fixed['best_real_kind']=='centroid'
    assert fixed['above']==pytest.approx([found['top1_mean'] - 45, *(e - 45 for e in found['interval'])], abs=.011)
    assert row([50.], [40.])['above']==[10., None, None]

def test_saved_rows():
    "The interval of a difference contains its mean, which is that of the other fields."
    rows = json.loads(SAVED.read_text())['rows']
    assert rows
    for e in rows:
        middle, low, high = e['above']
        assert low <= middle <= high and abs(middle - (e['top1_mean'] - e['best_real'])) < .02
    assert {e['steps'] for e in rows if e['default']}=={inspect.signature(lgm_demo).parameters['steps'].default}

def test_the_default_has_the_steps_of_the_demo():
    steps = inspect.signature(lgm_demo).parameters['steps'].default
    assert is_default(DEFAULT, {}, steps) and is_default(f'{DEFAULT} @ steps={steps}', dict(steps=steps), steps)
    assert not is_default(DEFAULT, {}, 200) and not is_default(DEFAULT, dict(noise_std=.2), steps)
    assert not is_default('means @ lite0', {}, steps)

def test_a_path_has_a_name():
    assert objective_of('path').steps==PathMatching().steps and objective_of('path 8').steps==8

def test_targets_have_the_names_of_sources():
    nets = dict.fromkeys(('efficientnet-lite0', 'tiny-can-vit')) # what is installed
    assert chosen_targets(None, nets)==[*nets] and chosen_targets(('can', 'lite2'), nets)==['tiny-can-vit']
    with pytest.raises(SystemExit, match='--targets nothing: must be among lite0, '): chosen_targets(('nothing',), nets)

def test_the_log_tells_what_was_probed():
    home = dict(row([50.], [40.]), target='net', home=True, seen=True)
    second = dict(row([80.], [40.]), target='second', home=False, seen=True) # neither home nor unseen
    other = dict(row([50.], [40.]), target='other', home=False, seen=False)
    third = dict(row([38.], [40.]), target='third', home=False, seen=False)
    assert summary('a @ b', [second, home])=='a @ b: home 50.0 (56 % of full)'
    assert summary('a @ b', [other, second])=='a @ b: unseen +10.00: other +10.0'
    assert summary('a @ b', [second, home, other, third]).endswith('of full); unseen +4.00: other +10.0, third -2.0')
