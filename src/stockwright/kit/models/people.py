"""Who works here, what they said, and what they were told."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone


class PersonManager(BaseUserManager["Person"]):
    """Makes people; e-mail addresses are compared without regard to case."""

    def create_user(self, email: str, password: str | None = None, **columns: object) -> Person:
        """A person who can sign in (without a password: only after setting one)."""
        person = self.model(email=self.normalize_email(email).lower(), **columns)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, username: str | None) -> Person:
        """By e-mail, in any case."""
        return self.get(email=(username or "").lower())


class Person(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in; what they may do follows from their roles (kit.people.roles)."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    # Codes of kit.people.roles.Role.
    roles = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    is_active = models.BooleanField(default=True)
    # Django's admin asks for it; everybody who may sign in may see the shell.
    is_staff = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now)
    preferences = models.JSONField(default=dict, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = PersonManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="person_email_any_case")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """The name that pages show."""
        return str(self)

    def get_short_name(self) -> str:
        """The first name."""
        return str(self).split(" ")[0]


class ApiKey(models.Model):
    """A program's way in: only the hash is kept; scopes are action and query patterns."""

    name = models.CharField(max_length=100)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="api_keys")
    # The first characters, shown so that people can tell their keys apart.
    prefix = models.CharField(max_length=12, unique=True)
    # SHA-256 of the whole key, which is random enough to need no slow hash.
    digest = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=80), default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class Comment(models.Model):
    """What somebody wrote on a record."""

    # Like JournalObject: any record, by type and key, without a foreign key. A key is a number, or an action call's UUID.
    type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=36)
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    text = models.TextField()
    mentions = models.ManyToManyField(Person, related_name="mentioned_in")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["type", "object_id", "id"], name="comment_on_record")]

    def __str__(self) -> str:
        return self.text[:60]


class Notification(models.Model):
    """Something a person should notice, until they have read it."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="notifications")
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["person", "read_at", "-created_at"], name="notification_unread")]

    def __str__(self) -> str:
        return self.text


class SavedView(models.Model):
    """A list's filters, order and columns under a name."""

    page = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="saved_views")
    shared = models.BooleanField(default=False)
    query = models.CharField(max_length=2000)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "page", "name"], name="view_name_once")]

    def __str__(self) -> str:
        return self.name
