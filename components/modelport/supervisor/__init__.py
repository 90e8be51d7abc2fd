"""The supervisor: one process that owns an endpoint's socket and keeps its workers alive.

    __main__.py     the process: binds the socket, takes commands
    generation.py   the workers of one version: start, promote, heal, drain
    upkeep.py       limits on log and memory
    control.py      commands over a Unix socket: the messages and both ends
    launch.py       starting a supervisor and waiting until it listens

It uses the standard library alone, so that it starts fast and stays small.
"""
