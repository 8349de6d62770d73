"""Judges events on the standard input, one a line, by the schema of OCSF_VERSION; writes a line of JSON for each fault.

The schema is the export of schema.ocsf.io that comes with ocsf-json-schema. Beside it: that names are those of the numbers.
"""

import json
import os
import sys

from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

published = get_ocsf_schema(version=os.environ["OCSF_VERSION"])
schemas = OcsfJsonSchemaEmbedded(published)
validators = {}


def validator_of(name):
    if name not in validators:
        schema = schemas.get_class_schema(class_name=name, profiles=[])
        Draft202012Validator.check_schema(schema)
        validators[name] = Draft202012Validator(schema)
    return validators[name]


def faults_of(event):
    name = schemas.lookup_class_name_from_uid(event["class_uid"])
    for error in validator_of(name).iter_errors(event):
        yield f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
    published_class = published["classes"][name]
    captions = {"class_name": published_class["caption"], "category_name": published_class["category_name"]}
    for number, text in (
        ("activity_id", "activity_name"),
        ("type_uid", "type_name"),
        ("severity_id", "severity"),
        ("status_id", "status"),
    ):
        value = published_class["attributes"][number]["enum"].get(str(event[number]), {})
        if number != "activity_id" or event[number] != 99:
            captions[text] = value.get("caption")
    for text, caption in captions.items():
        if event[text] != caption:
            yield f"{text}: {event[text]!r} is called {caption!r} there"


for number, line in enumerate(sys.stdin):
    for fault in faults_of(json.loads(line)):
        print(json.dumps({"line": number, "fault": fault[:500]}))
print(json.dumps({"judged": number + 1}))
