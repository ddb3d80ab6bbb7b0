"""The data map of a platform with a table, a bucket and a vault; BUCKET and ENDPOINT stand for what a test has."""

MAP = """
holder_id = "platform"
name = "Platform"
unreached = [{ what = "nightly backups", stays_days = 35 }]

[databases.crm]
url_env = "CRM_URL"

[vaults.main]
url_env = "CRM_URL"

[stores.media]
bucket = "BUCKET"
endpoint = "ENDPOINT"
access_key_env = "MEDIA_ACCESS_KEY"
secret_key_env = "MEDIA_SECRET_KEY"

[[categories.call_fax_logs]]
kind = "table"
database = "crm"
table = "crm.call"
client_column = "client_id"
time_column = "started_at"
key = ["call_id"]

[[categories.call_recordings]]
kind = "objects"
store = "media"
prefix = "recordings/{client}/"
method = "purge"

[[categories.transcriptions]]
kind = "key"
vault = "main"
"""
