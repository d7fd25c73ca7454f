"What was found from outside and has no case of the corpus: identity of what is cached, full disks, hostile cards."
import json, os, re, shutil, subprocess, warnings
import numpy as np
import pytest, torch
from conftest import ok, run_here
from lgm_nb import (build_bank, Dataset, DistilledSet, Examiner, from_arrays, GradientMatching, open_backbone,
                    open_dataset, Settings, Split)
from lgm_nb.backbones.backbone import Backbone, backbone_key
from lgm_nb.backbones.weights import read_weights
from lgm_nb.core.durable import file_hash
from lgm_nb.core.files import unchanged_files
from lgm_nb.method.feature_bank import FeatureBank
from lgm_nb.method.runs import run_facts
from lgm_nb.views.sheets import save_page
from reliability.found import FOUND, missing
from reliability.place import hashes, Place, QUICK, TINY

@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path): monkeypatch.setenv('LGM_NB_CACHE', str(tmp_path/'cache'))

@pytest.fixture
def place(tmp_path, made):
    found = Place(tmp_path, made)
    found.photos()
    return found

def few(): return open_dataset('cifar10-mini').subset(['cat', 'dog'], per_class=4)

# The list itself

def test_every_finding_names_tests_that_exist():
    assert not missing(FOUND)

# Identity of what is cached

class _Two(torch.nn.Module):
    "One weight, and as many ways to use it as wanted."
    def __init__(self, way):
        super().__init__()
        self.way, self.weight = way, torch.nn.Parameter(torch.linspace(0, 1, 12).view(4, 3))
    def forward(self, x): return self.way(x)@self.weight.T

def mean(x): return x.mean((2, 3))
def largest(x): return x.amax((2, 3))
def turned(x): return -mean(x)

HALVES = dict(mean=(.5,)*3, std=(.5,)*3)
WAYS = {'normalisation': lambda: Backbone('net', _Two(mean), 32, **HALVES), 'pooling': lambda: Backbone('net',
    _Two(largest), 32), 'forward()': lambda: Backbone('net', _Two(turned), 32), 'input size': lambda: Backbone('net',
        _Two(mean), 16)}

@pytest.mark.parametrize('what', WAYS)
def test_networks_of_the_same_weights_share_nothing(what):
    "Neither a bank nor a cached result."
    one, other, data = Backbone('net', _Two(mean), 32), WAYS[what](), few()
    assert one.hash==other.hash and backbone_key(one) != backbone_key(other)
    assert run_facts(data, one, Settings()) != run_facts(data, other, Settings())
    banks = [build_bank(data, net, 1) for net in (one, other, one)]
    assert torch.equal(banks[0].features, banks[2].features) and not torch.equal(banks[0].features, banks[1].features)

def test_other_pictures_of_the_same_size_and_time_get_their_own_bank(place):
    data = f'folder:{place/"photos"}'
    before = build_bank(open_dataset(data), open_backbone(TINY), 1)
    for file in (place/'photos').rglob('*.bmp'):
        time, pixels = file.stat().st_mtime_ns, bytearray(file.read_bytes())
        pixels[-3000:] = bytes(3000)
        file.write_bytes(pixels)
        os.utime(file, ns=(time, time))
    assert not torch.equal(build_bank(open_dataset(data), open_backbone(TINY), 1).features, before.features)

def test_a_sweep_does_not_take_a_set_for_that_of_other_pictures(place):
    place.write('grid.toml', f'[grid]\ndata = "folder:{place/"photos"}"\nbackbone = "{TINY}"\nsteps = 1\naugs = 1\n'
                             'views = 1\n')
    sweep = ['lgm-sweep', place/'grid.toml', '--seeds', 1, '--retries', 0, '--out', place/'out', '--json']
    ok(*sweep, run=run_here)
    for file in (place/'photos/bird').iterdir(): shutil.copy(next((place/'photos/airplane').iterdir()), file)
    done = run_here(*sweep)
    assert done.returncode==1 and 'other data' in json.loads(done.stdout.splitlines()[-1])['results'][0]['error']

def test_a_repetition_says_that_the_data_are_others(place):
    card = place.copy('set')/'card.json'
    shutil.copy(next((place/'photos/airplane').iterdir()), place/'photos/bird/new.bmp')
    done = ok('lgm-distill', '--from-card', card, '--data', f'folder:{place/"photos"}', '--out', place/'out',
        run=run_here)
    assert 'the data are not those of the card' in done.stderr
    same = ok('lgm-distill', '--from-card', card, '--data', f'folder:{place.made/"photos"}', '--out', place/'same',
        run=run_here)
    assert 'of the card' not in same.stderr

# One gate for input

IMAGES, LABELS = np.zeros((6, 8, 8, 3), np.uint8), [0, 1]*3

def _bank(features=torch.randn(6, 4), labels=torch.tensor(LABELS), n=2, **more):
    return lambda: FeatureBank(features, labels, n, **more)

