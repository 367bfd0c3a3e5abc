"""What Django's cache keeps, as JSON."""

import json


class JSONSerializer:
    def dumps(self, value):
        return json.dumps(value, separators=(",", ":")).encode()

    def loads(self, data):
        return json.loads(data)


class UTF8Serializer:
    """Session data as a site with `ensure_ascii=False` or orjson writes it."""

    def dumps(self, value):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

    def loads(self, data):
        return json.loads(data.decode())
