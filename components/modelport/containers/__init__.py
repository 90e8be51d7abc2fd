"""Containers: one deployment's containers on a Docker engine, as they are and as they should be.

engine.py     a connection to an engine, wherever it is
settings.py   what a deployment wants of its containers
parts.py      each container, network and volume: how it is made, and whether it still is so
service.py    everything of one deployment on its engine
orders.py     orders to the switch, which holds the port
"""
