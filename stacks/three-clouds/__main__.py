"""The same model on three clouds; Pulumi.dev.yaml says all that differs."""

from modelport.stack import deploy

deploy()
