"""Cloud: typed doors to the clouds' own APIs, for what is read back, moved or made by us.

credentials.py   whether there are any
aws.py           clients of boto3
google.py        Google's REST APIs
azure.py         Azure's REST APIs
heroku.py        Heroku's Platform API
"""
