"Everything a notebook or a session wants: `from lgm_nb.all import *`."
from lgm_nb.data import *
from lgm_nb.datasets import *
from lgm_nb.backbones import *
from lgm_nb.models import *
from lgm_nb.pyramid import *
from lgm_nb.augmentation import *
from lgm_nb.meta_loss import *
from lgm_nb.feature_bank import *
from lgm_nb.distill import *
from lgm_nb.probing import *
from lgm_nb.report import *
from lgm_nb.cost import *
from lgm_nb.reproduce import *
