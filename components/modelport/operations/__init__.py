"""Operations: what the commands do, without a terminal; each returns what happened.

session.py   a stack of this project, ready for the engine
events.py    the engine's events as progress, changes and errors
up.py        build what is missing, then deploy and verify
preview.py   what would change
down.py      remove everything
inspect.py   status, logs, predictions
doctor.py    what is set up and what is not
"""