def _saved(images=torch.rand(2, 3, 8, 8), labels=torch.arange(2), classes=('a', 'b')):
    return lambda: DistilledSet(images, labels, classes).save('never')

def _scored(images, labels=torch.arange(2), seeds=1):
    return lambda: Examiner(few(), open_backbone(TINY), 'ridge', seeds).score(images, labels)

WRONG = {
    'fractional labels': (lambda: Split(IMAGES, [0, .5]*3), 'labels'),
    'labels that are NaN': (lambda: Split(IMAGES, [0, float('nan')]*3), 'labels'),
    'labels that are text': (lambda: Split(IMAGES, ['a', 'b']*3), 'labels'),
    'labels of two columns': (lambda: Split(IMAGES, [[0], [1]]*3), 'labels'),
    'fractional labels of arrays': (lambda: from_arrays((IMAGES, [0, .5]*3)), 'labels'),
    'a class named twice': (lambda: Dataset('x', Split(IMAGES, LABELS), Split(IMAGES, LABELS), ['a', 'a']), 'twice'),
    'images without pixels': (lambda: from_arrays((IMAGES[:, :0], LABELS)), 'images'),
    'a bank of NaN': (_bank(torch.full((6, 4), float('nan'))), 'not finite'),
    'a bank with one infinite feature': (_bank(torch.tensor([[1., 2]]*5 + [[1., float('inf')]])), 'not finite'),
    'a bank of fewer labels': (_bank(labels=torch.arange(2)), 'labels'),
    'a bank of labels out of range': (_bank(labels=torch.tensor(LABELS) + 1), 'labels'),
    'a bank of fractional labels': (_bank(labels=torch.tensor(LABELS)*.5), 'labels'),
    'a bank without a class': (_bank(n=3), 'class 0 … 2'), 'a bank of one row': (_bank(torch.randn(4)), 'features'),
    'means that are NaN': (_bank(None, means=torch.full((2, 4), float('nan'))), 'not finite'),
    'a set of NaN': (_saved(torch.full((2, 3, 8, 8), float('nan'))), 'finite'),
    'a set from 0 to 255': (_saved(torch.rand(2, 3, 8, 8)*255), 'from 0 to 1'),
    'a set of fewer labels': (_saved(labels=torch.arange(1)), 'labels'),
    'a set of a class named twice': (_saved(classes=('a', 'a')), 'twice'),
    'scores of NaN': (_scored(torch.full((2, 3, 8, 8), float('nan'))), 'finite'),
    'scores of infinite images': (_scored(torch.full((2, 3, 8, 8), float('inf'))), 'finite'),
    'scores of negative images': (_scored(-torch.rand(2, 3, 8, 8)), 'from 0 to 1'),
    'scores of images from 0 to 255': (_scored(torch.rand(2, 3, 8, 8)*255), 'from 0 to 1'),
    'scores of fewer labels': (_scored(torch.rand(2, 3, 8, 8), torch.arange(1)), 'labels'),
    'scores of labels out of range': (_scored(torch.rand(2, 3, 8, 8), torch.arange(2) + 1), 'labels'),
    'scores of too many seeds': (_scored(torch.rand(2, 3, 8, 8), seeds=2**63), 'seeds'),
    'a spread that is NaN': (lambda: GradientMatching(w_std=float('nan')), 'w_std'),
    'a rate that is text': (lambda: Settings(lr='x'), 'lr'), 'a switch that is text': (lambda: Settings(pyramid='no'),
        'pyramid'),
    'a deviation of zero': (lambda: Backbone('net', _Two(mean), 8, std=(0, 1, 1)), 'std'),
    'two means for three channels': (lambda: Backbone('net', _Two(mean), 8, mean=(0, 0)), 'mean')}

