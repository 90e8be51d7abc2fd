"""Protocols: how other servers' clients ask for predictions, and are answered.

base.py         what a protocol is
native.py       our own JSON, and Vertex AI's form of it
tabular.py      CSV, JSON Lines and XML, by content type
xml.py          what XML looks like
tensorflow.py   TensorFlow Serving's REST API
v2.py           the Open Inference Protocol, also with binary tensors
azure_ml.py     `input_data`, as Azure Machine Learning sends it
graphql.py      queries; `graphql_schema.py` makes the schema, `graphql_http.py` needs no library

Each turns a body into checked rows and predictions into a body; limits, keys, splits and errors
are the application's.
"""
