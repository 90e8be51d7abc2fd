"""The live service of kind `azure.web_app`."""

from typing import ClassVar

from modelport.platforms.azure.slots import SlotService


class Service(SlotService):
    """A web app."""

    kind: ClassVar[str] = "azure.web_app"
