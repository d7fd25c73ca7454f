"What holds for every input, tried on drawn ones: pyramid, augmentation, meta-loss, bank, files."
import math, warnings
import numpy as np
import pytest, torch
from hypothesis import assume, given, HealthCheck, settings, strategies as st
from torchvision.transforms import functional as vision
from lgm_nb.core.durable import tensors_hash
from lgm_nb.core.files import cached, safe_name, unchanged_files, write_folder
from lgm_nb.data.dataset import Dataset, Split
from lgm_nb.method.augmentation import Augmenter, ViewParams
from lgm_nb.method.distilled_set import DistilledSet
from lgm_nb.method.feature_bank import FeatureBank
from lgm_nb.method.meta_loss import cosine_distance, gradient_at_zero, GradientMatching, probe_gradient, Step
from lgm_nb.method.pyramid import decorrelate, level_sizes, Pyramid
from lgm_nb.method.run_folder import read_card, written_files

# The same examples in every run; a file system and a busy machine may take their time.
every = settings(derandomize=True, deadline=None, max_examples=40, database=None,
                 suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
few = settings(every, max_examples=15)
seeds = st.integers(0, 2**31 - 1)

def generator(seed): return torch.Generator().manual_seed(seed)
def draw(seed, *shape): return torch.randn(shape, generator=generator(seed))

# Pyramid

@every
@given(size=st.integers(1, 300), start=st.integers(1, 300))
def test_level_sizes_double_up_to_the_size(size, start):
    assume(start <= size)
    sizes = level_sizes(size, start)
    assert sizes[0]==start and sizes[-1]==size and all(b==2*a for a, b in zip(sizes[:-2], sizes[1:-1]))
    assert len(sizes) < 2 or sizes[-2] < size <= 2*sizes[-2]

@every
@given(n=st.integers(1, 4), size=st.integers(1, 40), colours=st.booleans(), init=st.sampled_from(['normal', 'zero']),
    seed=seeds)
def test_a_pyramid_renders_images_at_every_level(n, size, colours, init, seed):
    g = generator(seed)
    pyramid = Pyramid(n, size, g, decorrelate=colours, init=init)
    while True:
        images, by_parts = pyramid.render(), pyramid.paint(sum(pyramid.parts()))
        assert images.shape==(n, 3, size, size) and images.min() >= 0 and images.max() <= 1
        torch.testing.assert_close(images, by_parts, atol=1e-4, rtol=0) # the fast way gives what the plain one gives
        if pyramid.complete: break
        pyramid.grow(g)
    assert [level.shape[-1] for level in pyramid.levels]==level_sizes(size, 1)
    with pytest.raises(ValueError, match='all its'): pyramid.grow(g)

@every
@given(n=st.integers(2, 6), size=st.integers(2, 20), cut=st.integers(1, 5), seed=seeds)
def test_a_share_of_a_pyramid_is_that_part_of_the_whole(n, size, cut, seed):
    assume(cut < n)
    own = slice(cut, n)
    g, h = generator(seed), generator(seed)
    whole, part = Pyramid(n, size, g), Pyramid(n, size, h, own=own)
    while not whole.complete:
        whole.grow(g)
        part.grow(h)
    for a, b in zip(whole.levels, part.levels): assert torch.equal(a[own], b)

@every
@given(a=seeds, b=seeds, side=st.integers(1, 8), factor=st.floats(-3, 3))
def test_colours_are_linear(a, b, side, factor):
    x, y = draw(a, 2, 3, side, side), draw(b, 2, 3, side, side)
    torch.testing.assert_close(decorrelate(factor*x + y), factor*decorrelate(x) + decorrelate(y), atol=1e-4, rtol=1e-4)

# Augmentation

shares = st.floats(.05, 1)

@every
@given(low=shares, high=shares, narrow=st.floats(.3, 1), wide=st.floats(1, 3), n=st.integers(1, 20), seed=seeds)
def test_a_crop_lies_in_the_image(low, high, narrow, wide, n, seed):
    assume(low <= high)
    theta = Augmenter(8, scale=(low, high), ratio=(narrow, wide)).sample(n, generator(seed)).theta
    half, middle = theta[:, [0, 1], [0, 1]].abs(), theta[:, :, 2].abs()
    assert (half > 0).all() and (half + middle <= 1 + 1e-5).all()
    assert (theta[:, 0, 1]==0).all() and (theta[:, 1, 0]==0).all()

@every
@given(height=st.integers(1, 12), width=st.integers(1, 12), size=st.integers(1, 12), n=st.integers(1, 5), seed=seeds)
def test_views_are_images_and_depend_on_the_seed_alone(height, width, size, n, seed):
    images = torch.rand(n, 3, height, width, generator=generator(seed))
    one, two = (Augmenter(size, noise_chance=0.)(images, generator(seed)) for _ in range(2))
    assert torch.equal(one, two) and one.shape==(n, 3, size, size)
    assert one.min() >= images.min() - 1e-5 and one.max() <= images.max() + 1e-5

@every
@given(n=st.integers(1, 8), size=st.integers(2, 10), seed=seeds)
def test_a_view_does_not_depend_on_the_others(n, size, seed):
    images, augmenter = torch.rand(n, 3, size, size, generator=generator(seed)), Augmenter(size)
    views = augmenter.sample(n, generator(seed))
    whole = augmenter.apply(images, views)
    for i in range(n): torch.testing.assert_close(augmenter.apply(images[i:i + 1], views[i:i + 1])[0], whole[i])

@every
@given(size=st.integers(1, 12), seed=seeds)
def test_a_flip_is_a_flip(size, seed):
    images = torch.rand(2, 3, size, size, generator=generator(seed))
    flipped = Augmenter(size, flip=1., scale=None, noise_chance=0.)(images, generator(seed))
    torch.testing.assert_close(flipped, vision.hflip(images), atol=1e-5, rtol=0)
    same = Augmenter(size).apply(images, ViewParams(torch.eye(2, 3).repeat(2, 1, 1), torch.tensor([-1, -1])))
    torch.testing.assert_close(same, images, atol=1e-5, rtol=0)

# Meta-loss

sizes = dict(n=st.integers(1, 12), dim=st.integers(1, 9), classes=st.integers(2, 5), seed=seeds)

def features_of(n, dim, classes, seed):
    return draw(seed, n, dim), torch.randint(classes, (n,), generator=generator(seed + 1))

@every
@given(**sizes, w_std=st.floats(0, 2))
def test_the_gradient_is_that_of_autograd(n, dim, classes, seed, w_std):
    features, labels = features_of(n, dim, classes, seed)
    W = (w_std*draw(seed + 2, classes, dim)).requires_grad_()
    b = torch.zeros(classes, requires_grad=True)
    torch.nn.functional.cross_entropy(features@W.T + b, labels).backward()
    expected = torch.cat([W.grad, b.grad[:, None]], 1)
    torch.testing.assert_close(probe_gradient(features, labels, W.detach(), b.detach()), expected, atol=1e-5, rtol=1e-4)
    if w_std==0: torch.testing.assert_close(gradient_at_zero(features, labels, classes), expected, atol=1e-5, rtol=1e-4)

@every
@given(**sizes)
def test_the_gradient_at_zero_centres_and_ignores_the_order(n, dim, classes, seed):
    features, labels = features_of(n, dim, classes, seed)
    origin, order = draw(seed + 3, dim), torch.randperm(n, generator=generator(seed))
    found = gradient_at_zero(features, labels, classes, origin)
    torch.testing.assert_close(found, gradient_at_zero(features - origin, labels, classes), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(found, gradient_at_zero(features[order], labels[order], classes, origin), atol=1e-5,
        rtol=1e-4)

@every
@given(seed=seeds, n=st.integers(1, 30), scale=st.floats(.01, 100))
def test_the_cosine_distance_is_one(seed, n, scale):
    a, b = draw(seed, n), draw(seed + 1, n)
    assume(a.norm() > 1e-3 and b.norm() > 1e-3)
    assert -1e-5 <= float(cosine_distance(a, b)) <= 2 + 1e-5
    torch.testing.assert_close(cosine_distance(a, scale*a), torch.tensor(0.), atol=1e-5, rtol=0)
    torch.testing.assert_close(cosine_distance(a, b), cosine_distance(b, a))

@every
@given(seed=seeds, dim=st.integers(2, 6), classes=st.integers(2, 4), copies=st.integers(1, 3))
def test_the_loss_is_zero_where_the_images_are_the_class_means(seed, dim, classes, copies):
    means, labels = draw(seed, classes, dim), torch.arange(classes)
    assume((means - means.mean(0)).norm() > .1)
    step = Step(torch.zeros(0), means.repeat(copies, 1), labels.repeat(copies), None, None, means.mean(0), classes,
                generator(seed), means)
    torch.testing.assert_close(GradientMatching()(step), torch.tensor(0.), atol=1e-5, rtol=0)

# Bank

@every
@given(counts=st.lists(st.integers(1, 9), min_size=2, max_size=5), dim=st.integers(1, 5), per_class=st.integers(1, 12),
    seed=seeds)
def test_a_bank_draws_alike_from_every_class(counts, dim, per_class, seed):
    labels = torch.cat([torch.full((n,), c) for c, n in enumerate(counts)])
    labels = labels[torch.randperm(len(labels), generator=generator(seed))]
    features = draw(seed, len(labels), dim)
    bank = FeatureBank(features, labels, len(counts))
    for c in range(len(counts)): torch.testing.assert_close(bank.class_means[c], features[labels==c].mean(0),
        atol=1e-5, rtol=1e-4)
    rows, drawn = bank.sample(per_class, generator(seed))
    assert torch.bincount(drawn).tolist()==[per_class]*len(counts)
    for z, c in zip(rows, drawn): assert (features[labels==c]==z).all(1).any()
    for c, n in enumerate(counts): # spread evenly over the rows of a class
        assert rows[drawn==c].unique(dim=0, return_counts=True)[1].max() <= math.ceil(per_class/n) + 1

@every
@given(pixels=st.integers(0, 255), other=st.integers(0, 255), row=st.integers(0, 3))
def test_a_pixel_changes_the_hash_of_data(pixels, other, row):
    assume(pixels != other)
    def hash_of(value):
        images = np.full((4, 2, 2, 3), pixels, np.uint8)
        images[row, 1, 0, 2] = value
        split = Split(images, [0, 1, 0, 1])
        return Dataset('drawn', split, split, ['a', 'b']).hash
    assert hash_of(pixels)==hash_of(pixels) != hash_of(other)

# Files

types = st.sampled_from([torch.float32, torch.float16, torch.int64, torch.uint8, torch.bool])

@every
@given(shape=st.lists(st.integers(0, 4), max_size=3), kind=types, seed=seeds, at=st.integers(0, 10**6))
def test_a_flipped_bit_changes_the_hash_of_tensors(shape, kind, seed, at):
    tensors = dict(a=draw(seed, *shape).to(kind), b=torch.tensor(seed))
    before = tensors_hash(tensors)
    assert before==tensors_hash(dict(reversed(tensors.items()))) # in any order
    flat = tensors['b'].reshape(1).view(torch.uint8)
    flat[at%len(flat)] ^= 1 << at%8
    assert tensors_hash(tensors) != before

@few
@given(n=st.integers(2, 5), side=st.integers(1, 9), seed=seeds, names=st.lists(st.text(max_size=60), min_size=5,
    max_size=5, unique=True),
       at=st.integers(0, 10**9))
def test_a_set_is_read_as_it_was_written_and_never_damaged(n, side, seed, names, at, tmp_path_factory):
    for name in names: assume(not any('\ud800' <= c <= '\udfff' for c in name))
    folder = tmp_path_factory.mktemp('set')/'set'
    made = DistilledSet(torch.rand(n, 3, side, side, generator=generator(seed)), torch.arange(n), names[:n],
        dict(seed=seed))
    read = DistilledSet.load(made.save(folder))
    assert torch.equal(read.images, made.images) and torch.equal(read.labels, made.labels) and read.classes==names[:n]
    assert written_files(folder)=={p.relative_to(folder).as_posix() for p in folder.rglob('*') if p.is_file()}
    file = folder/'distilled.safetensors'
    contents = bytearray(file.read_bytes())
    contents[at%len(contents)] ^= 1 << at%8
    file.write_bytes(contents)
    with pytest.raises(ValueError, match='distilled.safetensors'): DistilledSet.load(folder)

@every
@given(text=st.text(max_size=80))
def test_a_safe_name_is_a_file_name(text, tmp_path):
    name = safe_name(text)
    assert name and len(name) <= 40 and name==safe_name(name) and not set(name) & set('/\\\0:*?"<>| \n.')
    (tmp_path/name).write_text('')
    assert (tmp_path/name).is_file()

results = st.recursive(st.none() | st.booleans() | st.integers(-2**53, 2**53) | st.floats(allow_nan=False,
    allow_infinity=False)
                       | st.text(st.characters(exclude_categories=['Cs'])), lambda inner: st.lists(inner, max_size=3),
                           max_leaves=8)

@few
@given(result=results, at=st.integers(0, 10**9))
def test_a_cached_result_is_read_as_computed_and_never_damaged(result, at, tmp_path_factory):
    folder = tmp_path_factory.mktemp('results')
    calls = []
    def compute():
        calls.append(1)
        return result
    facts = dict(what='drawn', of=7)
    assert cached(facts, compute, folder)==cached(facts, compute, folder)==result and len(calls)==1
    [file] = folder.iterdir()
    contents = bytearray(file.read_bytes())
    contents[at%len(contents)] ^= 1 << at%8
    file.write_bytes(contents)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore') # a blank, or what the result does not depend on, may be the one that changed
        assert cached(facts, compute, folder)==result

@few
@given(files=st.dictionaries(st.sampled_from(['a', 'b', 'c']), st.binary(max_size=20), min_size=1),
    edited=st.sampled_from(['a', 'b', 'c']))
def test_an_edited_file_is_no_longer_ours(files, edited, tmp_path_factory):
    folder = tmp_path_factory.mktemp('ours')
    def write(temporary):
        for name, contents in files.items(): (temporary/name).write_bytes(contents)
    write_folder(folder, {}, dict(list={}), write)
    listed = read_card(folder/'list.json')['files']
    assert unchanged_files(folder, listed)==set(files)
    if edited not in files: return
    (folder/edited).write_bytes(files[edited] + b'!')
    assert unchanged_files(folder, listed)==set(files) - {edited}
    with pytest.raises(ValueError, match=edited): write_folder(folder, {}, dict(list={}), write,
        unchanged_files(folder, listed))
    assert (folder/edited).read_bytes()==files[edited] + b'!'
