"""Servicer: the engine's resource protocol for the package of an installed SDK."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.empty_pb2 import Empty
from google.rpc import status_pb2  # Pulumi has a copy, and a process takes only one of them
from pulumi.runtime.proto import provider_pb2 as pb

from modelport.errors import PlanError
from modelport.provider.base import BaseProvider, abort, token_of
from modelport.provider.wire import Json, Secret, marked, plain, read_struct, to_struct
from modelport.sdk import function, resource, version
from modelport.sdk.types import FunctionSchema, Primitive, ResourceSchema
from modelport.sdk_provider.backing import Backing, PartialFailure, Problem, Request, Values
from modelport.sdk_provider.check import check_inputs, hints
from modelport.sdk_provider.difference import Difference, differences
from modelport.sdk_provider.naming import (
    full_name,
    name_inputs,
    naming,
    stable_digits,
)
from modelport.sdk_provider.paths import top
from modelport.sdk_provider.replacement import deletes_first, refused_paths, replacing_paths

ASSUMED = "__assumed"
"""Input that marks what an offline import could only assume: nothing differs from it."""
_ENGINE_CONFIG = frozenset({"version", "pluginDownloadURL", "pluginChecksums", "parameterization"})
"""Config of a provider instance that is the engine's own: which plugin it starts."""
_LENIENT = frozenset({"aws", "gcp"})
"""Packages whose official plugins convert texts and numbers (the Terraform bridge)."""


