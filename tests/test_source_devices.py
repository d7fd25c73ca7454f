"Backbones of a run on devices of their own: which tensors go where, with devices that hold no data, and the commands."
from types import SimpleNamespace
import pytest, torch
from conftest import ok, run_here
from safetensors.torch import load_file
from torch._subclasses.fake_tensor import FakeTensorMode
from lgm_nb.cli.terminal import open_backbones
from lgm_nb.method.augmentation import ViewParams
from lgm_nb.method.distiller import _compute_gradient
from lgm_nb.method.feature_bank import FeatureBank
from lgm_nb.method.meta_loss import Objective
from lgm_nb.method.settings import Settings
from lgm_nb.method.sides import Shares, WholeBank
from lgm_nb.method.source import Source

HOME, AWAY = torch.device('lazy', 0), torch.device('lazy', 1) # of all devices without data, those with derivatives

class Whole(Objective):
    "Reads all of a step."
    def __call__(self, step):
        assert {t.device for t in vars(step).values() if isinstance(t, torch.Tensor)}=={step.syn_features.device}
        z, images, parts = step.syn_features, step.images, step.real_parts.flatten(0, 1)
        off = z - step.real_means[step.syn_labels] - step.real_mean + parts[step.syn_labels]
        seen = step.real_features@step.real_covariance@off.T
        return seen.softmax(1)[step.real_labels, 0].mean() + images.square().mean()

class Encoder:
    "A linear map of the views on one device, which accepts no tensor of another one."
    def __init__(self, device, dim): self.device, self.weight = device, torch.randn(3*32*32, dim, device=device)
    def forward(self, images, views):
        assert images.device==self.device and not images.requires_grad
        return (images.flatten(1)@self.weight).repeat_interleave(2, 0)
    def backward(self, by_feature):
        assert by_feature.device==self.device
        return (by_feature.unflatten(0, (-1, 2)).sum(1)@self.weight.T).view(-1, 3, 32, 32)

def source_on(device, bank):
    "A source whose backbone is on a device."
    source = Source.__new__(Source)
    source.backbone, source.objective = SimpleNamespace(device=device, canvas=32), Whole()
    source.augmenter = SimpleNamespace(sample=lambda n, g: ViewParams(torch.zeros(n, 2, 3), torch.zeros(n)))
    source.target, source.part_means = WholeBank(bank, True, device, True), torch.zeros(3, 1, 5, device=device)
    source.encoder = Encoder(device, bank.class_means.shape[1])
    return source

def run_on(bank):
    "A run of three classes whose levels are at home, on a source at home and on one away."
    level = torch.zeros(3, 3, 64, 64, device=HOME, requires_grad=True)
    pyramid = SimpleNamespace(levels=[level], render=level.sigmoid)
    sources = [source_on(device, bank) for device in (HOME, AWAY)]
    return SimpleNamespace(settings=Settings(augs=2), labels=torch.arange(3), share=Shares(3, 1), step=0, n_classes=3,
                           generator=torch.Generator(), pyramid=pyramid, sources=sources, weights=[.5, .5])

def test_each_tensor_is_where_its_backbone_is():
    "An operation on tensors of two devices raises."
    bank = FeatureBank(torch.randn(12, 5), torch.arange(3).repeat(4), 3)
    assert bank.covariance.shape==(5, 5) # computed here, where there is data
    with FakeTensorMode(allow_non_fake_inputs=True):
        run = run_on(bank)
        loss = _compute_gradient(run)
        assert loss.device==HOME
        for level in run.pyramid.levels: assert level.grad.device==HOME
        for source in run.sources:
            side = source.target(0, run.generator)
            assert {t.device for t in side}=={source.backbone.device}
        run.sources[1].target = run.sources[0].target # a real side that was left at home
        with pytest.raises(AssertionError): _compute_gradient(run)

def test_each_backbone_is_opened_on_its_device(monkeypatch):
    asked = []
    monkeypatch.setattr('lgm_nb.core.devices.pick_device', torch.device)
    monkeypatch.setattr('lgm_nb.backbones.open.open_backbone', lambda n, device, **kw: asked.append((n, str(device))))
    for device in ('cuda:0,cuda:1', 'cuda:1'): open_backbones('a,b', device)
    assert asked==[('a', 'cuda:0'), ('b', 'cuda:1'), ('a', 'cuda:1'), ('b', 'cuda:1')]
    with pytest.raises(ValueError, match='--device cpu,cpu: 2 for 3 backbones; give one, or one for each'):
        open_backbones('a,b,c', 'cpu,cpu')

def test_a_device_for_each_backbone(own_data, tiny, tmp_path):
    "One device for all, or the same for each, gives the same images; the backbones of the report are on the first."
    from lgm_nb.backbones.embedded import zoo_cards
    other, third = [name for name in zoo_cards() if name != tiny][:2]
    command = ['lgm-distill', '--data', own_data, '--backbone', f'{tiny},{other}', '--steps', 2,
               '--augs', 1, '--views', 1]
    ok(*command, '--device', 'cpu', '--out', tmp_path/'one', run=run_here)
    ok(*command, '--device', 'cpu,cpu', '--report-on', third, '--out', tmp_path/'each', run=run_here)
    one, each = (load_file(tmp_path/f/'distilled.safetensors')['images'] for f in ('one', 'each'))
    assert torch.equal(one, each)
    done = run_here(*command, '--device', 'cpu,cpu,cpu', '--out', tmp_path/'none')
    assert done.returncode==2 and '--device cpu,cpu,cpu: 3 for 2 backbones' in done.stderr
