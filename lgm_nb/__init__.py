"""Linear Gradient Matching: distil a data set to one image per class, and see what a frozen vision backbone sees.

    from lgm_nb import Studio, compare, distill, open_backbone, open_dataset

`import lgm_nb` is quick: a name is imported, with what it needs, when it is first used. In IPython the first one also
lets errors of this library be shown by their message.
"""
import importlib, os, sys
from typing import TYPE_CHECKING

__version__ = "0.1.0"

# Idle threads of PyTorch sleep sooner: beside other work a step is several times as fast (benchmarks/busy_step.py).
# This has an effect on Linux, if PyTorch has not been imported yet.
if 'OMP_WAIT_POLICY' not in os.environ: os.environ.setdefault('GOMP_SPINCOUNT', '1000')

FRONT_DOOR = {
    'core.show': ('Table', 'image_grid'),
    'data.dataset': ('Dataset', 'Split', 'from_arrays'),
    'data.open': ('list_datasets', 'open_dataset'),
    'backbones.backbone': ('Backbone',),
    'backbones.open': ('list_backbones', 'open_backbone'),
    'method.meta_loss': ('GradientMatching', 'Objective', 'TotalVariation'),
    'method.objectives': ('DiscriminantMatching', 'FlowMatching', 'RidgeProbe', 'WhitenedMeans'),
    'method.feature_bank': ('build_bank',),
    'method.settings': ('Settings',),
    'method.distilled_set': ('DistilledSet',),
    'method.gallery': ('list_distilled', 'open_distilled'),
    'method.distiller': ('Distiller',),
    'method.runs': ('distill',),
    'probing.examiner': ('Examiner',),
    'probing.compare': ('compare',),
    'study.neighbours': ('ImageIndex',),
    'study.transfer': ('transfer_matrix',),
    'study.alignment': ('align', 'transfer_agreement'),
    'study.groups': ('plant_shortcut',),
    'study.shortcut_curve': ('shortcut_curve',),
    'study.ablation': ('ablate',),
    'study.bias': ('bias_report',),
    'views.widgets': ('EvolutionPlayer',),
    'views.report': ('write_report',),
    'views.studio': ('Studio',),
    'scale.cost': ('estimate',),
    'scale.sweep': ('sweep',),
    'scale.reproduce': ('reproduce',)} # room → the names that are found here

_ROOMS = {name: room for room, names in FRONT_DOOR.items() for name in names}
_BY_NAME_ONLY = {'Dataset'} # torch.utils.data has a Dataset, too, and `import *` must not hide it
__all__ = ['__version__', *sorted(_ROOMS.keys() - _BY_NAME_ONLY)] # noqa: PLE0604 (strings, all of them)

def __getattr__(name: str):
    "Import a name of the front door from its room (PEP 562)."
    if name not in _ROOMS: raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    value = getattr(importlib.import_module(f'{__name__}.{_ROOMS[name]}'), name)
    globals()[name] = value
    if 'IPython' in sys.modules: importlib.import_module(f'{__name__}.core.short_errors').shorten_errors()
    return value

def __dir__(): return sorted({*globals(), *_ROOMS})

if TYPE_CHECKING:
    from .backbones.backbone import Backbone as Backbone
    from .backbones.open import list_backbones as list_backbones, open_backbone as open_backbone
    from .core.show import Table as Table, image_grid as image_grid
    from .data.dataset import Dataset as Dataset, Split as Split, from_arrays as from_arrays
    from .data.open import list_datasets as list_datasets, open_dataset as open_dataset
    from .method.distilled_set import DistilledSet as DistilledSet
    from .method.distiller import Distiller as Distiller
    from .method.feature_bank import build_bank as build_bank
    from .method.gallery import list_distilled as list_distilled, open_distilled as open_distilled
    from .method.meta_loss import GradientMatching as GradientMatching, Objective as Objective
    from .method.meta_loss import TotalVariation as TotalVariation
    from .method.objectives import DiscriminantMatching as DiscriminantMatching
    from .method.objectives import FlowMatching as FlowMatching, RidgeProbe as RidgeProbe
    from .method.objectives import WhitenedMeans as WhitenedMeans
    from .method.runs import distill as distill
    from .method.settings import Settings as Settings
    from .probing.compare import compare as compare
    from .probing.examiner import Examiner as Examiner
    from .scale.cost import estimate as estimate
    from .scale.reproduce import reproduce as reproduce
    from .scale.sweep import sweep as sweep
    from .study.ablation import ablate as ablate
    from .study.alignment import align as align, transfer_agreement as transfer_agreement
    from .study.bias import bias_report as bias_report
    from .study.groups import plant_shortcut as plant_shortcut
    from .study.neighbours import ImageIndex as ImageIndex
    from .study.shortcut_curve import shortcut_curve as shortcut_curve
    from .study.transfer import transfer_matrix as transfer_matrix
    from .views.report import write_report as write_report
    from .views.studio import Studio as Studio
    from .views.widgets import EvolutionPlayer as EvolutionPlayer
