"Everything a notebook or a session wants: `from lgm_nb.all import *`."
from lgm_nb.data import *
from lgm_nb.backbones import *
from lgm_nb.pyramid import *
from lgm_nb.augmentation import *
from lgm_nb.meta_loss import *
from lgm_nb.processes import *
from lgm_nb.memory import *
from lgm_nb.feature_bank import *
from lgm_nb.distill import *
from lgm_nb.probing import *
from lgm_nb.report import *
