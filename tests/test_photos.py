"The benchmarks on real photographs, shortened. They need Caltech-101 in shared/data and the weights of the demo extra."
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

# Top-1 of full probes on CIFAR-10, as published for these weights at 96 px and 1,000 images per class.
CIFAR = {'efficientnet-lite0': 78.5, 'mobilenetv2': 77.4}

@pytest.mark.slow
def test_packaged_weights_classify_photographs():
    data, path = ROOT.parent/'shared'/'data', os.environ.get('CIFAR10')
    if (why := photos.missing(data)) is not None: pytest.skip(why)
    results = real_weights.main(data, path, epochs=50)['results']
    for name, row in results.items():
        top1 = row['top1_mean']
        published = CIFAR.get(name.split()[1]) if name.startswith('cifar-10') else None
        if published: assert abs(top1 - published) < 3, (name, top1)
        else: assert top1 > 75, (name, top1)
    if not path: pytest.skip('CIFAR-10 not checked: set CIFAR10 to the folder of the whole data set')
