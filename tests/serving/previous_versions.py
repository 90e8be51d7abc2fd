"""Records of bundles that carry a previous version."""

from modelport_serving.record import BundleRecord, Previous

OLD = "0dd0000000000000"


def carrying(made: BundleRecord, version: str = OLD, sha256: str = "0" * 64) -> BundleRecord:
    lineage = made.lineage.model_copy(
        update={"previous": Previous(version=version, model_sha256=sha256)}
    )
    return made.model_copy(update={"lineage": lineage})
