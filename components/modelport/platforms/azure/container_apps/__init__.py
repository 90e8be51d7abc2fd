"""Kind `azure.container_apps`: an app of Azure Container Apps."""
