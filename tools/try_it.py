"""Make what the page "Try it" runs: an embedded backbone with three linear probes as one ONNX file, and its pictures.

    pip install onnx onnxscript
    python -m tools.try_it [--steps 400]

Writes nbs/try_it/network.onnx and nbs/try_it/facts.json. The probes are ridge probes on the features of four views of
each image: of the distilled images, of as many random photographs, and of all of them. Their accuracies are those of
these very probes on the test images. The same command writes the same facts; the file of the network may differ in its
metadata.
"""
import argparse, json
from pathlib import Path
import torch
from torch import nn
from lgm_nb.backbones.open import open_backbone
from lgm_nb.core.page import image_uri
from lgm_nb.data.open import open_dataset
from lgm_nb.method.runs import distill
from lgm_nb.probing.examiner import Examiner
from lgm_nb.probing.probe import exhaust, to_canvas
from lgm_nb.probing.ridge import fit_ridge, ridge_features

FOLDER = Path(__file__).resolve().parents[1]/'nbs/try_it'
DATA, BACKBONE = 'cifar10-mini', 'tiny-simclr-resnet'
SAMPLES = 2 # test photographs of each class that the page offers

def probe(images, labels, backbone, n_classes):
    "Weights (C, D) and biases (C,) of a ridge probe of some images."
    sets = torch.arange(len(images))[None]
    features = exhaust(ridge_features(to_canvas(images, backbone).__getitem__, sets, backbone))
    W, b = fit_ridge(features, labels, n_classes)
    return W[0], b[0]

class Probed(nn.Module):
    "A backbone and several probes: images (N, 3, S, S) in [0, 1] → outputs (N, probes, C)."
    def __init__(self, backbone, probes):
        super().__init__()
        self.backbone = backbone
        W, b = (torch.stack(t) for t in zip(*probes))
        self.shape = W.shape[:2]
        self.heads = nn.Linear(W.shape[2], W.shape[0]*W.shape[1])
        self.heads.weight.data, self.heads.bias.data = W.flatten(0, 1), b.flatten()
    def forward(self, x): return self.heads(self.backbone(x)).unflatten(1, self.shape)

def halve(model):
    "Store weights in half precision, which the zoo has them in, and compute in single precision."
    from onnx import helper, numpy_helper, TensorProto
    casts, graph = [], model.graph
    for tensor in graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or len(numpy_helper.to_array(tensor).shape) < 2: continue
        name, half = tensor.name, numpy_helper.to_array(tensor).astype('float16')
        tensor.CopyFrom(numpy_helper.from_array(half, f'{name}.half'))
        casts.append(helper.make_node('Cast', [f'{name}.half'], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    return model

def export(model, size, file):
    "Write a network as ONNX, for one image at a time."
    program = torch.onnx.export(model.eval(), (torch.zeros(1, 3, size, size),), input_names=['image'],
                                output_names=['scores'], dynamo=True, verbose=False)
    file.write_bytes(halve(program.model_proto).SerializeToString())

def samples(data, size):
    "The first test photographs of each class."
    rows = torch.cat([data.test.rows_of(c)[:SAMPLES] for c in range(len(data.classes))]).tolist()
    return [dict(label=int(data.test.labels[r]), image=image_uri(data.test.batch([r], size))) for r in rows]

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--steps', type=int, default=400, help='of the distillation')
    steps = p.parse_args().steps
    data, backbone = open_dataset(DATA), open_backbone(BACKBONE)
    made, n = distill(data, backbone, steps=steps), len(data.classes)
    examiner = Examiner(data, backbone, 'ridge', seeds=1)
    random = examiner.random_rows()[0]
    everything = data.train.batch(torch.arange(len(data.train)), backbone.canvas)
    kinds = {'the ten distilled images': (made.images, made.labels),
             'ten random photographs': (data.train.batch(random, backbone.canvas), data.train.labels[random]),
             f'all {len(data.train):,} photographs': (everything, data.train.labels)}
    probes = [probe(*kind, backbone, n) for kind in kinds.values()]
    tops = [(examiner.test_features@W.T + b).argmax(1)==data.test.labels for W, b in probes]
    FOLDER.mkdir(exist_ok=True)
    model = Probed(backbone, probes)
    export(model, backbone.input_size, FOLDER/'network.onnx')
    facts = dict(command='python -m tools.try_it' + (f' --steps {steps}' if steps != 400 else ''), data=DATA,
                 backbone=dict(name=backbone.name, hash=backbone.hash, size=backbone.input_size), classes=data.classes,
                 probes=[dict(name=name, top1=round(100*float(t.float().mean()), 1)) for name, t in zip(kinds, tops)],
                 distilled=[image_uri(i[None]) for i in made.images], samples=samples(data, backbone.input_size))
    (FOLDER/'facts.json').write_text(json.dumps(facts, indent=1, ensure_ascii=False) + '\n', encoding='utf-8')
    print(*(f"{p['name']}: {p['top1']} %" for p in facts['probes']), sep='\n')

if __name__=='__main__': main()
