"""Kind `azure.ml`: an online endpoint of Azure Machine Learning."""
