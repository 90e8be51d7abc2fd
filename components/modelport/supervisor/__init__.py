"""The supervisor: one process that owns an endpoint's socket and keeps its workers alive.

    __main__.py     the process: binds the socket, takes commands
    generation.py   the workers of one version: start, promote, heal, drain
    link.py         what supervisor and worker tell each other
    split.py        a share of requests for another generation, and what was counted
    upkeep.py       limits on log and memory
    control.py      commands over a Unix socket: the messages and both ends
    launch.py       starting a supervisor and waiting until it listens

It uses the standard library alone, so that it starts fast and stays small.
"""
