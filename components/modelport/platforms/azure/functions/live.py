"""The live service of kind `azure.functions`."""

from typing import ClassVar

from modelport.platforms.azure.slots import SlotService


class Service(SlotService):
    """A function app; its host passes requests on to the container's handler."""

    kind: ClassVar[str] = "azure.functions"
    route = "/api/predict"
