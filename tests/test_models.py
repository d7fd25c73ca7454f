"""Every published model: the real architecture made small, random weights in the layout its authors publish, opened
through the public call. The reference is the library's own forward, and at another image size its own loader."""
import argparse
import pytest, torch
from lgm_nb.backbones.open import list_backbones, open_backbone
from lgm_nb.backbones.published import ALIASES, MODELS, NORMALISATIONS
from lgm_nb.backbones.weights import sincos_positions

NAMES = [n for n in MODELS if n[-1] != ':']
VIT = {n: MODELS[n] for n in NAMES if MODELS[n].source.startswith('timm:')}
TEXT = dict(context_length=4, vocab_size=4, width=16, heads=1, layers=1) # a text model as small as can be
CLIP = [n for n in NAMES if MODELS[n].method=='CLIP']

def small(m):
    heads = m.options.get('num_heads', 3)
    return dict(depth=2, embed_dim=64 if heads==16 else 48, num_heads=heads)

def native_size(m):
    if m.method.startswith('DINOv2'): return 518
    return 256 if m.method=='DINOv3' else m.input_size

def reference(m, size, **kw):
    "timm's own network, with random weights or with what `kw` says."
    import timm
    options = {k: v for k, v in m.options.items() if k != 'fixed_positions'}
    model = m.source.partition(':')[2]
    return timm.create_model(model, num_classes=0, img_size=size, **{**options, **small(m)}, **kw).eval()

def random_weights(net, seed=0):
    "Weights large enough to matter everywhere: norms, biases and tokens too."
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in net.parameters(): p.add_(.1*torch.randn(p.shape, generator=g))
    return net

def renamed(state, *pairs):
    out = {}
    for k, v in state.items():
        for old, new in pairs: k = k.replace(old, new)
        out[k] = v
    return out

def published_layout(m, state):
    "timm's tensors under the names, and with the company, of the published file."
    state, extra = dict(state), torch.ones(1, 1, 48)
    if m.method=='DINO': return state
    if m.method.startswith('DINOv2'):
        if 'reg_token' in state:
            first = torch.randn(1, 1, extra.shape[2], generator=torch.Generator().manual_seed(1))
            state['register_tokens'] = state.pop('reg_token')
            state['cls_token'] = state['cls_token'] - first
            state['pos_embed'] = torch.cat([first, state['pos_embed']], 1)
        return {**state, 'mask_token': extra[0]}
    if m.method=='DINOv3':
        state = renamed(state, ('gamma_1', 'ls1.gamma'), ('gamma_2', 'ls2.gamma'), ('reg_token', 'storage_tokens'))
        for k in [k for k in state if k.endswith('qkv.weight')]:
            state[k.replace('weight', 'bias')] = state[k.replace('weight', 'bias_mask')] = torch.zeros(len(state[k]))
        return {**state, 'mask_token': extra, 'rope_embed.periods': torch.ones(4)}
    if m.method.startswith('EVA'):
        state = renamed(state, ('mlp.fc1_g', 'mlp.w1'), ('mlp.fc1_x', 'mlp.w2'), ('mlp.fc2', 'mlp.w3'),
                        ('mlp.norm', 'mlp.ffn_ln'), ('attn.norm', 'attn.inner_attn_ln'),
                        ('q_proj.bias', 'q_bias'), ('v_proj.bias', 'v_bias'), ('fc_norm', 'norm'))
        head = {'lm_head.weight': torch.ones(8, 48), 'lm_head.bias': torch.ones(8)}
        return {'model': {**state, **head, 'mask_token': extra, 'rope.freqs_cos': torch.ones(4)}}
    if m.method=='MoCo-v3':
        base = {f'module.base_encoder.{k}': v for k, v in state.items()}
        momentum = {f'module.momentum_encoder.{k}': v + 1 for k, v in state.items()}
        heads = {'module.base_encoder.head.0.weight': torch.ones(4, 4), 'module.predictor.0.weight': torch.ones(4, 4)}
        optimiser = dict(state={}, param_groups=[dict(lr=.1)])
        return dict(epoch=300, arch='vit_base', state_dict={**base, **momentum, **heads}, optimizer=optimiser)
    if m.method=='MAE':
        decoder = {'decoder_embed.weight': torch.ones(4, 48), 'decoder_pos_embed': extra}
        return {'model': {**state, **decoder, 'mask_token': extra}}
    if m.method.startswith('SigLIP'):
        tower = {f'visual.trunk.{k}': v for k, v in state.items()}
        return {**tower, 'text.token_embedding.weight': torch.ones(4, 4), 'logit_scale': torch.ones(())}
    raise KeyError(m.method)

