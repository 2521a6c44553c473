"""The public names for type checkers and editors, which do not run ``__getattr__``."""

from masquerade import errors as errors
from masquerade import testing as testing
from masquerade.api import sklearn as sklearn
from masquerade.api.audit_released import audit_released as audit_released
from masquerade.api.auditing import audit as audit
from masquerade.api.catalogue import Info as Info
from masquerade.api.catalogue import list_attacks as list_attacks
from masquerade.api.catalogue import list_metrics as list_metrics
from masquerade.api.catalogue import list_protections as list_protections
from masquerade.api.classifier import Classifier as Classifier
from masquerade.api.classifier import Identified as Identified
from masquerade.api.cloaks import Cloaked as Cloaked
from masquerade.api.cloaks import MaskNet as MaskNet
from masquerade.api.cloaks import cloak as cloak
from masquerade.api.crafting import craft as craft
from masquerade.api.folders import disguise_folder as disguise_folder
from masquerade.api.keyed import KeyedProtection as KeyedProtection
from masquerade.api.learning import train as train
from masquerade.api.protection import Protection as Protection
from masquerade.api.report import Report as Report
from masquerade.attacks.base import Attack as Attack
from masquerade.attacks.base import Control as Control
from masquerade.attacks.base import View as View
from masquerade.disguises.base import Disguise as Disguise
from masquerade.disguises.base import Keyed as Keyed
from masquerade.keys.handle import KeyFile as KeyFile
from masquerade.keys.key import Key as Key
from masquerade.released.dataset import ReleasedDataset as ReleasedDataset
from masquerade.traits import Traits as Traits

__version__: str
