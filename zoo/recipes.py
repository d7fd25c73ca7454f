"""What is trained: one entry a network of the zoo."""

def _resnet(widths, depths=(1, 1, 1), strides=(2, 2, 2), stem=32):
    return dict(family="resnet", stem=stem, widths=widths, depths=depths, strides=strides)


_MAE_VIT = dict(patch_size=4, embed_dim=128, depth=4, num_heads=4)

RECIPES = {
    "tiny-simclr-resnet": dict(
        method="simclr", spec=_resnet([64, 128, 256]), lr=2e-3, epochs=30, batch=256,
        paper="Chen et al., A Simple Framework for Contrastive Learning, arXiv 2002.05709",
        summary="Two random views of an image are pulled together. All other images of the batch are pushed away."),
    "tiny-vicreg-resnet": dict(
        method="vicreg", spec=_resnet([64, 128, 384]), lr=2e-3, epochs=15, batch=256,
        paper="Bardes et al., VICReg, arXiv 2105.04906",
        summary="Two random views of an image get equal embeddings. Every dimension must vary over the batch "
                "and none may repeat another, so no negatives are needed."),
    "tiny-dino-resnet": dict(
        method="dino", spec=_resnet([48, 96, 256], [1, 2, 1]), lr=2e-3, epochs=20, batch=256,
        paper="Caron et al., Emerging Properties in Self-Supervised Vision Transformers, arXiv 2104.14294",
        summary="A student predicts the output of its own moving average from other, also smaller, crops. "
                "The moving average (the teacher) is what is kept."),
    "tiny-mae-vit": dict(
        method="mae", spec=dict(family="vit", vit=_MAE_VIT), lr=2e-3, epochs=30, batch=256,
        paper="He et al., Masked Autoencoders Are Scalable Vision Learners, arXiv 2111.06377",
        summary="Three quarters of the patches are hidden and the network encodes the rest. "
                "A small decoder, dropped afterwards, draws the hidden ones (each patch normalised)."),
}
