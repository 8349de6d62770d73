"""Lets scim2-tester try the server at SCIM_URL and writes a line of JSON for each check."""

import json
import os

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import check_server

headers = {"Authorization": "Bearer " + os.environ["SCIM_TOKEN"]}
with Client(base_url=os.environ["SCIM_URL"], headers=headers, timeout=20) as client:
    for result in check_server(SyncSCIMClient(client)):
        check = {
            "status": result.status.name,
            "title": result.title,
            "of": result.resource_type,
            "reason": result.reason,
        }
        print(json.dumps(check))
