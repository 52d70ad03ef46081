"""Published experiments, each one call from nothing to a folder of results (see the TOML files).

Like `fontgan.workflows`, importing this package loads no torch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
