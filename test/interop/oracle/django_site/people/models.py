"""A user model of the site's own: another table, and `handle` for the user name."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class Person(AbstractUser):
    username = None
    handle = models.CharField(max_length=150, unique=True)

    USERNAME_FIELD = "handle"
    REQUIRED_FIELDS = []
