"The benchmark on real photographs, shortened. It needs Caltech-101 beside the checkout and the weights of the demo extra."
import pytest
from conftest import ROOT
from benchmarks import photos

@pytest.mark.slow
def test_distilled_beats_real_images():
    data = ROOT.parent/'shared'/'data'
    if (why := photos.missing(data)) is not None: pytest.skip(why)
    result = photos.main(data, steps=150, classes=5, paper_seconds=20, seeds=3)
    rows = {kind: row['efficientnet-lite0']['top1_mean'] for kind, row in result['rows'].items()}
    assert rows['distilled'] > max(rows['centroid'], rows['neighbour'])
