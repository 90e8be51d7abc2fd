"""Report: what a preview would change, for a person who reads a pull request.

recording.py         what the engine said, kept in a file
recorder.py          listens to the engine
property_changes.py  which properties differ
engine_text.py       texts of the engine's
values.py            properties without secrets, read three-valued
words.py             values and resource types in words
facts.py             what components say about themselves, in words
changes.py           one entry for each resource that changes
cost.py              price before and after
pricing/             what an ordinary resource costs, from its inputs
risk.py              what a risk is
endpoints.py         addresses that change, and interruptions
data_loss.py         what is lost with a resource (data_types.py: which types hold data)
exposure.py          who can reach it
identity.py          who may do what
safeguards.py        protection, secrets, scale, versions
risks.py             all of them
document.py          the report as data
diagram.py           the report's picture
limits.py            how much of it is shown
escape.py            texts that strangers wrote, made harmless
markdown.py          the report as Markdown (sections.py, cost_section.py: its parts)
"""

from modelport.report.document import Report, make_report
from modelport.report.markdown import render_markdown
from modelport.report.recorder import Recorder
from modelport.report.recording import Header, Recording, load

__all__ = [
    "Header",
    "Recorder",
    "Recording",
    "Report",
    "load",
    "make_report",
    "render_markdown",
]
