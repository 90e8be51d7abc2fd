"""Kind `aws.beanstalk`: an environment of Elastic Beanstalk."""
