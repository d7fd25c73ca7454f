"Weights from a mirror directory, and from the hubs themselves where they can be reached (`pytest -m hub`)."
import hashlib, http.server, os, re, subprocess, sys, threading, urllib.request
from dataclasses import replace
import pytest, torch
from safetensors.torch import save_file
from lgm_nb.backbones.backbone import weights_hash
from lgm_nb.backbones.mirror import fetch_published, find_cached, find_mirrored, hub_address, hub_file, known_hashes
from lgm_nb.backbones.mirror import published_files, stated_hash, why_unreachable, WeightsFile
from lgm_nb.backbones.open import open_backbone
from lgm_nb.backbones.published import list_weights, MODEL_SPECS, weights_files
from test_models import published_layout, random_weights, reference, small, tower

FILES = [(name, file) for name, file in weights_files() if 'pypi.org' not in file.url]

@pytest.fixture
def mirror(tmp_path, monkeypatch):
    "A function that puts random tensors where a mirror has a published file, of which no hash is known."
    monkeypatch.setattr('lgm_nb.backbones.mirror.known_hashes', dict)
    monkeypatch.setenv('LGM_NB_WEIGHTS', str(tmp_path/'mirror'))
    (tmp_path/'mirror').mkdir()
    def put(file, tensors):
        path = tmp_path/'mirror'/file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        tensors = {k: v.contiguous() if isinstance(v, torch.Tensor) else v for k, v in tensors.items()}
        save_file(tensors, path) if path.suffix=='.safetensors' else torch.save(tensors, path)
        return path
    return put

@pytest.mark.parametrize('name', ['dinov2-vit-b14', 'mocov3-vit-b16', 'siglip-vit-b16'])
def test_published_name(name, mirror):
    "A short name finds the file that the table names, and opens as with weights=PATH."
    spec = MODEL_SPECS[name]
    state = random_weights(reference(spec, 224)).state_dict()
    bare = name.startswith('mocov3')
    path = mirror(spec.files[0], published_layout(spec, state) if bare else state)
    net = open_backbone(name, input_size=224, **small(spec))
    assert net.hash==open_backbone(name, weights=path, input_size=224, **small(spec)).hash
    assert str(path) in net.note and 'SHA-256 is not known yet' in net.note and net.name==name

def test_clip(mirror, tmp_path):
    "The hub's file of a CLIP, by its short name and by open_clip's; OpenAI's file must have the published hash."
    spec, shape = MODEL_SPECS['clip-vit-b32'], dict(layers=2, width=64, embed_dim=32)
    state = random_weights(tower(spec, 224)).state_dict()
    path = mirror(spec.files[0], state)
    nets = [open_backbone(name, **shape) for name in (spec.name, spec.source)]
    assert nets[0].hash==nets[1].hash==open_backbone(spec.name, weights=path, **shape).hash
    path.unlink()
    mirror(spec.files[1], state) # of random weights: not what OpenAI published
    with pytest.raises(ValueError, match='ViT-B-32.pt has SHA-256 .*, but 40d365715913'):
        open_backbone(spec.name, **shape)

def test_any_timm_network(mirror):
    "A classifier is left out, whatever timm's card calls it."
    import timm
    for name in ('resnet10t.c3_in1k', 'test_vit.r160_in1k', 'inception_next_atto.sail_in1k'):
        net = timm.create_model(name, pretrained=False).eval()
        path = mirror(published_files(f'timm:{name}')[0], net.state_dict())
        assert str(path) in open_backbone(f'timm:{name}', input_size=96 if 'vit' not in name else None).note

def test_lite_without_its_package(mirror, monkeypatch):
    "timm's file, in which tensors have another order; where there is none, the error says where one could lie."
    import timm
    monkeypatch.setattr('lgm_nb.backbones.embedded._lite_file', lambda name: None)
    monkeypatch.setenv('HF_HUB_OFFLINE', '1')
    network = timm.create_model('tf_efficientnet_lite0')
    path = mirror(published_files('timm:tf_efficientnet_lite0')[0], network.state_dict())
    net = open_backbone('efficientnet-lite0')
    network.reset_classifier(0)
    assert str(path) in net.note and net.hash==weights_hash(network)
    path.unlink()
    place = r'\(LGM_NB_WEIGHTS\) does not hold timm/tf_efficientnet_lite0.in1k/model.safetensors'
    with pytest.raises(RuntimeError, match=place): open_backbone('efficientnet-lite0')

def test_weights_that_are_given_come_first(mirror, tmp_path):
    spec = MODEL_SPECS['dino-vit-s16']
    mirror(spec.files[0], random_weights(reference(spec, 96), 1).state_dict())
    torch.save(random_weights(reference(spec, 96), 2).state_dict(), tmp_path/'own.pth')
    own = open_backbone(spec.name, weights=tmp_path/'own.pth', input_size=96, **small(spec))
    assert own.hash != open_backbone(spec.name, input_size=96, **small(spec)).hash and 'SHA-256' not in own.note

