"""Paper in, characters out: a form to print and write on, and how its photograph is read."""
