"""Hostile files and command lines: every case is the command line in a child of its own.

``python -m tests.fuzz --help`` says how to run it. Nothing of the library is imported here but its
command line, so that the plan of the house may change below it:

* `child` forks the command with limits and says how it ended; `warming` loads what it will need.
* `subjects` makes one valid file of every kind, with the commands themselves.
* `bytes_`, `json_`, `arrays_`, `fonts_`, `images_` and `tensors_` damage them.
* `group_outside`, `group_made`, `configs` and `lines` pair damage with commands; `known` has the
  smallest form of what went wrong once.
* `verdict` says whether what happened may happen.
"""
