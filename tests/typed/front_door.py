"""Every name of the front door, used as a user uses it. Read by pyright (`make lint`), never run.

A call that pyright does not accept, or that gives another type than the one written here, is an error.
"""
from pathlib import Path
import torch
from PIL.Image import Image
from typing_extensions import assert_type
import lgm_nb
from lgm_nb import (
    Backbone, Dataset, DiscriminantMatching, DistilledSet, Distiller, EvolutionPlayer, Examiner, FlowMatching,
    GradientMatching, ImageIndex, Objective, RidgeProbe, Settings, Split, Studio, Table, TotalVariation,
    WhitenedMeans, ablate, align, bias_report, build_bank, compare, distill, estimate, from_arrays, image_grid,
    list_backbones, list_datasets, list_distilled, open_backbone, open_dataset, open_distilled, plant_shortcut,
    reproduce, shortcut_curve, sweep, transfer_agreement, transfer_matrix, write_report)
from lgm_nb.core.show import NameTable
from lgm_nb.method.feature_bank import FeatureBank
from lgm_nb.probing.compare import CrossModelTable
from lgm_nb.scale.cost import RunEstimate
from lgm_nb.scale.machine import Machine
from lgm_nb.scale.reproduce import TableResults
from lgm_nb.scale.sweep import SweepResults
from lgm_nb.scale.tables import Cell
from lgm_nb.scale.work import ModelWork
from lgm_nb.study.ablation import Ablation
from lgm_nb.study.alignment import Agreement, Alignment
from lgm_nb.study.bias import BiasReport
from lgm_nb.study.shortcut_curve import ShortcutCurve
from lgm_nb.study.transfer import TransferMatrix

def open_things(images: torch.Tensor, labels: torch.Tensor, network: torch.nn.Module):
    assert_type(lgm_nb.__version__, str)
    assert_type(list_datasets('cifar'), NameTable)
    assert_type(list_backbones('dino'), NameTable)
    assert_type(list_distilled('cifar10-mini/*'), NameTable)
    assert_type(open_distilled('cifar10-mini/lite0+simclr+dino', root='gallery'), DistilledSet)
    data = assert_type(open_dataset('cifar10-mini'), Dataset)
    assert_type(data.train, Split)
    assert_type(from_arrays((images, labels), test=(images, labels), classes=['cat', 'dog']), Dataset)
    backbone = assert_type(open_backbone('tiny-simclr-resnet', device='cpu'), Backbone)
    assert_type(backbone.embed(images), torch.Tensor)
    Backbone('mine', network, input_size=224)

def distil(data: Dataset, backbone: Backbone):
    distilled = assert_type(distill(data, backbone, preset='paper', steps=10, device='cuda'), DistilledSet)
    assert_type(distill('cifar10-mini', 'tiny-simclr-resnet'), DistilledSet)
    assert_type(distilled.images, torch.Tensor)
    assert_type(DistilledSet.load('runs/demo'), DistilledSet)
    assert_type(distill(data, [backbone, 'tiny-can-vit'], source_weights=(2, 1)), DistilledSet)
    distilled.save(Path('runs/demo'), overwrite=True)
    objective: Objective = GradientMatching() + 0.1*TotalVariation()
    objective = DiscriminantMatching(.8) + FlowMatching()
    objective += WhitenedMeans(shrinkage=.3) + RidgeProbe(1., .1)
    bank = assert_type(build_bank(data, backbone, views=3), FeatureBank)
    run = Distiller(data, backbone, Settings(steps=10), objective=objective, bank=bank)
    Distiller(data, [backbone, backbone], objective=[objective, objective], bank=[bank, bank])
    EvolutionPlayer(run, title='A run')
    Studio(data, [backbone], points=4)
    assert_type(image_grid(distilled.images, columns=5), Image)
    return run

def measure(data: Dataset, backbone: Backbone, distilled: DistilledSet, run: Distiller):
    table = assert_type(compare(distilled, data, [backbone], baselines=['random']), CrossModelTable)
    assert_type(write_report(distilled, data, table, 'runs/demo', run), Path)
    Examiner(data, backbone, protocol='fast', seeds=3)
    ImageIndex(data, backbone)
    Table(['backbone', 'top-1'], [['tiny', 50.]], caption='Accuracy')

def study(data: Dataset, backbones: list[Backbone], distilled: DistilledSet):
    assert_type(transfer_matrix(data, backbones, seeds=3), TransferMatrix)
    assert_type(align(data, backbones), Alignment)
    assert_type(transfer_agreement({'tiny': distilled}, data, backbones), Agreement)
    assert_type(ablate(data, backbones, factors=['pyramid']), Ablation)
    assert_type(bias_report(distilled, data, backbones[0], hard='photos'), BiasReport)
    planted = plant_shortcut(data, lambda *_, **__: torch.zeros(3, 8, 8), p=.9)
    assert_type(planted, Dataset)
    assert_type(shortcut_curve(data, lambda *_, **__: torch.zeros(3, 8, 8), backbones), ShortcutCurve)

def scale(work: ModelWork, machine: Machine, cells: list[Cell]):
    assert_type(estimate(work, 10, Settings(), machine), RunEstimate)
    runs = [dict(data='cifar10-mini', backbone='tiny-simclr-resnet', steps=10)]
    assert_type(sweep(runs, 'runs/sweep', workers=2), SweepResults)
    assert_type(reproduce(cells, 'runs/tables', seeds=3), TableResults)
