"""The report as data: words, order, prices, policies."""

from modelport.report import Report, make_report, render_markdown
from modelport.report.recording import Change, Finding, Recording
from modelport.report.words import counted, shown_pair, type_words
from report import made
from report.made import UNKNOWN_MARK, recording, step

QUEUE = "aws:sqs/queue:Queue"
SERVICE = "modelport:index:LocalService"


def report(*steps: made.Step, **more: object) -> Report:
    return make_report(recording(*steps, **more))


def test_the_summary_is_plain_language() -> None:
    said = report(
        step(QUEUE, "a"), step(QUEUE, "b"), step(QUEUE, "c", "replace"), step(QUEUE, "d", "same")
    ).summary
    assert said == (
        "If this is deployed, 2 things are created and 1 thing is replaced (deleted and made "
        "anew); 1 stays as it is. Nothing has been changed yet."
    )
    assert "nothing changes; 1 stays as it is" in report(step(QUEUE, op="same")).summary


def test_what_is_not_known_of_replacements_is_said_offline() -> None:
    header = made.HEADER.model_copy(update={"offline": True})
    unsure = "azure-native:machinelearningservices:OnlineDeployment"
    updates = (step(unsure, "a", "update"), step("aws:s3/bucket:Bucket", "b", "update"))
    offline = recording(*updates).model_copy(update={"header": header})
    note = f"Which changes replace `{unsure}` is not fully known offline"
    assert [item for item in make_report(offline).notes if item.startswith(note)]
    assert note in render_markdown(make_report(offline))
    assert not [item for item in report(*updates).notes if item.startswith("Which changes")]


def test_the_order_is_by_component_and_the_gravest_first() -> None:
    parent = step(SERVICE, "cancer", "same", custom=False)
    inside = step(QUEUE, "z", "delete", parent=parent.urn)
    found = report(
        parent, inside, step(QUEUE, "a"), step(QUEUE, "b", "update"), step(QUEUE, "c", "replace")
    ).changes
    assert [(entry.group, entry.name) for entry in found] == [
        ("the stack itself", "c"),
        ("the stack itself", "b"),
        ("the stack itself", "a"),
        ("cancer", "z"),
    ]


def test_why_something_is_replaced() -> None:
    change = Change(path="name", kind="update", old="a", new="b", replaces=True)
    first = step(QUEUE, "a", "replace", changes=(change,))
    second = step(
        QUEUE, "b", "replace", changes=(change,), depends_on=(first.urn,),
        references={"name": (first.urn,)},
    )  # fmt: skip
    third = step(QUEUE, "c", "replace", depends_on=(first.urn, second.urn))
    fourth = step(QUEUE, "d", "replace")
    reasons = {entry.name: entry.reasons for entry in report(first, second, third, fourth).changes}
    assert reasons == {
        "a": ("`name` cannot be changed in place",),
        "b": ("`name` cannot be changed in place", "it refers to `a`, which is replaced"),
        "c": ("it refers to `a` and `b`, which are replaced",),
        "d": ("no property forces it, so it is likely that something that it needs is replaced",),
    }


def test_prices() -> None:
    service = step(SERVICE, "a", "update", custom=False, old={"monthly_usd": 41},
                   new={"monthly_usd": 82.5})  # fmt: skip
    same = step(SERVICE, "b", "same", custom=False, old={"monthly_usd": 8}, new={"monthly_usd": 8})
    open_price = step(SERVICE, "c", custom=False, new={"monthly_usd": UNKNOWN_MARK})
    inside = step(QUEUE, "q", parent=service.urn)
    other = "aws:somewhere/thing:Thing"
    found = report(service, same, open_price, inside, step(other, "r"), step(other, "s", "same"))
    cost = found.cost
    assert (cost.before, cost.after, cost.difference) == (49, 90.5, 41.5)
    assert cost.unknown == ("c",)
    assert (cost.unpriced, cost.unpriced_changed) == (2, 1)
    text = render_markdown(found)
    assert "| <code>a</code> | 41.00 USD | 82.50 USD | +41.50 USD | - | - |" in text
    assert "| <code>c</code> | - | known after the update | ? | - | - |" in text
    assert "Cost: **+41.50 USD a month; 1 price more known after the update**" in text
    assert "2 resources are unpriced, 1 of them changed here" in text
    assert "- `r` (AWS somewhere thing): `the price book does not know this type`" in text


def test_policies_come_by_level_and_severity() -> None:
    def finding(policy: str, level: str, severity: str | None) -> Finding:
        return Finding(pack="p", policy=policy, level=level, severity=severity, message="m")

    found = report(
        findings=(
            finding("d", "advisory", None),
            finding("c", "advisory", "high"),
            finding("b", "mandatory", "low"),
            finding("a", "mandatory", "critical"),
        )
    )
    assert [item.policy for item in found.policies] == ["a", "b", "c", "d"]
    assert found.verdict.text == "refused by policy in 2 points; it cannot be deployed"
    assert "⛔ **refused**, <code>critical</code> · `a`: `m`" in render_markdown(found)


def test_notes_say_what_was_not_checked() -> None:
    header = made.HEADER.model_copy(update={"offline": True})
    found = make_report(Recording(header=header, complete=False))
    assert "not verified (offline)" in found.notes[0]
    assert "stopped early" in found.notes[1]
    assert "No policy pack ran" in found.notes[2]
    assert found.verdict.kind == "failed"


def test_words() -> None:
    assert type_words("aws:s3/bucket:Bucket") == "AWS S3 bucket"
    assert type_words("azure-native:storage:StorageAccount") == "Azure storage account"
    assert (
        type_words("kubernetes:core/v1:PersistentVolumeClaim")
        == "Kubernetes persistent volume claim"
    )
    assert type_words("modelport:auth:ApiKey") == "API key"
    assert type_words("modelport:local:Server") == "local server"
    assert type_words("my:x:<b>@you") == "my x b you"
    assert (counted(1, "thing"), counted(2, "thing")) == ("1 thing", "2 things")
    old, new = shown_pair("x" * 200 + "old", "x" * 200 + "new")
    assert (old[0], old[-3:], new[-3:]) == ("…", "old", "new")


def test_the_schema_describes_every_field() -> None:
    schema = Report.model_json_schema()
    for model in (schema, *schema["$defs"].values()):
        for name, field in model.get("properties", {}).items():
            assert "$ref" in field or field.get("description"), f"{model['title']}.{name}"
