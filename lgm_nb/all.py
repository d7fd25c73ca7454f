"""What a session in a notebook uses: `from lgm_nb.all import *`. Everything else is imported from its room.

In IPython it also shows errors of this library by their message; `LGM_NB_TRACEBACK=1` in the environment does not.
"""
# No name here hides one that people import from torch, NumPy or Matplotlib (tests/test_import.py).
from lgm_nb import * # the front door, without `Dataset`
from lgm_nb.core.short_errors import shorten_errors as _shorten_errors
from lgm_nb.core.show import Chart, SERIES_COLOURS, heat_map, image_rows
from lgm_nb.data.dataset import stratified_split
from lgm_nb.backbones.embedded import has_packaged_weights, tiny_network, zoo_cards
from lgm_nb.method.augmentation import Augmenter
from lgm_nb.method.distiller import DivergenceError, Snapshot
from lgm_nb.method.extend import extend
from lgm_nb.method.feature_bank import FeatureBank
from lgm_nb.method.meta_loss import DISTANCES, cosine_distance, gradient_at_zero, probe_gradient
from lgm_nb.method.pyramid import Pyramid
from lgm_nb.method.runs import RunStopped, load_checkpoint, open_or_distill, run_steps, save_checkpoint
from lgm_nb.method.settings import PRESETS
from lgm_nb.probing.examiner import BASELINES
from lgm_nb.probing.fine_tuning import fine_tune
from lgm_nb.probing.labels import Teacher, with_soft_labels
from lgm_nb.probing.probe import train_probes
from lgm_nb.study.alignment import Agreement
from lgm_nb.study.bias import open_hard_images
from lgm_nb.study.groups import Background, Border, Tint, Watermark, group_table, probe_groups, read_cutouts
from lgm_nb.study.neighbours import FeaturePlane
from lgm_nb.study.shortcut_curve import ShortcutCurve
from lgm_nb.study.transfer import TransferMatrix
from lgm_nb.views.report import loss_svg
from lgm_nb.views.widgets import AugmentationView, CrossModelChart, PyramidView
from lgm_nb.scale.cost import MACHINES, Machine, measure_machine, work_of
from lgm_nb.scale.reproduce import compare_with_paper

_shorten_errors()
