"""Switch: holds an endpoint's port on a machine of containers, and sends requests to revisions.

    __main__.py   the process, and the program that passes orders to it
    orders.py     orders over a Unix socket: the messages and both ends
    app.py        one request: which revision it goes to, and the answer's way back
    pool.py       the containers of one revision
    upstream.py   HTTP/1.1 to one container
    routes.py     the file that remembers where requests go

A new version is started, proved and given its share behind it, so that the port is never closed.
"""
