"""Protocol `paper`, stated again from its published description alone, against the library's.

`restated` shares no code with `lgm_nb.probing` or `lgm_nb.method`: a plain linear layer, torchvision's crops and flips,
torch's Adam and cosine schedule, one probe at a time. Only the backbone, the images to train on and the test images
are the library's. Views do not depend on the probe, so those of several epochs go through the backbone together.
"""
import pytest, torch, torch.nn.functional as F
from benchmarks.probe_protocols import AUTHORS, AUTHORS_NET, authors_set, sets_of
from torchvision.transforms import RandomResizedCrop, functional as vision
from lgm_nb.backbones.backbone import Backbone
from lgm_nb.backbones.embedded import has_packaged_weights
from lgm_nb.backbones.open import open_backbone
from lgm_nb.data.dataset import Dataset, Split
from lgm_nb.data.open import open_dataset
from lgm_nb.probing.examiner import Examiner

def view(image, size):
    "A flip with chance one half, then a random crop of 8 to 100 % of the area."
    if torch.rand(1) < .5: image = vision.hflip(image)
    box = RandomResizedCrop.get_params(image, scale=(.08, 1), ratio=(3/4, 4/3))
    return vision.resized_crop(image, *box, [size, size], antialias=False)

def train(features, labels, n_classes, epochs, batch=100):
    "Train one probe on features of shape (epochs, n, D)."
    n, dim = features.shape[1:]
    batch = min(batch, n)
    probe = torch.nn.Linear(dim, n_classes)
    torch.nn.init.normal_(probe.weight, 0, .01)
    torch.nn.init.zeros_(probe.bias)
    optimiser = torch.optim.Adam(probe.parameters(), lr=1e-3*batch/256)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=epochs)
    for epoch in range(epochs):
        for rows in torch.randperm(n).split(batch):
            optimiser.zero_grad()
            F.cross_entropy(probe(features[epoch, rows]), labels[rows]).backward()
            optimiser.step()
        schedule.step()
    return probe

@torch.no_grad()
def views_of(images, backbone, epochs, at_once=20):
    "Features of fresh views in every epoch, (epochs, n, D)."
    rows = [torch.stack([view(i, backbone.input_size) for _ in range(min(at_once, epochs - start)) for i in images])
            for start in range(0, epochs, at_once)]
    return torch.cat([backbone(r) for r in rows]).view(epochs, len(images), -1)

def restated(images, labels, data, backbone, seeds, epochs=1000):
    "Test accuracies in percent of the probes of several seeds, each after its last epoch."
    test, found = backbone.embed(data.test), [] # centre crops
    for seed in range(seeds):
        torch.manual_seed(100 + seed)
        probe = train(views_of(images, backbone, epochs), labels, len(data.classes), epochs)
        with torch.no_grad(): found.append(100*(probe(test).argmax(1)==data.test.labels).float().mean())
    return torch.stack(found)

def check_agreement(images, labels, data, backbone, seeds=5, epochs=1000, errors=2, least=.15):
    """The means of both differ by less than two standard errors of their difference.

    Five seeds can be alike by chance, so no standard error below .15 points is believed."""
    ours = Examiner(data, backbone, 'paper', seeds, epochs=epochs).score(images, labels).top1
    theirs = restated(images, labels, data, backbone, seeds, epochs)
    error = ((ours.var() + theirs.var())/seeds).sqrt().clamp(min=least)
    difference = float(ours.mean() - theirs.mean())
    assert abs(difference) < errors*float(error), (ours, theirs, float(error))
    assert float(ours.mean()) > 110/len(data.classes), (ours, 'no better than chance, so agreement means nothing')

SETS = ('distilled', 'random', 'centroid')
FEWER = dict(seeds=3, errors=3, least=.5) # where five seeds take too long; the spread of three is itself uncertain
FEWEST = FEWER | dict(seeds=2)

@pytest.fixture(scope='module')
def small():
    "A small random network on three classes: thousands of views go through it in a second."
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 32, 5, 2), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(3),
                                  torch.nn.Flatten())
    backbone = Backbone('small', network, 16)
    data = open_dataset('cifar10-mini').subset(['airplane', 'automobile', 'horse'], per_class=60)
    return data, backbone, sets_of(data, backbone, 30)

@pytest.mark.parametrize('name', SETS)
def test_restated_protocol_agrees(small, name):
    data, backbone, sets = small
    check_agreement(*sets[name], data, backbone)

def test_restated_protocol_agrees_on_an_embedded_backbone(tiny):
    data, backbone = open_dataset('cifar10-mini').subset(['airplane', 'automobile'], per_class=60), open_backbone(tiny)
    rows = Examiner(data, backbone).centroid_rows()
    images, labels = data.train.batch(rows, backbone.canvas), data.train.labels[rows]
    check_agreement(images, labels, data, backbone, epochs=500, **FEWEST) # half as long, on either side

@pytest.mark.slow
@pytest.mark.parametrize('name', SETS)
@pytest.mark.parametrize('net', ['tiny-simclr-resnet', 'efficientnet-lite0'])
def test_restated_protocol_agrees_on_ten_classes(net, name):
    if net.startswith('efficientnet') and not has_packaged_weights(net): pytest.skip(f'{net} is not installed')
    data, backbone = open_dataset('cifar10-mini'), open_backbone(net)
    check_agreement(*sets_of(data, backbone, 30)[name], data, backbone, **FEWER)

@pytest.mark.slow
@pytest.mark.parametrize('name', SETS)
@pytest.mark.parametrize('net', ['small', 'tiny-simclr-resnet'])
def test_restated_protocol_agrees_on_101_classes(small, net, name):
    "Two batches in an epoch; the classes are hues, four images of each to learn from and to test on."
    backbone = small[1] if net=='small' else open_backbone(net)
    generator = torch.Generator().manual_seed(0)
    hues = torch.rand(101, 3, 2, 2, generator=generator)
    def split(each=4):
        images = F.interpolate(hues.repeat_interleave(each, 0), (32, 32), mode='bilinear')
        noisy = (images + .1*torch.randn(images.shape, generator=generator)).clamp(0, 1)
        pixels = (255*noisy).byte().permute(0, 2, 3, 1).contiguous().numpy()
        return Split(pixels, torch.arange(101).repeat_interleave(each).numpy())
    data = Dataset('hues', split(), split(), [f'hue {i}' for i in range(101)])
    check_agreement(*sets_of(data, backbone, 20)[name], data, backbone, **FEWEST)

@pytest.mark.slow
def test_protocol_paper_says_what_the_authors_evaluator_says():
    "Their evaluator, on the images that these settings give: 64.0 % (65.5, 63.2, 63.2)."
    if not has_packaged_weights(AUTHORS_NET): pytest.skip(f'{AUTHORS_NET} is not installed')
    data, backbone = open_dataset('cifar10-mini'), open_backbone(AUTHORS_NET)
    made = authors_set(data, backbone)
    top1 = Examiner(data, backbone, 'paper').score(made.images, made.labels).top1
    assert abs(float(top1.mean()) - sum(AUTHORS)/3) < 1.5, top1
