"""Networks of the tiny zoo, built by timm from a plain JSON-able specification."""
from timm.models.byobnet import ByobNet, ByoBlockCfg, ByoModelCfg
from timm.models.vision_transformer import VisionTransformer
from torch import nn


def tiny_network(spec: dict) -> nn.Module:
    "Build the network of `spec`; it maps normalised (N, 3, 32, 32) images to (N, D) features."
    if spec["family"] == "resnet":
        stages = zip(spec["depths"], spec["widths"], spec["strides"], strict=True)
        blocks = tuple(ByoBlockCfg(type="basic", d=d, c=c, s=s, gs=0, br=1.0) for d, c, s in stages)
        cfg = ByoModelCfg(blocks=blocks, stem_chs=spec["stem"], stem_type="3x3", stem_pool="")
        return ByobNet(cfg, num_classes=0)
    if spec["family"] == "vit":
        # `fc_norm=False`: the last norm acts on every token, as in training, and the mean comes after it
        return VisionTransformer(img_size=32, num_classes=0, global_pool="avg", fc_norm=False, **spec["vit"])
    raise ValueError(f"family: {spec['family']!r} is neither 'resnet' nor 'vit'")
