"""Kind `azure.web_app`: a container in Azure App Service."""
