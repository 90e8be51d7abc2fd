"""CloudWatch: alarms, dashboards, logs."""

from aws_arguments.documents import dashboard
from aws_arguments.rules import Call, Rule, To, one_of, pairs, prefixed, rule

_RETENTIONS = (
    *(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""Days; 0 keeps logs for ever and asks AWS for nothing.
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""

MONITORING: dict[str, Rule] = {
    "aws:cloudwatch/metricAlarm:MetricAlarm": rule(
        Call(
            "cloudwatch",
            "PutMetricAlarm",
            {
                "name": "AlarmName",
                "metricQueries": "Metrics",
                "metricQueries.metric": "MetricStat",
                "metricQueries.metric.metricName": "Metric.MetricName",
                "metricQueries.metric.namespace": "Metric.Namespace",
                "metricQueries.metric.dimensions": To("Metric.Dimensions", pairs("Name", "Value")),
            },
        )
    ),
    "aws:cloudwatch/dashboard:Dashboard": rule(
        Call("cloudwatch", "PutDashboard"), checks={"dashboardBody": dashboard}
    ),
    "aws:cloudwatch/logGroup:LogGroup": rule(
        Call(
            "logs",
            "CreateLogGroup",
            {"name": "logGroupName", "namePrefix": prefixed("logGroupName")},
        ),
        Call(
            "logs",
            "PutRetentionPolicy",
            {"retentionInDays": "retentionInDays"},
            {"logGroupName": "group"},
        ),
        own="skipDestroy",
        checks={"retentionInDays": one_of(*_RETENTIONS)},
    ),
}
