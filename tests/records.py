"""Records for tests that need one, but no trained model."""

from modelport_serving.record import (
    BundleRecord,
    Evaluation,
    Feature,
    Golden,
    Lineage,
    Prediction,
    Signature,
)

VERSION = "3f2a0c4d5e6f7081"


def record(
    f1: float = 0.97, baseline: float = 0.77, name: str = "breast_cancer", version: str = VERSION
) -> BundleRecord:
    """A classifier's record."""
    return BundleRecord(
        name=name,
        version=version,
        signature=Signature(
            task="classification",
            features=(Feature(name="radius", min=0, max=1),),
            target="diagnosis",
            labels=("malignant", "benign"),
        ),
        evaluation=Evaluation(
            primary="f1",
            metrics={"f1": f1, "accuracy": 0.96},
            baseline={"f1": baseline, "accuracy": 0.63},
            cross_validation={"f1": (f1, 0.01)},
            robustness={"noise_5pct": f1},
        ),
        lineage=Lineage(
            data="radii",
            data_sha256="0" * 64,
            rows=10,
            parameters={},
            search=(),
            libraries={},
            python="3.11.7",
            commit=None,
            created="2026-11-21T00:00:00Z",
        ),
        model_file="model.joblib",
        model_sha256="0" * 64,
    )


def golden() -> Golden:
    """Two rows with their answers."""
    return Golden(
        instances=((0.25,), (0.75,)),
        predictions=(
            Prediction(label="benign", probabilities={"malignant": 0.25, "benign": 0.75}),
            Prediction(label="malignant", probabilities={"malignant": 0.75, "benign": 0.25}),
        ),
    )
