"""Documentation: what counts as said plainly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.sdk.documentation import documented_values, replaces


@pytest.mark.parametrize(
    "text",
    [
        "Name of the thing. Changing this forces a new resource to be created.",
        "Changing this will force Terraform to create a new resource.",
        "Forces replacement if changed.",
        "A list of ids.\n\n> **NOTE:** Changing this value will re-create the resource.",
        "(Forces new resource)",
        "Changing the `snapshot_name` forces a new resource.",
        "The mode. Changing `snapshot_name` forces\n  a new resource",
        "Changing this field forces the resource to be recreated.",
        "Changing this value forces creation of a new resource.",
        "The field is immutable and causes resource replacement when mutated.",
        "This field is only set at create time and modifying this field after creation will "
        "trigger recreation.",
    ],
)
def test_plain_words_about_replacement(text: str) -> None:
    assert replaces(text, "snapshotName", "snapshot_name")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Changing `other_thing` forces a new resource.",
        "When decreased, this will force a recreation of the resource.",
        "For Memcached, changing this value will re-create the resource.",
        "With the exception of `x`, changing an argument in this block forces a new resource.",
        "If `replace_on_change` is set then updates to this field will trigger a recreation.",
        "Changing this forces a new interface to be created.",
        "Whether to force the volume to detach.",
        "Changing this property may recreate the store.",
        "Changing this forces a new resource if the engine is `x`.",
        "An immutable identifier of the thing.",
        "Immutable.",
        "Cannot be updated.",
    ],
)
def test_conditions_and_other_properties_do_not_count(text: str) -> None:
    assert not replaces(text, "snapshotName", "snapshot_name")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Immutable. The name.", True),
        ("The name. This field cannot be changed after creation.", True),
        ("This field is immutable.", True),
        ("The immutable name of the queue.", False),
        ("Whether the blobs are immutable.", False),
        ("Immutable, if set to true, keeps the data as it is.", False),
    ],
)
def test_immutable_counts_where_it_means_replacement(text: str, expected: bool) -> None:
    assert replaces(text, "name", immutable=True) is expected
    assert not replaces(text, "name")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Valid values: `Image`, `Zip`. Defaults to `Zip`.", ("Image", "Zip")),
        ("The mode. Valid values are `a` (the first) and `b` (the `second`).", ("a", "b")),
        ('Possible values: ["NONE", "PROXY_V1"]', ("NONE", "PROXY_V1")),
        ('Allowed values are "Exact" or "Equivalent".\n\n- Exact: `x`', ("Exact", "Equivalent")),
        ("Possible values are 'Windows' or 'Linux'", ("Windows", "Linux")),
        ("Possible values: DEFAULT, FORCE, PREVENT", ("DEFAULT", "FORCE", "PREVENT")),
        ("Possible values are: `A`, `A`, `B`.", ("A", "B")),
        ("Valid values: `default`, `if`.", ("default", "if")),
        ("Valid values: `a` or `b` when the `type` is set", ("a", "b")),
        ("Valid values: `a` (default), `b`.", ("a", "b")),
        ("Valid values are between `1` and `10`.", ()),
        ("The only valid value is `one`.", ()),
        ("Valid values can be found in `the manual` and `elsewhere`.", ()),
        ("Use `a` or `b`.", ()),
        ("", ()),
    ],
)
def test_lists_of_values(text: str, values: tuple[str, ...]) -> None:
    assert documented_values(text) == values


@given(st.text(), st.text(max_size=10))
def test_any_text_can_be_read(text: str, name: str) -> None:
    replaces(text, name, immutable=True)
    assert len(documented_values(f"Valid values: {text}")) != 1


@given(
    st.lists(
        st.from_regex(r"[a-z][a-z0-9.-]*", fullmatch=True), min_size=2, max_size=6, unique=True
    )
)
def test_values_in_backticks_are_found_in_their_order(values: list[str]) -> None:
    listed = ", ".join(f"`{value}`" for value in values)
    assert documented_values(f"Some text. Valid values: {listed}. More `text`.") == tuple(values)
