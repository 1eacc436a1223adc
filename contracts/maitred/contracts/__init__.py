"""Ground floor of Maitred: the shapes on the wire, ids, subjects, limits and errors.

Values only: nothing here does I/O or reads a clock.
"""
