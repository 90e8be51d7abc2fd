"""GraphQL: predictions and the model's description, by queries.

A query is executed twice: first its instances are read and checked, all of them before any is
computed, then the predictions are given. So a request is one call of the model, one line of
captured predictions and one of a rollout's turns, however many fields of it predict.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

import numpy as np
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLResolveInfo,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)
from graphql.validation import recommended_rules, specified_rules

from modelport_serving.body import JSON_TYPE
from modelport_serving.exchange import Exchange, Reply, fallback_of
from modelport_serving.instances import MAX_FAULTS, Fault, Rows
from modelport_serving.predictor import Predictor
from modelport_serving.problems import ProblemError
from modelport_serving.protocols.base import Plain, checked
from modelport_serving.protocols.graphql_http import (
    AnsweredError,
    Asked,
    QueryError,
    answer,
    media_for,
    read_request,
)
from modelport_serving.protocols.graphql_schema import schema_of
from modelport_serving.record import BundleRecord

MAX_TOKENS = 5000
"""Tokens of a query; more than some rows belong into its variables."""
MAX_DEPTH = 16
"""Fields inside of each other; the usual query of the whole schema has 15."""
MAX_FIELDS = 64
"""Fields of an operation, each as often as fragments repeat it, without those of the schema."""
MAX_SCHEMA_FIELDS = 256
"""Fields about the schema; the usual query of all of it has 229."""
FIELDS_PER_ROW = 8
"""Fields that may be asked of each of `max_rows` rows; of fewer rows there may be more."""
_KEPT_QUERIES = 64
_KEPT_CHARACTERS = 8192


@dataclass(slots=True)
class _Turn:
    """What one execution needs: the first fills `rows`, the second takes `predictions`."""

    read: Callable[[object], Rows]
    rows: dict[str | int, Rows] = field(default_factory=dict[str | int, Rows])
    weight: int = 0
    """Rows, each as often as fields are asked of it."""
    predictions: Plain | None = None

    def resolve(self, info: GraphQLResolveInfo[Any], instances: object) -> Plain:
        """The predictions of one field, or none while instances are read."""
        key = info.path.key
        if self.predictions is None:
            self.rows[key] = self.read(instances)
            fields = sum(
                _fields(node.selection_set, info.fragments).plain for node in info.field_nodes
            )
            self.weight += len(self.rows[key]) * fields
            return []
        begin = 0
        for name, rows in self.rows.items():
            if name == key:
                break
            begin += len(rows)
        return self.predictions[begin : begin + len(self.rows[key])]


@dataclass(frozen=True, slots=True)
class _Query:
    document: DocumentNode
    asked: Asked
    turn: _Turn


class GraphQl:
    """Queries of one bundle's schema."""

    media: tuple[str, ...] = (JSON_TYPE,)
    slow = True

    def __init__(self, record: BundleRecord) -> None:
        self._schema = schema_of(record, _resolve)
        self._rules = [*specified_rules, *recommended_rules]
        # Clients send the same text again and again, and other variables.
        self._kept = lru_cache(_KEPT_QUERIES)(self._document)

    def rows(self, body: bytes, exchange: Exchange, predictor: Predictor, most: int) -> Rows:
        """Read the instances of all fields that predict, one after the other.

        Raises:
            AnsweredError: nothing is to be predicted.
            ProblemError: the query is refused, or its instances are wrong.
        """
        media_for(exchange)  # pyright: ignore[reportUnusedCallResult] - refused before any work
        asked = read_request(body)
        turn = _Turn(lambda instances: checked(predictor, instances, most))
        try:
            short = len(asked.query) <= _KEPT_CHARACTERS
            document = (self._kept if short else self._document)(asked.query)
            operation = get_operation_ast(document, asked.operation)
            if operation is None or operation.operation is not OperationType.QUERY:
                raise _refused("operationName must name one query of the document")
            query = _Query(document, asked, turn)
            result = self._execute(query)
        except RecursionError:
            raise _refused("the query or its variables are nested too deeply") from None
        for error in result.errors or ():
            if isinstance(error.original_error, ProblemError):
                raise error.original_error
        if result.errors:  # the query is valid, so that its variables are not
            raise QueryError(422, "invalid-instances", list(map(_entry, result.errors)))
        if not turn.rows:
            raise AnsweredError(answer(exchange, {"data": result.data}))
        exchange.note = query
        return _together(turn, most)

    def reply(self, predictions: Plain, exchange: Exchange) -> Reply:
        """Write what the query asks of the predictions."""
        query = cast("_Query", exchange.note)
        query.turn.predictions = predictions
        result = self._execute(query)
        if result.errors:
            raise result.errors[0]
        told = {"extensions": fallback_of(exchange)} if exchange.fallback else {}
        return answer(exchange, {"data": result.data, **told})

    def _execute(self, query: _Query) -> ExecutionResult:
        return execute_sync(
            self._schema,
            query.document,
            context_value=query.turn,
            variable_values=query.asked.variables,
            operation_name=query.asked.operation,
            max_coercion_errors=MAX_FAULTS,
        )

    def _document(self, text: str) -> DocumentNode:
        """Parse, measure and validate a query."""
        try:
            document = parse(text, max_tokens=MAX_TOKENS)
        except GraphQLError as error:
            raise QueryError(400, "invalid-query", [_entry(error)]) from None
        _check_size(document)
        if errors := validate(self._schema, document, self._rules, MAX_FAULTS):
            raise QueryError(400, "invalid-query", list(map(_entry, errors)))
        return document


