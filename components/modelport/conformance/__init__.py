"""Conformance: a server under the rules of the platforms, before anything is paid for.

rules.py     what each platform demands, with source, date and grade (tables/rules.csv)
starts.py    how each platform starts a container: arguments, port, paths
server.py    a server as a process, started so
checks.py    one function for each rule
page.py      all rules of one kind, checked
"""

from modelport.conformance.page import Page, check_kind
from modelport.conformance.rules import Rule, rules_of
from modelport.conformance.server import Subject

__all__ = ["Page", "Rule", "Subject", "check_kind", "rules_of"]
