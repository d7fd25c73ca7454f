"""Run every cell of notebooks, slow ones too, on a handful of images, for a few steps. Assertions need not hold.

    python tools/rehearse.py [NOTEBOOK …]

Without names: the tutorials and the index. What a tutorial finds needs its minutes, and `make nightly` gives it those;
a name or an argument that no longer exists is found here, in seconds.
"""
import ast, gc, os, sys, time
from pathlib import Path
from execnb.shell import CaptureShell
from fastcore.nbio import read_nb

ROOT = Path(__file__).resolve().parents[1]
TRAIN, TEST = 10, 5 # images per class

def every_fourth_pixel(network, inputs): return inputs[0][..., ::4, ::4]
def eight_tokens(blocks, inputs): return inputs[0][:, :8]

def less_to_compute():
    "Let embedded networks see an eighth of an image or less, and draw charts without laying them out."
    from timm.models.byobnet import ByobNet
    from timm.models.vision_transformer import VisionTransformer
    from lgm_nb.backbones.backbone import Backbone
    from lgm_nb.core.show import Chart
    opened, drawn = Backbone.__init__, Chart._repr_png_
    def coarse(self, *args, **kwargs):
        opened(self, *args, **kwargs)
        net = self.network
        if isinstance(net, ByobNet): net.register_forward_pre_hook(every_fourth_pixel)
        if isinstance(net, VisionTransformer): net.blocks.register_forward_pre_hook(eight_tokens)
    def rough(self):
        self.figure.set_layout_engine('none')
        return drawn(self)
    Backbone.__init__, Chart._repr_png_ = coarse, rough

def less_work():
    "Cap the settings of runs and probes, and shrink every data set. Before anything else imports them."
    less_to_compute()
    from lgm_nb.data import dataset
    from lgm_nb.method.settings import Settings
    from lgm_nb.probing import examiner
    def cap(cls, **limits):
        check = cls.__post_init__
        def capped(self):
            for name, limit in limits.items(): object.__setattr__(self, name, min(getattr(self, name), limit))
            check(self)
        cls.__post_init__ = capped
    cap(Settings, steps=10, augs=1, views=1)
    cap(examiner.ProbePlan, seeds=2, pool=1, epochs=2)
    iter_full = examiner.SetExaminer.iter_full
    examiner.SetExaminer.iter_full = lambda self, *_, **__: iter_full(self, epochs=1)
    made = dataset.Dataset.__init__
    def few(self, *args, **kwargs):
        made(self, *args, **kwargs)
        labels = list(range(len(self.classes)))
        def fewer(split, limit): # what a notebook makes of a small set stays as it is
            return split if len(split) <= 3*limit*len(labels) else dataset._some_rows(split, labels, limit)
        self.train, self.test = fewer(self.train, TRAIN), fewer(self.test, TEST)
    dataset.Dataset.__init__ = few

class Shorter(ast.NodeTransformer):
    "Shorten loops over a constant number of steps. Assertions are computed, but need not hold with so little work."
    def visit_Assert(self, node): return ast.copy_location(ast.Expr(self.visit(node.test)), node)

    def visit_Constant(self, node):
        long = type(node.value) is int and 200 <= node.value <= 1000
        return ast.copy_location(ast.Constant(20), node) if long else node

def as_rehearsed(source):
    "The source of a cell without directives and magics, with shorter loops, and with assertions that always hold."
    lines = [line for line in source.splitlines() if not line.lstrip().startswith(('#|', '%', '!'))]
    return ast.unparse(Shorter().visit(ast.parse('\n'.join(lines), mode='exec')))

def rehearse(path):
    "Run a notebook in its own folder; the message of the first cell that fails, None if none does."
    os.chdir(path.parent)
    shell = CaptureShell(path.parent)
    for number, cell in enumerate(read_nb(path).cells):
        if cell.cell_type != 'code' or '%pip' in cell.source: continue
        shell.run(as_rehearsed(cell.source))
        if shell.exc: return f'cell {number}: {shell.exc!r}'

def main(args):
    every = [ROOT/'nbs/index.ipynb', *sorted((ROOT/'nbs/tutorials').glob('*.ipynb'))]
    paths = [Path(a).resolve() for a in args] or every
    less_work()
    failed = []
    for path in paths:
        start = time.time()
        message = rehearse(path)
        print(f'{time.time() - start:5.1f} s  {path.stem}', f'FAILED in {message}' if message else '', flush=True)
        if message: failed.append(path.stem)
    gc.freeze() # IPython collects garbage at the end, once for each notebook: seconds in all
    if failed: sys.exit(f'failed: {", ".join(failed)}')

if __name__=='__main__': main(sys.argv[1:])
