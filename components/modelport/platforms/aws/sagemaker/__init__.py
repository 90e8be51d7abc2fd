"""Kind `aws.sagemaker`: a real-time endpoint of Amazon SageMaker AI."""
