"""Offline sessions on ordinary programs: nothing real is asked, touched or mixed in."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from modelport.engine import engine_environment
from modelport.home import Home

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi
import pulumi_aws as aws

config = pulumi.Config()
network = aws.ec2.Vpc("main", cidr_block="10.0.0.0/16", tags={"team": config.require("team")})
aws.ssm.Parameter("token", type="SecureString", value=config.require_secret("token"))
pulumi.export("network", network.id)
"""
STACK_FILE = """\
secretsprovider: awskms://alias/none?region=eu-west-1
encryptedkey: AQICAHh
config:
  aws:region: eu-west-1
  shop:team: cart
  shop:token:
    secure: v1:AAAA:BBBB
"""
_OWN = ("PULUMI_", "MODELPORT_", "BENTOML_", "AWS_", "GOOGLE_", "AZURE_", "ARM_", "KUBECONFIG")


class Shop:
    """An ordinary project in a git repository; no credentials are around."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.write("Pulumi.yaml", "name: shop\nruntime: python\nbackend: {url: s3://none}\n")
        self.write("Pulumi.dev.yaml", STACK_FILE)
        self.write("__main__.py", PROGRAM)
        self.write(".gitignore", ".modelport/\n__pycache__/\n")
        self.git("init", "-q")
        self.commit()
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(_OWN)}

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def git(self, *words: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
        ran = subprocess.run(
            ["git", *who, *words], cwd=self.folder, check=True, capture_output=True, text=True
        )
        return ran.stdout.strip()

    def commit(self) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "step")
        return self.git("rev-parse", "HEAD")

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        program = Path(sys.executable).with_name("modelport")
        return subprocess.run(
            [str(program), *words],
            cwd=self.folder,
            env=self.env | more,
            capture_output=True,
            text=True,
            check=False,
        )

    def recording(self) -> dict[str, Any]:
        return json.loads((self.folder / ".modelport" / "preview.json").read_text())

    def ops(self) -> dict[str, str]:
        """What would happen to each resource, unchanged ones left out."""
        steps = self.recording()["steps"]
        return {
            step["urn"].rsplit("::", 1)[-1]: step["op"] for step in steps if step["op"] != "same"
        }


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "shop")


def test_an_unmodified_program_without_an_account(shop: Shop) -> None:
    ran = shop.run("preview", "--offline")
    assert ran.returncode == 0, ran.stderr
    assert "not quotas, permissions" in ran.stderr
    assert "[secret]" in ran.stdout
    assert shop.ops() == {"main": "create", "token": "create"}
    up = shop.run("up", "--offline", "--json")
    assert json.loads(up.stdout)["changes"] == {"create": 3}
    assert json.loads(shop.run("up", "--offline", "--json").stdout)["changes"] == {}
    assert json.loads(shop.run("down", "--offline", "--json").stdout)["removed"] == 3
    assert shop.git("status", "--porcelain") == ""


def test_a_commit_as_the_base(shop: Shop) -> None:
    first = shop.git("rev-parse", "HEAD")
    shop.write("__main__.py", PROGRAM.replace("10.0.0.0/16", "10.1.0.0/16"))
    shop.commit()
    shop.write("Pulumi.dev.yaml", STACK_FILE.replace("cart", "till"))
    ran = shop.run("preview", "--offline", "--base", "HEAD")
    assert ran.returncode == 0, ran.stderr
    assert shop.ops() == {"main": "update"}
    ran = shop.run("preview", "--offline", "--base", first[:9])
    assert ran.returncode == 0, ran.stderr
    assert shop.ops() == {"main": "replace"}
    assert shop.recording()["header"]["base"] == f"commit {first[:7]}"
    assert shop.git("status", "--porcelain") == "M Pulumi.dev.yaml"


def test_a_base_that_is_not_there_is_said(shop: Shop) -> None:
    ran = shop.run("preview", "--offline", "--base", "origin/main")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "git knows no commit 'origin/main' here; fetch it first" in ran.stderr
    shop.write("Pulumi.new.yaml", STACK_FILE)
    assert shop.run("preview", "--offline", "--base", "HEAD", "-s", "new").returncode == 0
    assert shop.recording()["header"]["base"].endswith("has no Pulumi.new.yaml")
    assert set(shop.ops().values()) == {"create"}
    needs = shop.run("preview", "--base", "HEAD")
    assert "--base and --state compare offline; add --offline" in needs.stderr


def test_an_exported_state_as_the_base(shop: Shop) -> None:
    assert shop.run("up", "--offline").returncode == 0
    home = Home(shop.folder / ".modelport", shop.folder / ".modelport" / "offline")
    exported = subprocess.run(
        ["pulumi", "stack", "export", "--stack", "dev"],
        cwd=home.work / "work" / "dev",
        env=engine_environment(home),
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    shop.write(".modelport/prod.json", exported)
    ran = shop.run("preview", "--offline", "--state", ".modelport/prod.json")
    assert ran.returncode == 0, ran.stderr
    assert shop.ops() == {}
    shop.write("__main__.py", PROGRAM.replace("cidr_block", "enable_dns_support=True, cidr_block"))
    assert shop.run("preview", "--offline", "--state", ".modelport/prod.json").returncode == 0
    assert shop.ops() == {"main": "update"}
    assert shop.recording()["header"]["base"] == "state file prod.json"


def test_offline_resources_never_reach_another_backend(shop: Shop, tmp_path: Path) -> None:
    assert shop.run("preview", "--offline").returncode == 0
    root = shop.folder / ".modelport"
    home = Home(root, root / "offline")
    real = tmp_path / "real"
    real.mkdir()
    wrong = engine_environment(home) | {
        "PULUMI_BACKEND_URL": f"file://{real}",
        "PULUMI_CONFIG_PASSPHRASE": "real",
    }
    shop.write("Pulumi.real.yaml", "config: {aws:region: eu-west-1, shop:team: a, shop:token: b}\n")
    ran = subprocess.run(
        ["pulumi", "--non-interactive", "up", "--yes", "--stack", "organization/shop/real"],
        cwd=shop.folder,
        env=wrong,
        capture_output=True,
        text=True,
        check=False,
    )
    if "no stack named" in ran.stdout + ran.stderr:
        for words in (("stack", "init", "real"), ("up", "--yes", "--stack", "real")):
            ran = subprocess.run(
                ["pulumi", "--non-interactive", *words],
                cwd=shop.folder,
                env=wrong,
                capture_output=True,
                text=True,
                check=False,
            )
    assert ran.returncode != 0
    assert "offline resources go to" in ran.stdout + ran.stderr
    backed = f"file://{home.state}"
    mixed = shop.run("preview", PULUMI_BACKEND_URL=backed, PULUMI_CONFIG_PASSPHRASE="")
    assert mixed.returncode != 0


def test_a_real_plugin_on_the_path_is_not_taken(shop: Shop, tmp_path: Path) -> None:
    plugin = tmp_path / "bin" / "pulumi-resource-aws"
    plugin.parent.mkdir()
    plugin.write_text("#!/bin/sh\necho 'a real plugin was started' >&2\nexit 1\n")
    plugin.chmod(0o755)
    path = f"{plugin.parent}{os.pathsep}{shop.env['PATH']}"
    ran = shop.run("preview", "--offline", PATH=path)
    assert ran.returncode == 0, ran.stderr
    assert "a real plugin" not in ran.stderr


def test_mistakes_are_refused_with_path_and_right_name(shop: Shop) -> None:
    nested = (
        'aws.lambda_.Function("f", role="arn", vpc_config='
        '{"subnet_idz": [], "security_group_ids": []})\n'
    )
    shop.write("__main__.py", PROGRAM + nested)
    ran = shop.run("preview", "--offline")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert (
        "error: aws:lambda/function:Function 'f': vpcConfig.subnet_idz: no such property; "
        "did you mean 'subnet_ids' (subnetIds)?"
    ) in ran.stderr.splitlines()


def test_plain_pulumi_does_the_same_after_activation(shop: Shop) -> None:
    program = "python -m modelport.engine env"
    shop.write("Pulumi.dev.yaml", "config: {aws:region: eu-west-1, shop:team: a, shop:token: b}\n")
    script = (
        f'eval "$({Path(sys.executable).parent}/{program})"; '
        "pulumi stack init dev && pulumi preview -s dev --non-interactive"
    )
    ran = subprocess.run(
        ["bash", "-c", script],
        cwd=shop.folder,
        env=shop.env | {"MODELPORT_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "aws:ec2:Vpc" in ran.stdout
