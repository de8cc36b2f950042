"""Reads a SAM template from standard input, writes what CloudFormation makes of it as JSON.

The transform is AWS's own (aws-sam-translator), run without an account. Parameters have
their defaults. A local CodeUri, which `sam deploy` would have uploaded, becomes the key of
an object in a bucket named "local". Exit status 3: there is no aws-sam-translator here.
"""

import json
import sys

try:
    from samtranslator.public.exceptions import InvalidDocumentException
    from samtranslator.translator.transform import transform
    from samtranslator.yaml_helper import yaml_parse
except ImportError:
    sys.exit(3)


class NoManagedPolicies:
    """Stands for the look-up of managed policies in IAM, which needs an account."""

    def load(self):
        return {}


template = yaml_parse(sys.stdin.read())
for resource in template["Resources"].values():
    properties = resource.get("Properties", {})
    if isinstance(properties.get("CodeUri"), str):
        properties["CodeUri"] = "s3://local/" + properties["CodeUri"]

try:
    json.dump(transform(template, {}, NoManagedPolicies(), passthrough_metadata=True), sys.stdout)
except InvalidDocumentException as e:
    sys.exit("\n".join([e.message] + [cause.message for cause in e.causes]))
