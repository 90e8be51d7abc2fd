"""The resources of kind `heroku`: an app, its config vars, and the release of an image."""

import pulumi

from modelport.platforms.container import caller_key, container_variables
from modelport.platforms.endpoint import Endpoint
from modelport.platforms.heroku.plan import HerokuPlan
from modelport.platforms.proving import prove
from modelport.resources.heroku import App, ConfigVars, Release
from modelport.resources.image import Image

_START_SECONDS = 300


def build(plan: HerokuPlan, *, parent: pulumi.Resource) -> Endpoint:
    """Declare everything; a release that fails goes back to the one before."""
    opts = pulumi.ResourceOptions(parent=parent)
    key = caller_key(plan, opts)
    app = App(
        f"{plan.name}-app",
        name=plan.physical_name,
        region=plan.region,
        deployment=f"{plan.stack}/{plan.name}",
        team=plan.team,
        opts=opts,
    )
    image = Image(
        f"{plan.name}-image",
        bundle=plan.bundle,
        version=plan.version,
        repository=app.repository,
        registry="heroku",
        opts=opts,
    )
    variables = ConfigVars(
        f"{plan.name}-config",
        app=app.app_id,
        values=container_variables(plan, key),
        start_timeout=_START_SECONDS,
        opts=opts,
    )
    after = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[variables]))
    release = Release(
        f"{plan.name}-release",
        app=app.app_id,
        image=image.image_id,
        version=plan.version,
        quantity=plan.dynos,
        size=plan.dyno,
        start_timeout=_START_SECONDS,
        opts=after,
    )
    url = app.web_url.apply(lambda address: address.rstrip("/"))
    return prove(
        plan,
        names={"app": app.app_id, "url": url, "image": image.image_id, "revision": plan.revision},
        url=url,
        log=f"heroku logs --tail -a {plan.physical_name}",
        key=key.value,
        replicas_min=plan.dynos,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[release])),
    )
