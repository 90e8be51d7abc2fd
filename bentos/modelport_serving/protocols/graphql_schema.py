"""GraphQL schema of one bundle, from its signature.

    type Query {
      predict(instances: [InstanceInput!]!): [Prediction!]!
      model: Model!
    }

`InstanceInput` has a field for each feature. GraphQL's names are letters, digits and `_`, so other
names are mapped: `mean radius` is `mean_radius`. `Model.features` and the descriptions tell both.
"""

from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLDefaultInput,
    GraphQLError,
    GraphQLField,
    GraphQLFieldResolver,
    GraphQLFloat,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    IntValueNode,
    ValueNode,
)

from modelport_serving.instances import EXACT_INTEGER
from modelport_serving.protocols.graphql_names import graphql_names
from modelport_serving.record import BundleRecord, Feature, Signature


def schema_of(record: BundleRecord, predict: GraphQLFieldResolver) -> GraphQLSchema:
    """The schema of a bundle, whose predictions `predict` resolves from the argument `instances`.

    Instances reach it by feature name, values that were left out as none.
    """
    signature = record.signature
    instances = GraphQLArgument(
        _all(_instance(signature)), description="In the order in which they are answered."
    )
    described = _described(record)
    fields = {
        "predict": GraphQLField(
            _all(_prediction(signature)),
            args={"instances": instances},
            resolve=predict,
            description=f"Predicts {signature.target}: one prediction for each instance.",
        ),
        "model": GraphQLField(
            GraphQLNonNull(_model()),
            resolve=lambda *_: described,
            description="What is served.",
        ),
    }
    return GraphQLSchema(GraphQLObjectType("Query", fields))


def _safe_int(value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise GraphQLError("SafeInt takes whole numbers")
    if abs(value) > EXACT_INTEGER:
        raise GraphQLError("SafeInt takes whole numbers up to 2**53")
    return value


def _safe_literal(node: ValueNode) -> int:
    if not isinstance(node, IntValueNode) or len(node.value) > 20:
        raise GraphQLError("SafeInt takes whole numbers up to 2**53")
    return _safe_int(int(node.value))


SAFE_INT = GraphQLScalarType(
    "SafeInt",
    coerce_output_value=_safe_int,
    coerce_input_value=_safe_int,
    coerce_input_literal=_safe_literal,
    description="A whole number up to 2**53 on either side of zero; Int has 32 bits only.",
)


def _instance(signature: Signature) -> GraphQLInputObjectType:
    names = graphql_names(feature.name for feature in signature.features)
    fields = {
        name: _input(feature) for name, feature in zip(names, signature.features, strict=True)
    }
    return GraphQLInputObjectType("InstanceInput", fields, description="Values of one instance.")


def _input(feature: Feature) -> GraphQLInputField:
    kind: GraphQLInputType = SAFE_INT if feature.dtype == "int64" else GraphQLFloat
    said = f"{feature.name}: {feature.min:g} to {feature.max:g} in training"
    if feature.nullable:
        description = f"{said}; null when it is missing"
        left_out = GraphQLDefaultInput(value=None)
        return GraphQLInputField(
            kind, description=description, out_name=feature.name, default=left_out
        )
    return GraphQLInputField(GraphQLNonNull(kind), description=said, out_name=feature.name)


def _prediction(signature: Signature) -> GraphQLObjectType:
    if signature.task == "regression":
        value = _field(GraphQLFloat, f"Predicted {signature.target}.")
        return GraphQLObjectType("Prediction", {"value": value})
    chance = GraphQLObjectType(
        "Probability",
        {
            "label": _field(GraphQLString, "The label."),
            "probability": _field(GraphQLFloat, "Between 0 and 1; all add up to 1."),
        },
    )

    def probabilities(prediction: dict[str, Any], _info: Any) -> list[dict[str, Any]]:
        return [
            {"label": label, "probability": value}
            for label, value in prediction["probabilities"].items()
        ]

    labels = ", ".join(signature.labels)
    return GraphQLObjectType(
        "Prediction",
        {
            "label": _field(GraphQLString, f"The most probable of: {labels}."),
            "probabilities": GraphQLField(
                _all(chance), resolve=probabilities, description="Of each label, in their order."
            ),
        },
    )


def _model() -> GraphQLObjectType:
    metric = GraphQLObjectType(
        "Metric", {"name": _field(GraphQLString, "Its name."), "value": _field(GraphQLFloat, "It.")}
    )
    feature = GraphQLObjectType(
        "Feature",
        {
            "name": _field(GraphQLString, "Name of the feature."),
            "field": _field(GraphQLString, "Its field of InstanceInput."),
            "dtype": _field(GraphQLString, "float64 or int64."),
            "min": _field(GraphQLFloat, "Smallest value seen in training."),
            "max": _field(GraphQLFloat, "Largest value seen in training."),
            "nullable": _field(GraphQLBoolean, "Whether it may be missing."),
        },
    )
    text = GraphQLNonNull(GraphQLString)
    return GraphQLObjectType(
        "Model",
        {
            "name": _field(GraphQLString, "Name of the bundle."),
            "version": _field(GraphQLString, "Its version."),
            "task": _field(GraphQLString, "classification or regression."),
            "target": _field(GraphQLString, "What is predicted."),
            "runtime": _field(GraphQLString, "What computes: onnx or native."),
            "primary": _field(GraphQLString, "The metric that decides comparisons."),
            "metrics": GraphQLField(_all(metric), description="Scores on held-out data."),
            "labels": GraphQLField(
                GraphQLNonNull(GraphQLList(text)), description="Empty for a regression."
            ),
            "features": GraphQLField(_all(feature), description="In the model's order."),
        },
    )


def _described(record: BundleRecord) -> dict[str, Any]:
    signature = record.signature
    fields = graphql_names(feature.name for feature in signature.features)
    return {
        "name": record.name,
        "version": record.version,
        "task": signature.task,
        "target": signature.target,
        "runtime": record.runtime,
        "primary": record.evaluation.primary,
        "metrics": [
            {"name": name, "value": value} for name, value in record.evaluation.metrics.items()
        ],
        "labels": list(signature.labels),
        "features": [
            {**feature.model_dump(), "field": field}
            for field, feature in zip(fields, signature.features, strict=True)
        ],
    }


def _field(kind: GraphQLScalarType, description: str) -> GraphQLField:
    return GraphQLField(GraphQLNonNull(kind), description=description)


def _all(kind: Any) -> GraphQLNonNull[Any]:
    return GraphQLNonNull(GraphQLList(GraphQLNonNull(kind)))