def whole(size, patch): return max(1, round(size/patch))*patch

def reaches_pixels(net, x):
    x = x.clone().requires_grad_()
    net(x).square().sum().backward()
    return bool(torch.isfinite(x.grad).all()) and bool((x.grad.abs().flatten(2).sum(2) > 0).all())

@pytest.mark.parametrize('name', VIT)
def test_vit_from_its_published_file(name, tmp_path):
    m, file, plain = MODELS[name], tmp_path/'published.pth', tmp_path/'timm.pth'
    ref = random_weights(reference(m, native_size(m)))
    torch.save(published_layout(m, ref.state_dict()), file)
    torch.save(ref.state_dict(), plain)
    patch = ref.patch_embed.patch_size[0]
    mean, std = (torch.tensor(t).view(3, 1, 1) for t in NORMALISATIONS[m.norm])
    for size in (96, 224, 256):
        net = open_backbone(name, weights=file, input_size=size, **small(m))
        assert net.input_size==whole(size, patch) and net.name==name
        assert not any(p.requires_grad for p in net.parameters())
        overlay = dict(file=str(plain), custom_load=False, num_classes=0)
        own = reference(m, net.input_size, pretrained=True, pretrained_cfg_overlay=overlay)
        x = torch.rand(2, 3, net.input_size, net.input_size, generator=torch.Generator().manual_seed(size))
        with torch.no_grad():
            got, want = net(x), own((x - mean)/std)
            torch.testing.assert_close(got, want, atol=2e-4, rtol=1e-3)
            if net.input_size==native_size(m):
                torch.testing.assert_close(got, ref((x - mean)/std), atol=2e-4, rtol=1e-3)
            assert not torch.allclose(got[0], got[1], atol=1e-3), 'the features say nothing about the image'
        if size==96: assert reaches_pixels(net, x)

def tower(m, size, **kw):
    import open_clip
    published = open_clip.get_model_config(m.source.split(':')[1].split('/')[0])['vision_cfg']
    shape = dict(layers=(1, 1, 1, 1), width=16) if m.name.startswith('clip-rn') else dict(layers=2, width=64)
    cfg = dict(shape, image_size=size, patch_size=published['patch_size'])
    return open_clip.CLIP(embed_dim=32, vision_cfg=cfg, text_cfg=TEXT, quick_gelu=True).eval()

@pytest.mark.parametrize('name', CLIP)
def test_clip_from_openai_file(name, tmp_path):
    from open_clip.model import resize_pos_embed
    m, file = MODELS[name], tmp_path/'clip.pt'
    ref = random_weights(tower(m, 224))
    numbers = dict(input_resolution=torch.tensor(224), context_length=torch.tensor(4), vocab_size=torch.tensor(4))
    torch.save({**ref.state_dict(), **numbers}, file)
    overrides = dict(layers=(1, 1, 1, 1), width=16) if name.startswith('clip-rn') else dict(layers=2, width=64)
    mean, std = (torch.tensor(t).view(3, 1, 1) for t in NORMALISATIONS['clip'])
    for size in (96, 224, 256):
        net = open_backbone(name, weights=file, input_size=size, embed_dim=32, **overrides)
        x = torch.rand(2, 3, net.input_size, net.input_size, generator=torch.Generator().manual_seed(size))
        if net.input_size==224: own = ref
        elif name.startswith('clip-rn'): own = None # open_clip has no way of its own to another size for these
        else:
            own, state = tower(m, net.input_size), dict(ref.state_dict())
            resize_pos_embed(state, own)
            own.load_state_dict(state)
        if own is not None:
            with torch.no_grad(): want = own.encode_image((x - mean)/std)
            torch.testing.assert_close(net(x), want, atol=2e-4, rtol=1e-3)
        if size==96: assert reaches_pixels(net, x)

