"The benchmarks of a memory and of a teacher: what a probe may see, how it weighs, and how a gain is counted."
from types import SimpleNamespace
import pytest, torch
from benchmarks.continual import STRENGTHS, WEIGHTS, Stream, measures, weighted_ridge
from benchmarks.few_shot import again, over_seeds, worth
from lgm_nb import open_dataset, open_distilled
from lgm_nb.probing.ridge import fit_ridge

def noise(*shape, seed=0): return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))

@pytest.mark.parametrize('dim', [5, 40], ids=['more rows', 'more features'])
def test_equal_weights_are_the_ridge_protocol(dim):
    Z, y = noise(20, dim), torch.arange(20)%3
    W, b = weighted_ridge(Z, y, torch.full((20,), 7.), 3, .3)
    expected, b_expected = fit_ridge(Z[None, :, None], y, 3, .3*20)
    torch.testing.assert_close(W.T, expected[0], atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(b, b_expected[0], atol=1e-4, rtol=1e-3)

def test_a_weight_is_a_number_of_rows():
    Z, y, n = noise(12, 4), torch.arange(12)%3, 1 + torch.arange(12)%4
    once = weighted_ridge(Z, y, n.float(), 3, .1)
    each = weighted_ridge(Z.repeat_interleave(n, 0), y.repeat_interleave(n), torch.ones(int(n.sum())), 3, .1)
    for a, b in zip(once, each): torch.testing.assert_close(a, b, atol=1e-4, rtol=1e-3)

@pytest.fixture
def stream():
    data = open_dataset('cifar10-mini').subset(per_class=6)
    bench = SimpleNamespace(data=data, options=dict(per_task=2), examiner=SimpleNamespace(
        train_features=noise(len(data.train), 8), test_features=noise(len(data.test), 8, seed=1)))
    return Stream(bench, seed=3)

@pytest.mark.parametrize('weights', WEIGHTS)
def test_other_tasks_are_gone(stream, weights):
    "After a task, neither images of former tasks nor of later ones matter: they may as well be no numbers."
    memory = noise(10, 1, 4, 8, seed=2)
    for task in stream.tasks:
        before = stream.learn(memory, task, weights, STRENGTHS[0])
        whole, gone = stream.z_train, stream.train//2 != task
        stream.z_train = whole.masked_fill(gone[:, None], torch.nan)
        assert stream.learn(memory, task, weights, STRENGTHS[0])==before
        stream.z_train = whole
        own = stream.rows(memory, task, weights)
        assert set(own[1].tolist())==set(range(2*task + 2)) and torch.isfinite(own[0]).all()

def test_classes_count_the_same(stream):
    _, y, w = stream.rows(noise(10, 3, 4, 8), 4, 'classes')
    torch.testing.assert_close(torch.zeros(10).index_add(0, y, w), torch.ones(10))

def test_places_are_those_of_the_order(stream):
    names = [name for task in stream.tasks for name in stream.names(task)]
    assert names != stream.data.classes and sorted(names)==sorted(stream.data.classes)
    for row in (0, 17, 59): assert names[stream.train[row]]==stream.data.classes[stream.data.train.labels[row]]

def test_accuracy_by_task(stream):
    "Perfect scores for the classes of the first task, and always a class of the first for those of the second."
    scores = torch.zeros(len(stream.test), 4)
    scores[torch.arange(len(stream.test)), stream.test.clamp(max=1)] = 1
    assert stream.accuracies(scores, 1)==[100, 0]
    found = measures([[[100.], [80., 60.], [30., 60., 90.]]])
    assert found==dict(seen=[[100, 70, 60]], new=[[100, 60, 90]], first=[[100, 80, 30]], old=[[80, 45]])

def test_worth():
    counts, curve = [1, 2, 8], [10., 20., 40.]
    assert [worth(counts, curve, v) for v in (10, 20, 30, 40)]==pytest.approx([1, 2, 4, 8])
    assert worth(counts, curve, 9) is None and worth(counts, curve, 41) is None

def test_further_seeds_of_a_set(tmp_path):
    "Accuracies of each set, and their interval; a set that was made from other data has no further seeds."
    top1 = {'none': {1: [11., 13.], 2: [21., 23.]},
            0: {0: [15., 16.], 1: [20., 21.]}, 1: {0: [16., 18.], 1: [22., 22.]}}
    def measured(name, teacher, weight): return top1['none' if teacher is None else teacher[0]]
    target = SimpleNamespace(data=SimpleNamespace(name='d'), net=SimpleNamespace(name='t'), measured=measured)
    alone, both = over_seeds(target, 'set', [SimpleNamespace(images=i, labels=None) for i in (0, 1)])
    assert (alone['k'], alone['top1'], alone['top1_mean'])==(0, [15.5, 17.], 16.25) and 1 < alone['worth'] < 2
    assert (both['k'], both['top1']) == (1, [20.5, 22.]) and both['interval'][0] < 21.25 < both['interval'][1]
    made = open_distilled('cifar10-mini/lite0')
    assert not list(again(open_dataset('cifar10-mini'), made, 0, tmp_path))
    with pytest.raises(SystemExit, match='made from other data than caltech10-mini'):
        list(again(open_dataset('caltech10-mini'), made, 1, tmp_path))