@pytest.mark.parametrize('name', WRONG)
def test_a_wrong_value_is_named(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call, word = WRONG[name]
    with pytest.raises(ValueError, match=word): call()
    assert not (tmp_path/'never').exists()

@pytest.mark.parametrize('scale, word', [(0., 'zero'), (1e-7, 'half precision')])
def test_a_backbone_whose_features_are_lost_warns(scale, word):
    net = Backbone('net', _Two(lambda x: scale*mean(x)), 32)
    with pytest.warns(UserWarning, match=word): build_bank(few(), net, 1, folder=False)

# Folders

def test_a_card_cannot_name_files_outside_its_folder(tmp_path):
    "Else a stranger's set could have them deleted when it is replaced."
    (tmp_path/'thesis.doc').write_text('mine')
    (tmp_path/'set').mkdir()
    written = file_hash(tmp_path/'thesis.doc')
    for name in ('../thesis.doc', str(tmp_path/'thesis.doc'), 'a/../../thesis.doc'):
        assert unchanged_files(tmp_path/'set', {name: written})==set()

def test_a_folder_is_written_into_and_never_replaced(place):
    "It may be a mount point."
    (place/'out').mkdir()
    before = (place/'out').stat().st_ino
    ok(*place.distil(), run=run_here)
    ok(*place.distil('photos', 'out', '--overwrite'), run=run_here)
    assert (place/'out').stat().st_ino==before

@pytest.fixture
def small_disk(tmp_path):
    "A file system of its own with 512 kB; needs the rights of root."
    disk = tmp_path/'disk'
    disk.mkdir()
    made = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=512k', 'none', disk], capture_output=True)
    if made.returncode: pytest.skip('nothing can be mounted here')
    yield disk
    subprocess.run(['umount', disk], check=True)

def fill(disk, leave): (disk/'filler').write_bytes(bytes(shutil.disk_usage(disk).free - leave))

def test_a_mount_point_can_be_the_folder(place, small_disk):
    ok(*place.distil(out='disk'), run=run_here)
    assert len(DistilledSet.load(small_disk))==3

def test_a_full_disk_is_named_and_the_run_goes_on_when_there_is_room(place, small_disk):
    distil = place.distil('photos', 'disk/out', '--steps', 4, '--checkpoint-every', 1)
    fill(small_disk, 40_000)
    done = run_here(*distil)
    assert done.returncode==1 and re.search(r'failed: .*No space left on device.*disk/out.*make room', done.stderr)
    assert not [n for n in hashes(small_disk) if n.endswith('.tmp')]
    (small_disk/'filler').unlink()
    ok(*distil, *['--resume']*(small_disk/'out/checkpoint.safetensors').exists(), run=run_here)
    made, whole = (DistilledSet.load(f).images for f in (small_disk/'out', place.made/'whole'))
    assert torch.equal(made, whole)

def test_a_full_cache_is_an_error_and_no_signal(place, small_disk, monkeypatch):
    "The bank would not fit; a memory map of a file without room ends in SIGBUS."
    monkeypatch.setenv('LGM_NB_CACHE', str(small_disk/'cache'))
    fill(small_disk, 12_000)
    done = run_here(*place.distil())
    assert done.returncode==1 and 'LGM_NB_CACHE' in done.stderr and len(done.stderr.strip().splitlines())==1

def test_a_read_only_set_is_still_probed(place, small_disk):
    shutil.copytree(place.made/'set', small_disk/'set')
    subprocess.run(['mount', '-o', 'remount,ro', small_disk], check=True)
    done = ok(*place.probe('disk/set', '--json'), run=run_here)
    assert 'not recorded' in done.stderr and 'top1_mean' in done.stdout

def test_a_cache_that_is_a_file(place, monkeypatch):
    monkeypatch.setenv('LGM_NB_CACHE', str(place.write('cache', 'mine')))
    done = run_here(*place.distil())
    assert done.returncode==2 and 'LGM_NB_CACHE' in done.stderr and (place/'cache').read_text()=='mine'

def test_a_leftover_of_an_earlier_version_blocks_nothing(place):
    place.copy('run')
    place.write('run/checkpoint.tmp', 'half')
    ok(*place.distil('photos', 'run', '--steps', 4, '--resume'), run=run_here)
    assert (place/'run/checkpoint.tmp').read_text()=='half'

# Cards, weights, pages

def test_a_card_names_the_machine(made):
    machine = json.loads((made/'set/card.json').read_text())['machine']
    assert machine['threads']==torch.get_num_threads() and machine['device']=='cpu'

class _Opens(torch.nn.Module):
    "Its archive has code that runs when it is opened."
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(2))
    def forward(self, x): return x*self.weight
    @torch.jit.export
    def __getstate__(self): return self.weight, self.training
    @torch.jit.export
    def __setstate__(self, state: tuple[torch.Tensor, bool]):
        assert state[1], 'the code of the archive ran'
        self.weight, self.training = state

def test_the_code_of_an_archive_does_not_run(tmp_path):
    file = tmp_path/'weights.pt'
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        torch.jit.script(_Opens().eval()).save(str(file))
    with pytest.raises(Exception, match='the code of the archive ran'): torch.jit.load(str(file))
    with pytest.raises(ValueError, match='archive'): read_weights(file) # its state is of a kind of its own

def test_pages_have_a_policy(place, tmp_path):
    place.copy('set')
    words = ['--data', f'folder:{place.made/"photos"}', *QUICK, '--resume', '--report', '--out', place/'set']
    ok('lgm-distill', *words, run=run_here)
    save_page('<p>x</p>', tmp_path/'page.html', 'a title')
    for page in (place/'set/report.html', tmp_path/'page.html'):
        [policy] = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page.read_text())
        assert policy.startswith("default-src 'none'")

def test_half_a_film_is_not_shown(place):
    from lgm_nb.probing.compare import compare
    from lgm_nb.views.report import write_report
    place.copy('set')
    data, net = open_dataset(f'folder:{place.made/"photos"}'), open_backbone(TINY)
    distilled = DistilledSet.load(place/'set')
    table = compare(distilled, data, [net], ['random'], 'ridge', 1)
    place.write('set/evolution.gif', b'GIF89a half')
    assert 'image/gif' not in write_report(distilled, data, table, place/'set').read_text()
