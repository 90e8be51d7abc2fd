"""AppService: a bundle on a platform for web applications."""

from modelport.endpoint_component import EndpointComponent


class AppService(EndpointComponent):
    """An application of a platform.

    Kinds `aws.beanstalk`, `aws.ecs`, `gcp.app_engine`, `azure.web_app`, `heroku`.
    """

    TYPE = "modelport:index:AppService"
