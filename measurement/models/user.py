"""Somebody who signs in. Names and emails live here and nowhere else."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower


class UserManager(BaseUserManager["User"]):
    """Creates users by email; they sign in with emailed codes, so there is no password."""

    def create_user(self, *, email: str, **fields: Any) -> "User":
        """Store a user without a usable password. The email is kept in lower case."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_unusable_password()
        user.save(using=self._db)
        return user


class Language(models.TextChoices):
    """A language of the participants' pages, by its own name."""

    ENGLISH = "en", "English"
    WELSH = "cy", "Cymraeg"


class User(AbstractBaseUser):
    """A person who can sign in; what they may do comes from their memberships."""

    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)
    language = models.CharField(
        max_length=2,
        choices=Language.choices,
        default=Language.ENGLISH,
        help_text="Of the pages and emails",
    )
    may_start_trials = models.BooleanField(
        default=False, help_text="May set up new trials, and leads those that they set up"
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="user_email_is_lower_case"
            ),
            models.CheckConstraint(
                condition=models.Q(language__in=Language.values), name="user_language_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"user {self.pk}"
