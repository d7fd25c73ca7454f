"""What is trained: one entry per network of the zoo."""

def _resnet(widths, depths=(1, 1, 1), strides=(2, 2, 2), stem=32, features=0):
    spec = dict(family="resnet", stem=stem, widths=widths, depths=depths, strides=strides)
    return spec | dict(features=features) if features else spec


RECIPES = {
    "tiny-simclr-resnet": dict(
        method="simclr", spec=_resnet([64, 128, 256], strides=(1, 2, 2), features=1024),
        lr=2e-3, epochs=54.8, batch=256,
        paper="Chen et al., A Simple Framework for Contrastive Learning, arXiv 2002.05709",
        summary="Two random views of an image are pulled together. All other images of the batch are pushed away."),
    "tiny-vicreg-resnet": dict(
        method="vicreg", spec=_resnet([64, 128, 256], strides=(1, 2, 2), features=512),
        lr=2e-3, epochs=17.3, batch=256,
        paper="Bardes et al., VICReg, arXiv 2105.04906",
        summary="Two random views of an image get equal embeddings. Every dimension must vary over the batch "
                "and none may repeat another, so no negatives are needed."),
    "tiny-dino-resnet": dict(
        method="dino", spec=_resnet([64, 128, 256], strides=(1, 2, 2), features=512), options=dict(out=512),
        lr=2e-3, epochs=23.8, batch=256,
        paper="Caron et al., Emerging Properties in Self-Supervised Vision Transformers, arXiv 2104.14294",
        summary="A student predicts, from one view of an image, what its own moving average says of another. "
                "The moving average (the teacher) is what is kept."),
    "tiny-can-vit": dict(
        method="can", spec=dict(family="vit", stem=[16, 32, 64],
                                vit=dict(embed_dim=192, depth=4, num_heads=3, global_pool="token", act_layer="relu")),
        lr=1e-3, epochs=30, batch=256,
        paper="Mishra et al., A Simple, Efficient and Scalable Contrastive Masked Autoencoder, arXiv 2210.16870",
        summary="Half of the patches of two views are hidden. From the rest, a small decoder draws the hidden ones, "
                "and the network must recognise the other view among those of all images."),
}