class SdkProvider(BaseProvider):
    """Serves every type of one package; what its resources are is up to the backing."""

    accepts_resources = True

    def __init__(
        self,
        package: str,
        backing: Backing,
        log: Callable[[], Path],
        engine: str | None = None,
    ) -> None:
        super().__init__(version(package), log, engine)
        self._package = package
        self._backing = backing
        # No call names the provider instance; the engine keeps one connection for each.
        self._configs: dict[str, Values] = {}

    # -- provider instances

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        schema = resource(f"pulumi:providers:{self._package}")
        news = read_struct(request.news)
        config = _decoded(cast("Values", plain(news)), schema)
        problems = check_inputs(config, schema.inputs, lenient=True)
        problems += self.run(context, lambda: self._backing.check_config(config))
        return pb.CheckResponse(inputs=request.news, failures=_failures(problems))

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        schema = resource(f"pulumi:providers:{self._package}")
        given = cast("Values", plain(read_struct(request.args)))
        self._configs[context.peer()] = _decoded(given, schema)
        return super().Configure(request, context)

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        self._configs.pop(context.peer(), None)
        self._backing.cancel()
        return Empty()

    # -- resources

    def Check(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        asked = self._request(request, context)
        news, olds = read_struct(request.news), read_struct(request.olds)
        inputs, old = cast("Values", plain(news)), cast("Values", plain(olds))
        known = asked.schema.inputs
        judged = {key: value for key, value in inputs.items() if key in known}
        problems = check_inputs(
            judged if asked.schema.extensible else inputs,  # custom kinds have fields of their own
            known,
            lenient=self._package in _LENIENT,
        )
        if not problems:
            inputs = self.run(context, lambda: self._completed(asked, inputs, old, request))
            problems = self.run(context, lambda: self._backing.check(asked, inputs))
            for hint in hints(inputs, asked.schema.inputs):
                self.warn(request.urn, f"{hint.path}: {hint.reason}")
        return pb.CheckResponse(
            inputs=to_struct(_with_secrets(inputs, news, asked.schema)),
            failures=_failures(problems),
        )

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        asked = self._request(request, context)
        old = cast("Values", plain(read_struct(request.old_inputs)))
        new = cast("Values", plain(read_struct(request.news)))
        found = [] if ASSUMED in old else self._differences(asked.schema, old, new)
        replaced = sorted({top(item.path) for item in found if item.replaces})
        return pb.DiffResponse(
            changes=pb.DiffResponse.DIFF_SOME if found else pb.DiffResponse.DIFF_NONE,
            diffs=sorted({top(item.path) for item in found}),
            replaces=replaced,
            detailedDiff={item.path: _property_diff(item) for item in found},
            hasDetailedDiff=True,
            deleteBeforeReplace=bool(replaced) and self._deletes_first(asked.schema, old, new),
        )

    def Create(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        asked = self._request(request, context)
        given = read_struct(request.properties)
        inputs = cast("Values", plain(given))
        if request.preview:
            outputs = self.run(context, lambda: self._backing.preview(asked, inputs, None))
            return pb.CreateResponse(properties=self._state(asked, outputs, given))
        resource_id, outputs = self._made(
            asked, context, given, lambda: self._backing.create(asked, inputs)
        )
        return pb.CreateResponse(id=resource_id, properties=self._state(asked, outputs, given))

    def Read(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        asked = self._request(request, context)
        given, state = read_struct(request.inputs), read_struct(request.properties)
        inputs, outputs = cast("Values", plain(given)), cast("Values", plain(state))
        found = self._made(
            asked, context, given, lambda: self._backing.read(asked, request.id, inputs, outputs)
        )
        if found is None:
            return pb.ReadResponse()
        now, seen = found
        return pb.ReadResponse(
            id=request.id,
            properties=self._state(asked, seen, state or given),
            inputs=to_struct(_with_secrets(now, given, asked.schema)),
        )

    def Update(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        asked = self._request(request, context)
        given = read_struct(request.news)
        new = cast("Values", plain(given))
        old = cast("Values", plain(read_struct(request.old_inputs)))
        outputs = cast("Values", plain(read_struct(request.olds)))
        self.run(context, lambda: self._refuse_update(asked, old, new))
        if request.preview:
            changing = replace(asked, old=old)
            changed = self.run(context, lambda: self._backing.preview(changing, new, outputs))
        else:
            changed = self._made(
                asked,
                context,
                given,
                lambda: self._backing.update(asked, request.id, old, new, outputs),
            )
        return pb.UpdateResponse(properties=self._state(asked, changed, given))

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        asked = self._request(request, context)
        inputs = cast("Values", plain(read_struct(request.old_inputs)))
        outputs = cast("Values", plain(read_struct(request.properties)))
        self.run(context, lambda: self._backing.delete(asked, request.id, inputs, outputs))
        return Empty()

    # -- data sources and what is not there

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        given = read_struct(request.args)
        arguments = cast("Values", plain(given))
        if request.tok in self._backing.functions:
            schema = FunctionSchema(request.tok, {})
        else:
            schema = self.run(context, lambda: function(request.tok))
            problems = check_inputs(arguments, schema.inputs, lenient=self._package in _LENIENT)
            if problems:
                return _answered({}, problems)
        answer = self.run(
            context,
            lambda: self._backing.invoke(schema, arguments, self._config(context)),
        )
        return _answered(cast("Values", marked(answer, given)), [])

    def Construct(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        abort(
            context,
            f"{request.type}: components that live inside a provider's plugin (such as Helm "
            "charts) need the official plugin",
        )

    def Call(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        abort(context, f"{request.tok}: methods of resources need the official plugin")

    # -- helpers

    def _config(self, context: Any) -> Values:
        return self._configs.get(context.peer(), {})

    def _request(self, request: Any, context: Any) -> Request:
        schema = self.run(context, lambda: resource(token_of(request.urn)))
        timeout = float(getattr(request, "timeout", 0) or 0)
        return Request(
            urn=request.urn,
            schema=schema,
            config=self._config(context),
            status=lambda text: self.status(request.urn, text),
            timeout=timeout or None,
        )

    def _completed(self, asked: Request, inputs: Values, old: Values, request: Any) -> Values:
        """Inputs with a name and with what the provider fills in."""
        named = name_inputs(
            asked.schema, asked.name, inputs, old, self._digits(asked.urn, request.randomSeed)
        )
        return self._backing.complete(asked, named, old)

    def _digits(self, urn: str, seed: bytes) -> Callable[[int], str]:
        if self._backing.invents:
            return stable_digits(urn)
        text = seed.hex() if seed else os.urandom(16).hex()
        return lambda count: text[:count]

    def _differences(self, schema: ResourceSchema, old: Values, new: Values) -> list[Difference]:
        table = replacing_paths(schema.token)
        return differences(old, new, schema.inputs, table.__contains__)

    def _deletes_first(self, schema: ResourceSchema, old: Values, new: Values) -> bool:
        renamed = full_name(schema, old) != full_name(schema, new)
        return deletes_first(schema.token, naming(schema, new), renamed=renamed)

    def _refuse_update(self, asked: Request, old: Values, new: Values) -> None:
        """What a platform would refuse to change is refused where no platform does it."""
        refused = refused_paths(asked.token) if self._backing.invents else frozenset[str]()
        if not refused:
            return
        # The table alone: what the SDK's documentation says of replacement refuses nothing.
        changed = differences(old, new, {}, refused.__contains__)
        found = [item.path for item in changed if item.replaces]
        if found:
            message = (
                f"{', '.join(found)}: cannot be changed once {asked.name} is there, and the "
                "official provider would not replace it either; give the resource another name "
                "in the program, or leave the value as it was"
            )
            raise PlanError(message)

    def _state(self, asked: Request, outputs: Values, given: Values) -> Any:
        """Outputs for the engine, with what came in secret or is secret by its type marked."""
        kept = self._backing.kept
        state = {
            key: value for key, value in outputs.items() if not key.startswith("__") or key in kept
        }
        # A copy of the inputs is as secret as they are.
        marks = cast("Values", marked(state, {"__inputs": given, **given}))
        for name in asked.schema.secret_outputs:
            if marks.get(name) is not None and not isinstance(marks[name], Secret):
                marks[name] = Secret(marks[name])
        return to_struct(_with_secrets(marks, {}, asked.schema))

    def _made(self, asked: Request, context: Any, given: Values, action: Callable[[], Any]) -> Any:
        """Run an action that may leave a resource behind that did not get ready.

        What came in secret, in `given`, stays secret in what the engine keeps of it.
        """
        outcome = self.run(context, lambda: _outcome(action))
        if isinstance(outcome, PartialFailure):
            details = pb.ErrorResourceInitFailed(
                id=outcome.resource_id,
                properties=self._state(asked, outcome.outputs, given),
                reasons=outcome.reasons,
                inputs=to_struct(_with_secrets(outcome.inputs, given, asked.schema)),
            )
            _abort_with(context, str(outcome), details)
        return outcome


def _outcome(action: Callable[[], Any]) -> Any:
    try:
        return action()
    except PartialFailure as failure:
        return failure


def _decoded(config: Values, schema: ResourceSchema) -> Values:
    """A provider's config; everything but texts travels as JSON in a text."""
    decoded: Values = {}
    for name, value in config.items():
        if name in _ENGINE_CONFIG or name.startswith("__"):
            continue
        property_ = schema.inputs.get(name)
        text = property_ is None or property_.type == Primitive("string")
        decoded[name] = value if text else _from_json(value)
    return decoded


def _from_json(value: Json) -> Json:
    if not isinstance(value, str):
        return value
    try:
        return cast("Json", json.loads(value))
    except ValueError:
        return value


def _with_secrets(values: Values, given: Values, schema: ResourceSchema) -> Values:
    marks = cast("Values", marked(values, given))
    for name, property_ in schema.inputs.items():
        value = marks.get(name)
        if property_.secret and value is not None and not isinstance(value, Secret):
            marks[name] = Secret(value)
    return marks


_KINDS = {
    ("add", False): pb.PropertyDiff.ADD,
    ("add", True): pb.PropertyDiff.ADD_REPLACE,
    ("delete", False): pb.PropertyDiff.DELETE,
    ("delete", True): pb.PropertyDiff.DELETE_REPLACE,
    ("update", False): pb.PropertyDiff.UPDATE,
    ("update", True): pb.PropertyDiff.UPDATE_REPLACE,
}


def _property_diff(difference: Difference) -> pb.PropertyDiff:
    return pb.PropertyDiff(kind=_KINDS[difference.kind, difference.replaces], inputDiff=True)


def _failures(problems: list[Problem]) -> list[pb.CheckFailure]:
    return [pb.CheckFailure(property=item.path, reason=item.reason) for item in problems]


def _answered(values: Values, problems: list[Problem]) -> pb.InvokeResponse:
    answer = pb.InvokeResponse()
    getattr(answer, "return").CopyFrom(to_struct(values))  # a word that Python keeps for itself
    answer.failures.extend(_failures(problems))
    return answer


class _Status(grpc.Status):
    """A call's end with details, as the engine reads them."""

    def __init__(self, message: str, details: pb.ErrorResourceInitFailed) -> None:
        packed = AnyMessage()
        packed.Pack(details)
        code = grpc.StatusCode.UNKNOWN
        status = status_pb2.Status(code=code.value[0], message=message, details=[packed])
        self.code = code
        self.details = message
        self.trailing_metadata = (("grpc-status-details-bin", status.SerializeToString()),)


def _abort_with(context: Any, message: str, details: pb.ErrorResourceInitFailed) -> None:
    context.abort_with_status(_Status(message, details))
