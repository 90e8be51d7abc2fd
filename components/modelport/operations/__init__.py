"""Operations: what the commands do, without a terminal; each returns what happened.

session.py   a stack of this project, ready for the engine
recover.py   go on after an update that was killed
mend.py      a state file that a killed engine left torn
events.py    the engine's events as progress, changes and errors
up.py        build what is missing, then deploy and verify
preview.py   what would change
recorded.py  one preview with its recording, held against the stack's limit
report.py    a recorded preview, judged
cost.py      one workload on many kinds of target (cost_page.py: as a picture)
down.py      remove everything
rollback.py  an earlier version again, written into the stack's file
history.py   what was live when, with which scores
bundles.py   train and build
pin.py       write a bundle's digest into a stack's file
inspect.py   status, logs, predictions
observe.py   rules, dashboard and what to scrape, as files
doctor.py    what is set up and what is not
"""
