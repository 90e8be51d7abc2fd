"""The program behind `Pulumi.<stack>.yaml`: every deployment that the stack file declares."""

from modelport.stack import deploy

deploy()
