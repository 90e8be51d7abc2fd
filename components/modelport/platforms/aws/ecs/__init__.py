"""Kind `aws.ecs`: a service of Amazon ECS on Fargate behind a load balancer."""
