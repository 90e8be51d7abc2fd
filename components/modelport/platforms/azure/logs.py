"""Logs: a workspace for each deployment, kept for a time."""

import pulumi
import pulumi_azure_native as azure

from modelport.platforms.azure.group import Group
from modelport.platforms.azure.plan import AzurePlan

KEPT_DAYS = {"dev": 30, "staging": 30, "prod": 90}
"""Days for which logs are kept; Log Analytics keeps them 30 days at least."""


def log_workspace(plan: AzurePlan, where: Group) -> azure.operationalinsights.Workspace:
    """A workspace that is paid by what comes in."""
    return azure.operationalinsights.Workspace(
        f"{plan.name}-logs",
        workspace_name=plan.physical_name,
        resource_group_name=where.name,
        location=plan.region,
        sku=azure.operationalinsights.WorkspaceSkuArgs(name="PerGB2018"),
        retention_in_days=KEPT_DAYS[plan.environment],
        tags=plan.tags,
        opts=where.opts,
    )


def send_logs(
    plan: AzurePlan,
    where: Group,
    workspace: azure.operationalinsights.Workspace,
    resource: pulumi.Input[str],
    *,
    categories: tuple[str, ...] = (),
) -> azure.monitor.DiagnosticSetting:
    """Send a resource's logs to the workspace; all of them when no categories are named."""
    log = azure.monitor.DiagnosticsLogSettingsArgs
    logs = [log(category=category, enabled=True) for category in categories]
    return azure.monitor.DiagnosticSetting(
        f"{plan.name}-diagnostics",
        name=plan.physical_name,
        resource_uri=resource,
        workspace_id=workspace.id,
        logs=logs or [log(category_group="allLogs", enabled=True)],
        opts=where.opts,
    )
