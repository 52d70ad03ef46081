"""fontgan turns a print font into handwriting.

Read it in this order: README.md, ``workflows.py`` (what each command does), ``methods/base.py``
    (what a
method is), ``methods/zi2zi.py`` (one method), ``training/trainer.py`` (what runs it).
"""

__version__ = "0.1.0"