def _resolve(_source: Any, info: GraphQLResolveInfo[Any], instances: object) -> Plain:
    return cast("_Turn", info.context).resolve(info, instances)


def _together(turn: _Turn, most: int) -> Rows:
    matrix = np.concatenate(list(turn.rows.values()))
    if len(matrix) > most:
        detail = f"the query has {len(matrix)} rows; send at most {most} at once"
        fault = Fault("instances", detail)
        raise ProblemError(422, "invalid-instances", detail, errors=[fault])
    if turn.weight > most * FIELDS_PER_ROW:
        detail = (
            f"the query asks {turn.weight} fields of its rows; ask at most "
            f"{most * FIELDS_PER_ROW} at once"
        )
        raise ProblemError(422, "invalid-instances", detail, errors=[Fault("instances", detail)])
    return matrix


def _entry(error: GraphQLError) -> dict[str, Any]:
    places = [{"line": each.line, "column": each.column} for each in error.locations or ()]
    return {"message": error.message, **({"locations": places} if places else {})}


def _refused(message: str) -> QueryError:
    return QueryError(400, "invalid-query", [{"message": message}])


# -- size


@dataclass(slots=True)
class _Size:
    plain: int = 0
    """Fields."""
    schema: int = 0
    """Fields of introspection."""
    depth: int = 0


def _check_size(document: DocumentNode) -> None:
    fragments = {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    for each in document.definitions:
        if not isinstance(each, OperationDefinitionNode):
            continue
        size = _fields(each.selection_set, fragments)
        if size.depth > MAX_DEPTH:
            raise _refused(f"the query is {size.depth} fields deep; ask at most {MAX_DEPTH}")
        if size.plain > MAX_FIELDS:
            raise _refused(
                f"the query has {size.plain} fields; ask at most {MAX_FIELDS}, and put all rows "
                "into one field predict"
            )
        if size.schema > MAX_SCHEMA_FIELDS:
            raise _refused(
                f"the query asks {size.schema} fields of the schema; ask at most "
                f"{MAX_SCHEMA_FIELDS}"
            )


def _fields(
    selections: SelectionSetNode | None, fragments: Mapping[str, FragmentDefinitionNode]
) -> _Size:
    """Size of a selection with its fragments, which may multiply what is written."""
    known: dict[str, _Size] = {}

    def fragment(name: str) -> _Size:
        if name not in known:
            known[name] = _Size()  # of one that holds itself, which is refused by the rules
            if name in fragments:
                known[name] = size(fragments[name].selection_set)
        return known[name]

    def size(within: SelectionSetNode | None) -> _Size:
        found = _Size()
        for each in within.selections if within else ():
            if isinstance(each, FieldNode):
                own = size(each.selection_set)
                all_of_it = own.plain + own.schema + 1
                if each.name.value in ("__schema", "__type"):
                    own = _Size(0, all_of_it, own.depth + 1)
                else:
                    own = _Size(own.plain + 1, own.schema, own.depth + 1)
            elif isinstance(each, FragmentSpreadNode):
                own = fragment(each.name.value)
            else:
                own = size(cast("InlineFragmentNode", each).selection_set)
            found.plain += own.plain
            found.schema += own.schema
            found.depth = max(found.depth, own.depth)
        return found

    return size(selections)
