"""Kind `aws.ec2`: virtual machines of EC2 behind a load balancer."""
