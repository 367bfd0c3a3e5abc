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


class Latin1Serializer:
    """Session data as a site writes it that only adds `ensure_ascii=False` to Django's own serializer."""

    def dumps(self, value):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("latin-1")

    def loads(self, data):
        return json.loads(data.decode("latin-1"))


class IndentedSerializer(UTF8Serializer):
    """Session data with white space, as a site with orjson's `OPT_INDENT_2` writes it."""

    def dumps(self, value):
        return json.dumps(value, ensure_ascii=False, indent=2).encode()