@pytest.mark.parametrize('name', ['dino-vit-s16', 'mocov3-vit-b16', 'clip-vit-b16', 'clip-rn50'])
@pytest.mark.parametrize('size', [96, 224, 256])
def test_positions_follow_the_image(name, size, tmp_path):
    "Positions that hold their own row and column: at another grid each must hold where its patch lies in the image."
    m, clip = MODELS[name], name.startswith('clip')
    ref = tower(m, 224).visual if clip else reference(m, 224)
    state = ref.state_dict()
    key = 'positional_embedding' if clip else 'pos_embed'
    if name=='clip-rn50': key = 'attnpool.positional_embedding'
    table = state[key] if clip else state[key][0]
    side = int((len(table) - 1)**.5)
    rows, columns = torch.meshgrid(*[torch.arange(side).float()]*2, indexing='ij')
    table.zero_()
    table[1:, 0], table[1:, 1] = rows.flatten(), columns.flatten()
    torch.save({f'visual.{k}': v for k, v in state.items()} if clip else state, tmp_path/'w.pth')
    if name=='clip-rn50': overrides = dict(layers=(1, 1, 1, 1), width=16, embed_dim=32)
    elif clip: overrides = dict(layers=2, width=64, embed_dim=32)
    else: overrides = small(m)
    net = open_backbone(name, weights=tmp_path/'w.pth', input_size=size, **overrides)
    got = net.network.state_dict()[key]
    got = (got if clip else got[0])[1:]
    n = int(len(got)**.5)
    assert n==size//(32 if name=='clip-rn50' else 16)
    where = (torch.arange(n) + .5)*side/n - .5
    inner = slice(n//4, n - n//4)
    want_rows, want_columns = torch.meshgrid(where[inner], where[inner], indexing='ij')
    for column, want in ((0, want_rows), (1, want_columns)):
        torch.testing.assert_close(got[:, column].view(n, n)[inner, inner], want, atol=.12, rtol=0)

def test_moco_without_positions_in_its_file(tmp_path):
    "A file that leaves the fixed positions out opens with the same features as one that has them."
    m = MODELS['mocov3-vit-b16']
    state = random_weights(reference(m, 224)).state_dict()
    state['pos_embed'] = sincos_positions(14, 48)
    torch.save(state, tmp_path/'with.pth')
    del state['pos_embed']
    torch.save(state, tmp_path/'without.pth')
    nets = [open_backbone(m.name, weights=tmp_path/f, input_size=256, **small(m)) for f in ('with.pth', 'without.pth')]
    assert nets[0].hash==nets[1].hash

def test_openai_archive(tmp_path):
    "OpenAI publishes TorchScript archives: the tensors are taken, no code of theirs runs."
    ref = random_weights(tower(MODELS['clip-vit-b32'], 64))
    class Whole(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.visual = ref.visual
        def forward(self, x): return self.visual(x)
    torch.jit.trace(Whole(), torch.rand(1, 3, 64, 64)).save(str(tmp_path/'ViT-B-32.pt'))
    small_tower = dict(input_size=64, layers=2, width=64, embed_dim=32)
    net = open_backbone('clip-vit-b32', weights=tmp_path/'ViT-B-32.pt', **small_tower)
    x = torch.rand(2, 3, 64, 64)
    with torch.no_grad(): want = ref.encode_image((x - net.mean)/net.std)
    torch.testing.assert_close(net(x), want, atol=1e-4, rtol=1e-3)

def test_dino_full_checkpoint(tmp_path):
    "The teacher is taken, and the options of the training script beside it do no harm."
    m = MODELS['dino-vit-s16']
    ref = random_weights(reference(m, 96))
    teacher = {f'backbone.{k}': v for k, v in ref.state_dict().items()}
    student = {f'module.{k}': v + 1 for k, v in teacher.items()}
    teacher['head.mlp.0.weight'] = torch.ones(4, 4)
    full = dict(student=student, teacher=teacher, epoch=800, args=argparse.Namespace(lr=.1))
    torch.save(full, tmp_path/'full.pth')
    def opened(file): return open_backbone(m.name, weights=file, input_size=96, **small(m))
    assert opened(tmp_path/'full.pth').hash==opened(saved(ref, tmp_path)).hash

def saved(net, folder):
    torch.save(net.state_dict(), folder/'plain.pth')
    return folder/'plain.pth'

@pytest.mark.parametrize('change, words', [
    (lambda s: s.pop('blocks.1.attn.qkv.bias'), '1 missing (blocks.1.attn.qkv.bias)'),
    (lambda s: s.update(odd=torch.ones(1)), '1 unexpected (odd)'),
    (lambda s: s.update({'norm.weight': torch.ones(7)}), 'norm.weight: (7,) for (48,)'),
    (lambda s: (s.pop('cls_token'), s.update(odd=torch.ones(1))), '1 missing (cls_token); 1 unexpected (odd)')])
def test_what_does_not_fit_is_listed(change, words, tmp_path):
    m = MODELS['dino-vit-s16']
    state = dict(reference(m, 96).state_dict())
    change(state)
    torch.save(state, tmp_path/'w.pth')
    with pytest.raises(ValueError) as e: open_backbone(m.name, weights=tmp_path/'w.pth', input_size=96, **small(m))
    assert words in str(e.value) and 'w.pth' in str(e.value)

def test_files_that_are_no_weights(tmp_path):
    (tmp_path/'page.pth').write_text('<html>not found</html>')
    torch.save({'model': torch.nn.Linear(2, 2)}, tmp_path/'code.pth')
    whole = saved(reference(MODELS['dino-vit-s16'], 96), tmp_path).read_bytes()
    (tmp_path/'cut.pth').write_bytes(whole[:len(whole)//2])
    for name in ('page.pth', 'code.pth', 'cut.pth', 'absent.pth'):
        with pytest.raises(ValueError, match=name): open_backbone('dino-vit-s16', weights=tmp_path/name)

def test_any_timm_network_and_any_tower(tmp_path):
    import open_clip, timm
    net = timm.create_model('resnet10t', num_classes=0).eval()
    with_classifier = timm.create_model('resnet10t', num_classes=1000).state_dict() | net.state_dict() # as published
    torch.save(with_classifier, tmp_path/'resnet.pth')
    got, x = open_backbone('timm:resnet10t', weights=tmp_path/'resnet.pth', input_size=96), torch.rand(2, 3, 96, 96)
    with torch.no_grad(): torch.testing.assert_close(got(x), net((x - got.mean)/got.std), atol=1e-4, rtol=1e-3)
    vision = dict(image_size=160, timm_model_name='test_vit', timm_pool='token', timm_proj='linear')
    clip = open_clip.CLIP(embed_dim=8, vision_cfg=vision, text_cfg=TEXT).eval()
    torch.save(clip.state_dict(), tmp_path/'tower.pth')
    got = open_backbone('open_clip:ViT-B-16-SigLIP/webli', weights=tmp_path/'tower.pth', embed_dim=8, **vision)
    assert got.mean.flatten().tolist()==[.5]*3, "SigLIP's normalisation, not CLIP's"
    x = torch.rand(2, 3, 160, 160)
    with torch.no_grad(): want = clip.encode_image((x - got.mean)/got.std)
    torch.testing.assert_close(got(x), want, atol=1e-4, rtol=1e-3)

def test_names():
    assert ALIASES['clip_vitb'] is MODELS['clip-vit-b32']
    assert ALIASES['dinov2_vitl14_reg'] is MODELS['dinov2-vit-l14-reg']
    assert ALIASES['dino_vitb8'] is MODELS['dino-vit-b8'] and ALIASES['dinov3_vits16'] is MODELS['dinov3-vit-s16']
    with pytest.raises(ValueError, match="backbone: 'clip' is not known") as e: open_backbone('clip')
    assert "'clip-vit-b32'" in str(e.value) and 'list_backbones()' in str(e.value)

def test_list():
    "Every name is listed once, and a filter picks some."
    assert set(NAMES) <= set(list_backbones()) and len(set(list_backbones()))==len(list_backbones())
    assert list_backbones('clip-*').names==CLIP