def test_a_published_hash_is_checked(mirror, tmp_path):
    path = mirror(WeightsFile('net.pth', ''), dict(w=torch.zeros(3)))
    good = WeightsFile('net.pth', 'https://example.org/net.pth', hashlib.sha256(path.read_bytes()).hexdigest())
    assert 'SHA-256 as published' in find_mirrored([good]).note
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match='copy it again, or remove it'): find_mirrored([good])

OPEN = """
import os, sys
from lgm_nb import open_backbone
for name in sys.argv[2:]:
    for folder in ('', sys.argv[1], sys.argv[1] + '/no'):
        os.environ['LGM_NB_WEIGHTS'] = folder
        try: open_backbone(name)
        except Exception as e: print(f'{type(e).__name__}: {e}'.replace(chr(10), ' '))
"""

def test_a_noted_hash_is_checked(mirror, tmp_path, monkeypatch):
    "What sha256sum wrote when the mirror was filled; a copy that was cut off is refused, and named."
    spec = MODEL_SPECS['dino-vit-s16']
    path = mirror(spec.files[0], random_weights(reference(spec, 96)).state_dict())
    fill = "find . -type f ! -name SHA256SUMS -exec sha256sum {} + > SHA256SUMS"
    subprocess.run(fill, shell=True, cwd=tmp_path/'mirror', check=True)
    assert 'SHA-256 as noted' in open_backbone(spec.name, input_size=96, **small(spec)).note
    path.write_bytes(path.read_bytes() + b' ')
    with pytest.raises(ValueError, match='is noted in SHA256SUMS; copy it again, or remove it'):
        open_backbone(spec.name, input_size=96, **small(spec))

def test_neither_hub_nor_mirror(tmp_path):
    "The error names what is missing and where it could lie. The libraries are told to stay offline."
    names = {'dinov2-vit-b14': 'timm/vit_base_patch14_dinov2.lvd142m/model.safetensors or dinov2_vitb14_pretrain.pth',
             'timm:resnet10t': 'timm/resnet10t.c3_in1k/model.safetensors',
             'clip-rn50': 'timm/resnet50_clip.openai/open_clip_model.safetensors or RN50.pt'}
    offline = dict(os.environ, HF_HUB_OFFLINE='1', HF_HOME=str(tmp_path/'hf'))
    done = subprocess.run([sys.executable, '-c', OPEN, tmp_path, *names], env=offline, capture_output=True, text=True)
    said = iter(done.stdout.splitlines())
    for path in names.values():
        unset, empty, absent = (next(said) for _ in range(3))
        assert unset.startswith('RuntimeError') and f'or set LGM_NB_WEIGHTS to a folder that holds {path}' in unset
        assert empty.startswith('RuntimeError') and f'{tmp_path} (LGM_NB_WEIGHTS) does not hold {path}' in empty
        assert absent.startswith('ValueError: LGM_NB_WEIGHTS: no folder')

def no_connection(folder):
    "An environment with a hub at which nobody listens, and downloads in a folder."
    gone = dict(HF_ENDPOINT='http://127.0.0.1:9', no_proxy='*', HF_HOME=str(folder), TORCH_HOME=str(folder))
    return {k: v for k, v in os.environ.items() if k not in ('HF_HUB_OFFLINE', 'LGM_NB_WEIGHTS')} | gone

def test_without_a_connection(tmp_path):
    "Libraries would try again for half a minute, with a line for each attempt."
    done = subprocess.run([sys.executable, '-c', OPEN, tmp_path, 'dinov2-vit-b14', 'clip-rn50'],
                          env=no_connection(tmp_path), capture_output=True, text=True)
    said = done.stdout.splitlines()
    assert sum('127.0.0.1:9 cannot be reached' in line for line in said)==4 and len(said)==6, done.stdout
    assert 'Retry' not in done.stderr and 'HEAD' not in done.stderr, done.stderr

AGAIN = """
import sys
from lgm_nb import open_backbone
from test_models import small
from lgm_nb.backbones.published import MODEL_SPECS
spec = MODEL_SPECS[sys.argv[1]]
net = open_backbone(spec.name, input_size=96, **small(spec))
print(net.note, net.hash)
"""

def test_downloaded_before(tmp_path):
    "Weights in the cache of huggingface_hub open at once without a connection."
    spec = MODEL_SPECS['dino-vit-s16']
    repository, _, name = spec.files[0].path.rpartition('/')
    cache = tmp_path/'hub'/f'models--{repository.replace("/", "--")}'
    path = cache/'snapshots/1a2b'/name
    path.parent.mkdir(parents=True)
    (cache/'refs').mkdir()
    (cache/'refs/main').write_text('1a2b')
    save_file(random_weights(reference(spec, 96)).state_dict(), path)
    here = os.path.dirname(__file__)
    done = subprocess.run([sys.executable, '-c', AGAIN, spec.name], env=no_connection(tmp_path), cwd=here,
                          capture_output=True, text=True)
    assert f'{path} (downloaded before)' in done.stdout and 'Retry' not in done.stderr, done.stderr
    assert done.stdout.split()[-1]==open_backbone(spec.name, weights=path, input_size=96, **small(spec)).hash

