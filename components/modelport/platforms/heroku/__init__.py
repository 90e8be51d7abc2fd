"""Kind `heroku`: an app on Heroku."""
