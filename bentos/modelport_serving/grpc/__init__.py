"""gRPC: the Open Inference Protocol and the health service, on the port of the HTTP API.

either.py      an accepted connection, which is HTTP/1.1 or begins with HTTP/2's preface
http2.py       one HTTP/2 connection, whose requests go to an ASGI application
stream.py      one of its requests
front.py       answers of the application as gRPC sends them: framed, with a status behind
statuses.py    which status an error of ours is, and its details
services.py    the methods of the protocol, each a path of the application
infer.py       ModelInfer: tensors in, tensors out
methods.py     methods with small messages
health.py      the standard health service
reflection.py  what tools ask for to know what there is
names.py       names of the services
protos/        the messages: our .proto files, and what `scripts/protos.py` makes of them

A call passes the same gate as an HTTP request: key, limits, log, metrics, fallback, capture and
rollouts are not here. Nothing of this is imported unless `grpc` is among the protocols, as it needs
libraries that a bundle carries only when asked to (`modelport_serving.settings.LIBRARIES`).
"""
