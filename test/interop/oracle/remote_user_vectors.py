"""
Sends requests to a Django behind a proxy that names the user in a header, and writes down the results:
test/vectors/remote_user.json.

    PYTHONPATH=<a Django> python3 test/interop/oracle/remote_user_vectors.py > test/vectors/remote_user.json
"""

import json
import sys

import django
from django.conf import settings

REMOTE = "django.contrib.auth.backends.RemoteUserBackend"
MODEL = "django.contrib.auth.backends.ModelBackend"
ALLOW_ALL = "django.contrib.auth.backends.AllowAllUsersRemoteUserBackend"

settings.configure(
    SECRET_KEY="s",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"],
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
)
django.setup()

from django.contrib import auth
from django.contrib.auth import get_user_model, signals
from django.contrib.auth.backends import RemoteUserBackend
from django.core.management import call_command
from django.http import JsonResponse
from django.test import Client, override_settings
from django.urls import path


class NoCreation(RemoteUserBackend):
    create_unknown_user = False


class Cleaning(RemoteUserBackend):
    def clean_username(self, username):
        return username.split("@")[0]


def who(request):
    return JsonResponse({"user": request.user.get_username() or None})


def password_login(request):
    user = auth.authenticate(request, username=request.GET["as"], password=request.GET["as"] + "'s")
    if user is not None:
        auth.login(request, user)
    return who(request)


urlpatterns = [path("", who), path("login/", password_login)]

announced = []
signals.user_logged_in.connect(lambda user, **_: announced.append(["user_logged_in", user.username]), weak=False)
signals.user_logged_out.connect(
    lambda user, **_: announced.append(["user_logged_out", user and user.username]), weak=False
)
signals.user_login_failed.connect(
    lambda credentials, **_: announced.append(["user_login_failed", list(credentials.values())]), weak=False
)

# Each step is the header (None: absent) and, when a user logs in with a password, that user.
SCENARIOS = [
    ("no user named", {}, [[None], [None]]),
    ("named, and again", {}, [["alice"], ["alice"], ["alice"]]),
    ("named, then not", {}, [["alice"], [None], ["alice"]]),
    ("named, then not, persistent", {"persistent": True}, [["alice"], [None], [None]]),
    ("named, then another user", {}, [["alice"], ["bob"]]),
    ("named, then another user, persistent", {"persistent": True}, [["alice"], ["bob"], [None]]),
    ("named, then empty", {}, [["alice"], [""]]),
    ("named, then empty, persistent", {"persistent": True}, [["alice"], [""]]),
    ("empty", {}, [[""]]),
    ("unknown is created", {}, [["carol"], ["carol"]]),
    ("unknown is not created", {"remote": "NoCreation"}, [["carol"], ["alice"], ["carol"]]),
    ("inactive", {}, [["idle"], ["alice"], ["idle"]]),
    ("inactive, all allowed", {"remote": "AllowAll"}, [["idle"], ["idle"]]),
    ("case counts", {}, [["alice"], ["Alice"]]),
    ("cleaned", {"remote": "Cleaning"}, [["alice@EXAMPLE"], ["alice"], ["alice@OTHER"], ["bob@EXAMPLE"]]),
    ("logged in here, not named", {}, [[None, "alice"], [None]]),
    ("logged in here, the same named", {}, [[None, "alice"], ["alice"], [None]]),
    ("logged in here, another named", {}, [[None, "alice"], ["bob"], [None]]),
    ("logged in here, an unknown one named", {"remote": "NoCreation"}, [[None, "alice"], ["carol"], [None]]),
    ("logged in here, empty", {}, [[None, "alice"], [""]]),
    ("logged in here, the same named uncleaned", {"remote": "Cleaning"}, [[None, "alice"], ["alice@EXAMPLE"], [None]]),
    ("named, and logs in here", {}, [["alice", "bob"], ["alice"]]),
    ("no password is a way in", {}, [["carol"], [None], [None, "carol"]]),
]

PATHS = {
    "Stock": REMOTE,
    "AllowAll": ALLOW_ALL,
    "NoCreation": __name__ + ".NoCreation",
    "Cleaning": __name__ + ".Cleaning",
}
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]


def walk(options, steps):
    User = get_user_model()
    User.objects.all().delete()
    for name in ["alice", "bob"]:
        User.objects.create_user(name, password=name + "'s")
    User.objects.create_user("idle", password="idle's", is_active=False)
    remote = options.get("remote", "Stock")
    persistent = "Persistent" if options.get("persistent") else ""
    client, before, walked = Client(), None, []
    with override_settings(
        AUTHENTICATION_BACKENDS=[PATHS[remote], MODEL],
        MIDDLEWARE=MIDDLEWARE + ["django.contrib.auth.middleware.%sRemoteUserMiddleware" % persistent],
    ):
        for header, *login in steps:
            announced.clear()
            meta = {} if header is None else {"REMOTE_USER": header}
            target = "/login/?as=" + login[0] if login else "/"
            user = client.get(target, **meta).json()["user"]
            key = client.cookies["sessionid"].value if "sessionid" in client.cookies else ""
            # Without a session key the test client would create a session of its own.
            backend = client.session.get("_auth_user_backend") if key else None
            walked.append({
                "header": header,
                "login": login[0] if login else None,
                "user": user,
                "backend": {PATHS[remote]: "remote", MODEL: "model", None: None}[backend],
                "key": "none" if key == "" else "same" if key == before else "new",
                "announced": list(announced),
            })
            before = key
    return {"remote": remote, "persistent": bool(persistent), "steps": walked,
            "users": sorted(User.objects.values_list("username", flat=True)),
            "passwords": dict(User.objects.filter(username="carol").values_list("username", "password"))}


if __name__ == "__main__":
    sys.modules["remote_user_vectors"] = sys.modules["__main__"]
    call_command("migrate", verbosity=0)
    data = [{"label": label, **walk(options, steps)} for label, options, steps in SCENARIOS]
    version = "django-%s/python-%s" % (django.get_version(), sys.version.split()[0])
    print(json.dumps({"from": version, "data": data}, indent=1))
