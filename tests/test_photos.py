"The benchmarks on real photographs, shortened. They need Caltech-101 beside the checkout and the weights of the demo extra."
import os
import pytest
from conftest import ROOT
from benchmarks import photos, real_weights

@pytest.mark.slow
def test_distilled_beats_real_images():
    data = ROOT.parent/'shared'/'data'
    if (why := photos.missing(data)) is not None: pytest.skip(why)
    result = photos.main(data, steps=150, classes=5, paper_seconds=20, seeds=3)
    rows = {kind: row['efficientnet-lite0']['top1_mean'] for kind, row in result['rows'].items()}
    assert rows['distilled'] > max(rows['centroid'], rows['neighbour'])

# Full probes of the backbones trained on ImageNet; those on CIFAR-10 as published for these weights at 96 px, 1,000 images a class.
CIFAR = {'efficientnet-lite0': 78.5, 'mobilenetv2': 77.4}

@pytest.mark.slow
def test_packaged_weights_classify_photographs():
    data, path = ROOT.parent/'shared'/'data', os.environ.get('CIFAR10')
    if (why := photos.missing(data)) is not None: pytest.skip(why)
    results = real_weights.main(data, path, epochs=50)['results']
    for name, row in results.items():
        top1 = row['top1_mean']
        if name.startswith('cifar-10') and (aim := CIFAR.get(name.split()[1])): assert abs(top1 - aim) < 3, (name, top1)
        else: assert top1 > 75, (name, top1)
    if not path: pytest.skip('Caltech-101 checked, CIFAR-10 not: CIFAR10 does not name a folder with the whole data set')
