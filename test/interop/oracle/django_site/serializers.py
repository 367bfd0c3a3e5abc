"""What Django's cache keeps, as JSON."""

import json


class JSONSerializer:
    def dumps(self, value):
        return json.dumps(value, separators=(",", ":")).encode()

    def loads(self, data):
        return json.loads(data)
