"""Pre-training recipes of the tiny zoo: small self-supervised backbones for 32 px images."""
