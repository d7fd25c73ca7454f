"""Measure trained networks and write their cards: `python -m zoo.evaluate NAME --data PATH --weights DIR`."""
import argparse
import hashlib
import json
from importlib.metadata import version
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from lgm_nb.backbones.embedded import tiny_network
from .data import MEAN, STD, load_cifar10, normalise
from .recipes import RECIPES
from .train import make_method

PROTOCOL = ("Features of the float16 weights as shipped, loaded into float32; un-augmented 32 px images. "
            "k-NN: 20 neighbours by cosine in the 50,000 training images, votes weighted by exp(cos/0.07). "
            "Probe: features standardised on the training set, softmax regression fitted by L-BFGS (200 iterations) "
            "on all 50,000; its L2 penalty is the best of 1e-4, 1e-3, 1e-2 on 5,000 held-out training images. "
            "The 10,000 test images are looked at once. Random initialisation: the same network, seed and protocol.")


@torch.no_grad()
def features(network, images, batch=500):
    "Features of uint8 images."
    return torch.cat([network(normalise(x.float() / 255)) for x in images.split(batch)])


def knn_accuracy(bank, bank_y, query, query_y, k=20, temperature=0.07) -> float:
    "Weighted k-nearest-neighbour accuracy by cosine."
    bank, query = F.normalize(bank), F.normalize(query)
    right = 0
    for q, y in zip(query.split(1000), query_y.split(1000), strict=True):
        cos, near = (q @ bank.T).topk(k)
        votes = torch.zeros(len(q), 10).scatter_add_(1, bank_y[near], (cos / temperature).exp())
        right += (votes.argmax(1) == y).sum().item()
    return right / len(query)


def fit_probe(x, y, l2: float, steps=200):
    "Softmax regression by L-BFGS; returns weight and bias."
    w, b = torch.zeros(10, x.shape[1], requires_grad=True), torch.zeros(10, requires_grad=True)
    optimiser = torch.optim.LBFGS([w, b], max_iter=steps, history_size=20, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        loss = F.cross_entropy(F.linear(x, w, b), y) + l2 * w.square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return w.detach(), b.detach()


def probe_accuracy(x, y, test, test_y, held_out=5000) -> float:
    "Full-data linear probe; the penalty is chosen on training images only."
    mean, std = x.mean(0), x.std(0) + 1e-6
    x, test = (x - mean) / std, (test - mean) / std
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    a, b = order[held_out:], order[:held_out]

    def score(l2):
        return (F.linear(x[b], *fit_probe(x[a], y[a], l2)).argmax(1) == y[b]).float().mean().item()

    best = max((1e-4, 1e-3, 1e-2), key=score)
    return (F.linear(test, *fit_probe(x, y, best)).argmax(1) == test_y).float().mean().item()


def measure(network, data) -> tuple[float, float]:
    "k-NN and probe accuracy of one network."
    (x, y), (test, test_y) = data
    fx, ft = features(network.eval(), x), features(network, test)
    return round(knn_accuracy(fx, y, ft, test_y), 4), round(probe_accuracy(fx, y, ft, test_y), 4)


def random_init(name: str, seed: int, data, out: Path) -> list[float]:
    "Accuracies of the network at random initialisation; kept in a file, since it does not depend on the training."
    spec, kept = RECIPES[name]["spec"], out / f"{name}.random.json"
    if kept.exists():
        found = json.loads(kept.read_text())
        if found["spec"] == spec and found["seed"] == seed:
            return found["knn_probe"]
    scores = list(measure(make_method(name, seed).network, data))
    kept.write_text(json.dumps(dict(spec=spec, seed=seed, knn_probe=scores)))
    return scores


def card(name: str, data_path: str, weights: str) -> dict:
    "Measure and describe `NAME.safetensors` of the folder `weights`."
    folder, recipe = Path(weights), RECIPES[name]
    facts = json.loads((folder / f"{name}.train.json").read_text())
    data = [load_cifar10(data_path, train) for train in (True, False)]
    network = tiny_network(recipe["spec"])
    network.load_state_dict({k: v.float() if v.is_floating_point() else v
                             for k, v in load_file(folder / f"{name}.safetensors").items()})
    knn, probe = measure(network, data)
    knn0, probe0 = random_init(name, facts["seed"], data, folder)
    is_vit, is_teacher = recipe["spec"]["family"] == "vit", recipe["method"] == "dino"
    feature = "class token after the last norm" if is_vit else "mean over positions after the last layer"
    return dict(
        name=name, method=recipe["method"], method_paper=recipe["paper"], summary=recipe["summary"],
        architecture=recipe["spec"], dim=network.num_features, input_size=32, mean=MEAN, std=STD,
        feature=feature + (", of the teacher (moving average)" if is_teacher else ""),
        params=sum(p.numel() for p in network.parameters()),
        training=dict(dataset="CIFAR-10 train", images=50000, labels_used=False, **facts,
                      versions={p: version(p) for p in ("torch", "torchvision", "timm", "lightly")}),
        weights_sha256=hashlib.sha256((folder / f"{name}.safetensors").read_bytes()).hexdigest(),
        evaluation=dict(knn_top1=knn, probe_top1=probe, random_init_knn_top1=knn0, random_init_probe_top1=probe0,
                        protocol=PROTOCOL, command=f"python -m zoo.evaluate {name} --data PATH --weights DIR"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=RECIPES)
    parser.add_argument("--data", required=True)
    parser.add_argument("--weights", required=True, help="folder that zoo.train wrote; the card goes there too")
    parser.add_argument("--random-only", action="store_true", help="only measure the random initialisation")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.random_only:
        data = [load_cifar10(args.data, train) for train in (True, False)]
        print(args.name, random_init(args.name, args.seed, data, Path(args.weights)))
        return
    result = card(args.name, args.data, args.weights)
    (Path(args.weights) / f"{args.name}.json").write_text(json.dumps(result, indent=1) + "\n")
    print(args.name, {k: v for k, v in result["evaluation"].items() if k.endswith("top1")})


if __name__ == "__main__":
    main()
