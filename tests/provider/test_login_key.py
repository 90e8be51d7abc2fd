"""modelport:auth:LoginKey: an RSA key as Azure takes it, another one each time."""

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from modelport.provider.login_key import LoginKeyHandler


def test_a_login_key_is_new_and_long_enough() -> None:
    handler = LoginKeyHandler()
    first, second = handler.draw(), handler.draw()
    assert first != second
    key = load_ssh_public_key(first.encode())
    assert isinstance(key, RSAPublicKey)
    assert key.key_size >= 2048  # the least that Azure takes
    assert first.startswith("ssh-rsa ")
    assert handler.secret == frozenset()


def test_offline_it_is_no_key() -> None:
    handler = LoginKeyHandler()
    value = handler.invented(handler.inputs(deployment="cancer"))["value"]
    assert value.startswith("ssh-rsa ")
    assert value.endswith(" offline")
