"""A variant of a SageMaker endpoint, for examples."""


def variant(**changes: object) -> dict[str, object]:
    """Two machines that serve `cancer`, with some fields changed or, when none, left out."""
    whole: dict[str, object] = {
        "modelName": "cancer",
        "instanceType": "ml.m5.large",
        "initialInstanceCount": 2,
    }
    return {key: value for key, value in (whole | changes).items() if value is not None}