def test_table():
    "Every backbone that needs a file has one, but the one without weights; each known hash is that of one file."
    from lgm_nb.backbones.open import PACKAGED
    rows = list_weights().rows
    assert {row[0] for row in rows} | {'mocov3-vit-l16'}==set(MODEL_SPECS) | set(PACKAGED)
    hashes = [row[3] for row in rows if row[3] != 'not known yet']
    assert len(hashes)==26==len(set(hashes)) and all(re.fullmatch('[0-9a-f]{64}', h) for h in hashes)
    assert known_hashes().keys() <= {row[1] for row in rows}, 'each noted hash is that of a file of the table'

def test_a_download_is_compared(tmp_path, monkeypatch):
    "With the known hash, or else with the one that the hub stated, by which its cache names the file."
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_CACHE', str(tmp_path))
    monkeypatch.setattr('lgm_nb.backbones.mirror.why_out_of_reach', lambda files: '')
    def download(file, content, blob):
        cache = tmp_path/f'models--{file.path.rpartition("/")[0].replace("/", "--")}'
        for folder in ('blobs', 'refs', 'snapshots/1a2b'): (cache/folder).mkdir(parents=True, exist_ok=True)
        (cache/'refs/main').write_text('1a2b')
        (cache/'blobs'/blob).write_bytes(content)
        (link := cache/'snapshots/1a2b/model.safetensors').unlink(missing_ok=True)
        link.symlink_to(cache/'blobs'/blob)
        return 'tensors'
    good = hashlib.sha256(b'good').hexdigest()
    for file, why in ((WeightsFile('timm/a/model.safetensors', 'https://hub/a', good), f'{good} is published'),
                      (WeightsFile('timm/b/model.safetensors', 'https://hub/b'), 'is what the hub stated')):
        assert fetch_published('net', [file], lambda file=file: download(file, b'good', good))=='tensors'
        with pytest.raises(ValueError, match=why):
            fetch_published('net', [file], lambda file=file: download(file, b'cut', good))

def test_a_revision_has_no_known_hash():
    path = 'timm/vit_base_patch14_dinov2.lvd142m'
    assert hub_file(path, 'model.safetensors').sha256 and not hub_file(f'{path}@abc', 'model.safetensors').sha256

# --- the hubs themselves

def reached(file):
    "The headers of a published file; skips where its host cannot be reached."
    why, host = why_unreachable(file.url, timeout=10), file.url.split('/')[2]
    if why and 'answers with' not in why: pytest.skip(f'{host} cannot be reached: {why}')
    request = urllib.request.Request(file.url, method='HEAD')
    with urllib.request.urlopen(request, timeout=30) as answer: return answer.status, dict(answer.headers.items())

@pytest.mark.hub
@pytest.mark.parametrize('name, file', FILES, ids=[f'{name} {file.path}' for name, file in FILES])
def test_published_file_is_there(name, file):
    status, headers = reached(file)
    assert status==200 and int(headers.get('Content-Length', 0)) > 1e6, 'no weights file'
    stated = stated_hash(replace(file, sha256='')) if file.url.startswith(hub_address()) else file.sha256
    assert not file.sha256 or stated==file.sha256, 'the known hash is not the one that the hub states'
    if file.url.startswith(hub_address()): assert re.fullmatch('[0-9a-f]{64}', stated)

def test_hashes_of_a_hub(monkeypatch):
    "From a hub of our own, which answers as the real one does, before it redirects."
    class Hub(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(302)
            for name, value in {'Location': '/elsewhere', 'X-Linked-Etag': f'"{"ab"*32}"'}.items():
                self.send_header(name, value)
            self.end_headers()
        def log_message(self, *_): pass
    with http.server.HTTPServer(('127.0.0.1', 0), Hub) as hub:
        threading.Thread(target=hub.serve_forever, daemon=True).start()
        monkeypatch.delenv('HF_HUB_OFFLINE', raising=False)
        monkeypatch.setenv('HF_ENDPOINT', f'http://127.0.0.1:{hub.server_port}')
        rows = list_weights(ask=True).rows
        hub.shutdown()
    asked = [row[3] for row in rows if row[2].startswith('127.0.0.1')]
    assert set(asked) - set(known_hashes().values())=={'ab'*32} and len(asked)==33, rows
    assert 'not known yet' in {row[3] for row in rows if row[2].startswith('dl.fbai')}

@pytest.mark.hub
def test_download_opens():
    "The smallest published model, over the network: features of an image are finite, and the file is the hub's."
    spec = MODEL_SPECS['eva02-vit-t14']
    file = spec.files[0]
    reached(file)
    net = open_backbone(spec.name)
    assert net.dim==spec.dim and torch.isfinite(net(torch.rand(1, 3, 224, 224))).all()
    assert hashlib.sha256(find_cached([file]).read_bytes()).hexdigest()==stated_hash(file)
