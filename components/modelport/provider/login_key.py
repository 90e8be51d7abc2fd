"""modelport:auth:LoginKey: an SSH public key whose private half nobody has."""

from base64 import b64encode

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from modelport.provider.drawn_key import DrawnKeyHandler, DrawnKeyInputs
from modelport.provider.handler import Outputs

_EXPONENT, _BITS = 65537, 3072


class LoginKeyHandler(DrawnKeyHandler):
    """For platforms that want a login with every machine: this one lets nobody in."""

    token = "modelport:auth:LoginKey"

    def draw(self) -> str:
        """The public half of a new RSA key, in OpenSSH's form; the private half is never kept."""
        public = generate_private_key(_EXPONENT, _BITS).public_key()
        return public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()

    def invented(self, inputs: DrawnKeyInputs) -> Outputs:
        """No key at all, in the form of one."""
        return {"value": f"ssh-rsa {b64encode(inputs.deployment.encode()).decode()} offline"}
