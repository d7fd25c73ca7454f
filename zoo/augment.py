"""Augmentations of whole batches as a few tensor operations, drawn from an explicit generator."""
import torch
import torch.nn.functional as F

_LUMA = torch.tensor([0.299, 0.587, 0.114])
_TO_YIQ = torch.tensor([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])


def _uniform(n: int, low: float, high: float, gen: torch.Generator) -> torch.Tensor:
    return torch.rand(n, generator=gen) * (high - low) + low


def crop_flip(x, gen, size: int, scale=(0.2, 1.0)):
    "Random resized crop (aspect 3/4 to 4/3) and horizontal flip: one affine grid_sample."
    n = len(x)
    area, ratio = _uniform(n, *scale, gen), torch.exp(_uniform(n, -0.2877, 0.2877, gen))
    w, h = (area * ratio).sqrt().clamp(max=1), (area / ratio).sqrt().clamp(max=1)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0] = w * (torch.randint(2, (n,), generator=gen) * 2 - 1)
    theta[:, 1, 1] = h
    theta[:, 0, 2] = (1 - w) * _uniform(n, -1, 1, gen)
    theta[:, 1, 2] = (1 - h) * _uniform(n, -1, 1, gen)
    grid = F.affine_grid(theta, (n, 3, size, size), align_corners=False)
    return F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)


def jitter(x, gen, strength=0.4, hue=0.1, p=0.8, grey=0.2):
    "Brightness, contrast, saturation, hue and greyscale, joined in one colour matrix per image."
    n = len(x)
    on = (torch.rand(n, generator=gen) < p).float()
    bright, contrast, sat = (1 + on * _uniform(n, -strength, strength, gen) for _ in range(3))
    sat = sat * (torch.rand(n, generator=gen) >= grey)
    angle = on * _uniform(n, -hue, hue, gen) * 2 * torch.pi
    turn = torch.zeros(n, 3, 3)
    turn[:, 0, 0] = 1
    turn[:, 1, 1] = turn[:, 2, 2] = sat * angle.cos()
    turn[:, 1, 2], turn[:, 2, 1] = -sat * angle.sin(), sat * angle.sin()
    colour = torch.linalg.inv(_TO_YIQ) @ turn @ _TO_YIQ
    y = (colour @ x.flatten(2)) * bright.view(-1, 1, 1)
    mean = (_LUMA @ y).mean(1).view(-1, 1, 1)  # contrast pulls towards the mean grey
    c = contrast.view(-1, 1, 1)
    return (c * y + (1 - c) * mean).clamp(0, 1).view_as(x)


def view(x, gen, size: int, scale=(0.2, 1.0)):
    "One random view of each image in [0, 1]."
    return jitter(crop_flip(x, gen, size, scale), gen)
