"""modelport:live:Verification: proof that a live service is the one that was asked for."""

from typing import Annotated

from pydantic import Field

from modelport.errors import ServiceError
from modelport.live import Caller, Expected, LiveService, prove, service_of
from modelport.live.proof import difference
from modelport.provider.built import built
from modelport.provider.handler import Context, Handler, Outputs
from modelport.provider.live_revision import LiveInputs
from modelport.provider.releases import released
from modelport.verify import NOT_VERIFIED
from modelport_serving.oidc import Oidc


class VerificationInputs(LiveInputs):
    """Inputs of a verification."""

    bundle: str
    """Bundle name."""
    version: str
    """Bundle version: 16 hex digits."""
    revision: str = ""
    """Revision that must take all traffic; empty where the platform has none."""
    digest: str | None = None
    """Digest of the image that must serve, `sha256:…`; none: not compared."""
    replicas_min: Annotated[int, Field(ge=0)] | None = None
    """Instances that must run; none: not counted."""
    fingerprint: str
    """Changes whenever the deployment's plan does, so that it is verified again."""
    api_key: str | None = None
    """Key that callers send; none where the platform authenticates."""
    oidc: Oidc | None = None
    """Which tokens callers send; none where they send none."""
    timeout: Annotated[float, Field(gt=0)] = 1800
    """Seconds in which the service must be ready and answer."""

    @property
    def expected(self) -> Expected:
        """What the platform must say."""
        return Expected(self.revision, self.digest, self.replicas_min)


class VerificationHandler(Handler[VerificationInputs]):
    """The last resource of a deployment: without its proof the update has failed."""

    token = "modelport:live:Verification"
    inputs = VerificationInputs
    secret = frozenset({"api_key"})

    def create(self, context: Context, inputs: VerificationInputs) -> tuple[str, Outputs]:
        """Prove it."""
        return self.offline_id(inputs), _proved(context, inputs, [])

    def read(
        self, context: Context, resource_id: str, inputs: VerificationInputs, outputs: Outputs
    ) -> Outputs | None:
        """The proof, or why it no longer holds; what was live is remembered in any case."""
        del context, resource_id
        why = _no_longer(service_of(inputs.kind)(inputs.names), inputs)
        return {**outputs, "verified": f"no longer: {why}"} if why else outputs

    def update(
        self,
        context: Context,
        resource_id: str,
        old: VerificationInputs,
        new: VerificationInputs,
        outputs: Outputs,
    ) -> Outputs:
        """Prove it again."""
        del resource_id, old
        return _proved(context, new, list(outputs.get("releases", [])))

    def delete(self, context: Context, resource_id: str, inputs: VerificationInputs) -> None:
        """Nothing was made."""

    def invented(self, inputs: VerificationInputs) -> Outputs:
        """Nothing was proved, and nothing was live."""
        del inputs
        return {"verified": NOT_VERIFIED, "releases": []}

    def offline_id(self, inputs: VerificationInputs) -> str:
        """As a real one."""
        return f"{inputs.place}/verification"

    def drift(
        self, context: Context, resource_id: str, inputs: VerificationInputs, outputs: Outputs
    ) -> frozenset[str]:
        """`verified` when the service is another one; one that cannot be read is left alone."""
        del resource_id, outputs
        try:
            why = _no_longer(service_of(inputs.kind)(inputs.names), inputs)
        except ServiceError as error:
            context.status(f"not read: {error}")
            return frozenset()
        return frozenset({"verified"}) if why else frozenset()


def _proved(
    context: Context, inputs: VerificationInputs, releases: list[dict[str, str]]
) -> Outputs:
    record, golden, _ = built(context.home, inputs.bundle, inputs.version)
    verified = prove(
        service_of(inputs.kind)(inputs.names),
        inputs.expected,
        record,
        golden,
        Caller(inputs.api_key, inputs.oidc),
        timeout=inputs.timeout,
        status=context.status,
    )
    return {"verified": verified, "releases": released(releases, inputs.version)}


def _no_longer(service: LiveService, inputs: VerificationInputs) -> str:
    """Why the proof does not hold any more; empty when it does or while the service changes."""
    found = service.read()
    if found.state == "changing":
        return ""
    if found.state != "ready":
        return f"{service.title} is {found.state}" + (f": {found.detail}" if found.detail else "")
    return difference(service, found, inputs.expected)
