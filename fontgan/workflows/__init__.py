"""What each command does, as a function that returns values and raises ``fontgan.errors``.

A command's module is the gerund of its name. ``render``, ``build`` and ``data_preview`` need no
torch, and importing this package does not load it: each function's module is imported when the
function is first asked for. ``__init__.pyi`` lists what there is.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
