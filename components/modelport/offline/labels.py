"""Labels: tags and labels that a provider adds to those of the program."""

from collections.abc import Mapping

from modelport.offline.place import entries
from modelport.provider.wire import UNKNOWN, Json
from modelport.sdk.types import ResourceSchema

ATTRIBUTION = {"goog-pulumi-provisioned": "true"}
"""Label that the gcp provider adds unless `addPulumiAttributionLabel` is false."""


def merged_labels(
    schema: ResourceSchema, inputs: Mapping[str, Json], config: Mapping[str, Json]
) -> dict[str, Json]:
    """Outputs that merge the program's own with the provider's; real ones are known early, too."""
    if schema.token.startswith("aws:") and "tagsAll" in schema.outputs:
        usual = entries(config.get("defaultTags")).get("tags")
        return {"tagsAll": _merged(usual, inputs.get("tags"))}
    if schema.token.startswith("gcp:") and "effectiveLabels" in schema.outputs:
        own = _merged(config.get("defaultLabels"), inputs.get("labels"))
        attributed = config.get("addPulumiAttributionLabel", True) is not False
        more: Json = _merged(ATTRIBUTION, own) if attributed else own
        return {"pulumiLabels": own, "effectiveLabels": more}
    return {}


def _merged(usual: Json, own: Json) -> Json:
    """Both, where one key is in both the program's own; unknown when one of them is."""
    if UNKNOWN in (usual, own):
        return UNKNOWN
    return {**entries(usual), **entries(own)}
