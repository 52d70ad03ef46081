from .ablating import Ablations as Ablations
from .ablating import ablate as ablate
from .methods_run import MethodsCompared as MethodsCompared
from .methods_run import compare_methods as compare_methods
from .protocol_run import run_protocol as run_protocol
from .recipes import experiments as experiments
from .running import Experiment as Experiment
from .running import experiment as experiment
