"""Risks: everything that a person should look at, the worst first."""

from modelport.report.data_loss import data_risks
from modelport.report.endpoints import endpoint_risks
from modelport.report.exposure import exposure_risks
from modelport.report.identity import identity_risks
from modelport.report.recording import Recording
from modelport.report.risk import SEVERITIES, Judge, Risk
from modelport.report.safeguards import safeguard_risks, scale_risks, version_risks

JUDGES: tuple[Judge, ...] = (
    endpoint_risks,
    data_risks,
    exposure_risks,
    identity_risks,
    safeguard_risks,
    scale_risks,
    version_risks,
)


def risks_of(recording: Recording) -> tuple[Risk, ...]:
    """All risks, each once, sorted by severity, subject and name."""
    steps = {step.urn: step for step in recording.steps}
    found = {
        (risk.urn, risk.what): risk
        for step in recording.steps
        for judge in JUDGES
        for risk in judge(step, steps)
    }
    return tuple(
        sorted(
            found.values(),
            key=lambda risk: (
                SEVERITIES.index(risk.severity),
                risk.subject,
                risk.name,
                risk.urn,
                risk.what,
            ),
        )
    )
