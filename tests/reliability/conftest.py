"What the tests of reliability share."
import pytest
from conftest import ok, run_here, write_photographs
from lgm_nb.all import Distiller, open_backbone, open_dataset, save_checkpoint, Settings
from reliability.place import QUICK, TINY

def make(folder, photos):
    "A set, a longer run and the same unfinished, a bank, and what lgm-transfer keeps."
    distil = ['lgm-distill', '--data', photos, *QUICK]
    ok(*distil, '--out', folder/'set', run=run_here)
    ok(*distil, '--steps', 4, '--out', folder/'whole', run=run_here)
    unfinished = Distiller(open_dataset(photos), open_backbone(TINY), Settings(steps=4, augs=1, views=1))
    for _ in range(2):
        next(unfinished)
        save_checkpoint(unfinished, folder/'run/checkpoint.safetensors')
    ok('lgm-bank', '--data', photos, '--backbone', TINY, '--views', 1, '--out', folder/'bank', run=run_here)
    ok('lgm-transfer', '--data', photos, '--backbones', TINY, '--steps', 1, '--seeds', 1, '--protocol', 'ridge',
       '--baselines', 'random', '--cache', folder/'keep', '--out', folder/'matrix', run=run_here)
    (folder/'grid.toml').write_text(f'[grid]\ndata = "{photos}"\nbackbone = "{TINY}"\nsteps = 1\naugs = 1\nviews = 1\n')
    ok('lgm-sweep', folder/'grid.toml', '--seeds', 1, '--device', 'cpu', '--out', folder/'swept', run=run_here)

@pytest.fixture(scope='session')
def made(tmp_path_factory):
    "What the cases copy: photographs, and what runs made of them."
    folder = tmp_path_factory.mktemp('made')
    write_photographs(folder/'photos', ['airplane', 'automobile', 'bird'], 6, 'bmp')
    with pytest.MonkeyPatch.context() as m:
        m.setenv('LGM_NB_CACHE', str(folder/'cache'))
        make(folder, f'folder:{folder/"photos"}')
    return folder
