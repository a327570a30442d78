"""People and schools."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

from auditlog.registry import auditlog
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from huleedu.accounts.notices import NoticeKind, by_email, on_the_page
from huleedu.common.models import PublicModel


class School(PublicModel):
    """Whose teachers these are. Retention and sharing rules will grow on it."""

    name = models.CharField(_("name"), max_length=200)

    class Meta:
        verbose_name = _("school")
        verbose_name_plural = _("schools")
        ordering = ["name"]
        # In capitals, as the database compares when case does not count (`iexact`).
        constraints = [models.UniqueConstraint(Upper("name"), name="one_school_per_name")]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Makes users by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user who signs in by `email`; without a password none works until one is set."""
        user = self.model(email=self.normalize_email(email).strip(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A support person who may do everything in the admin."""
        return self.create_user(email, password, role=User.Role.SUPPORT, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """Sign-in ignores the case of the address."""
        return self.get(email__iexact=(username or "").strip())


class User(AbstractBaseUser, PermissionsMixin):
    """A teacher or a support person. Signs in by e-mail address; known outside by `public_id`."""

    class Role(models.TextChoices):
        """What a person is here for. Support staff reach `/support/` and no teacher's pages of others."""

        TEACHER = "teacher", _("teacher")
        SUPPORT = "support", _("support")

    class Theme(models.TextChoices):
        """Which colours the pages take."""

        SYSTEM = "system", _("as the device")
        LIGHT = "light", _("light")
        DARK = "dark", _("dark")

    class Density(models.TextChoices):
        """How high the rows of tables are."""

        COMPACT = "compact", _("compact")
        ROOMY = "roomy", _("roomy")

    class Shortcuts(models.TextChoices):
        """Whether letter keys do something in match review: alone, together with Alt, or not at all."""

        ON = "on", _("on")
        ALT = "alt", _("with Alt")
        OFF = "off", _("off")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail address"), max_length=254)
    display_name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES, default="sv")
    theme = models.CharField(_("theme"), max_length=6, choices=Theme, default=Theme.SYSTEM)
    density = models.CharField(_("rows of tables"), max_length=7, choices=Density, default=Density.COMPACT)
    shortcuts = models.CharField(_("keyboard shortcuts"), max_length=3, choices=Shortcuts, default=Shortcuts.ON)
    go_on = models.BooleanField(_("go on by itself"), default=True)
    """Whether match review opens the next undecided text after a decision."""
    activity_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    """What happened after this is unread, but for what was read notice by notice (`NoticeRead`)."""
    page_notices = ArrayField(models.CharField(max_length=9, choices=NoticeKind), default=on_the_page, blank=True)
    """Kinds that are shown as unread until they are read."""
    email_notices = ArrayField(models.CharField(max_length=9, choices=NoticeKind), default=by_email, blank=True)
    """Kinds that come by e-mail too, unless they have been read by then."""
    letters_from = models.DateTimeField(default=timezone.now, editable=False)
    """Letters tell of what happened after this: a kind that is turned on brings none about the past."""
    letters_seq = models.BigIntegerField(default=0, editable=False)
    """The last event told to the person (`DeliveryCursor`) when letters were written."""
    letters_again_at = models.DateTimeField(null=True, editable=False)
    """When the first letter that was held back then is due; None for none."""
    school = models.ForeignKey(School, models.PROTECT, null=True, blank=True, related_name="users")
    role = models.CharField(_("role"), max_length=7, choices=Role, default=Role.TEACHER)
    is_active = models.BooleanField(_("may sign in"), default=True)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)
    new_email = models.EmailField(max_length=254, blank=True, default="", editable=False)
    """The address asked for and not yet confirmed by the link sent to it; empty for none."""
    session_generation = models.PositiveIntegerField(default=0, editable=False)
    """Counts the times everything was signed out at once: sessions of an earlier generation no longer hold."""

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [models.UniqueConstraint(Lower("email"), name="one_user_per_email")]
        # `iexact`, by which people sign in and are found, compares in capitals.
        indexes = [models.Index(Upper("email"), name="user_email_upper")]

    def __str__(self) -> str:
        return f"user {self.public_id}"

    @property
    def is_staff(self) -> bool:
        """Django admin asks this: support staff only."""
        return self.role == self.Role.SUPPORT

    def get_session_auth_hash(self) -> str:
        """What a session must match: the password (Django's part) and the generation."""
        return f"{super().get_session_auth_hash()}{self.session_generation}"

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same under earlier secret keys."""
        for value in super().get_session_auth_fallback_hash():
            yield f"{value}{self.session_generation}"

    @property
    def name(self) -> str:
        """What colleagues see: the name, or the part of the address before the @."""
        return self.display_name or self.email.split("@", 1)[0]

    def get_full_name(self) -> str:
        """Django's templates ask for it."""
        return self.name

    def get_short_name(self) -> str:
        """Django's templates ask for it."""
        return self.name

    @property
    def initials(self) -> str:
        """One or two letters for the account button."""
        words = [word for word in self.name.replace(".", " ").split() if word]
        return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words[:1])).upper()


class TokenFamily(models.Model):
    """One sign-in through the API: all refresh tokens that follow from it.

    Only the newest refresh token of a family works. Using an older one means that somebody else has it: the whole
    family is revoked.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="token_families")
    current_jti = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"token family {self.pk}"


class BrowserSignIn(models.Model):
    """A session of the pages, so that a person sees where they are signed in. Goes with the session."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    session = models.OneToOneField(Session, models.CASCADE, related_name="+")
    device = models.CharField(max_length=40, blank=True)
    """Kind of browser and of device, as in `Firefox, Windows`."""
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"sign-in {self.pk}"


class SocketTicket(models.Model):
    """A one-time pass for a WebSocket that has no session cookie. Only its hash is kept; it lives 30 seconds."""

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    session = models.CharField(max_length=32, blank=True)
    """The sign-in that it was made in, browser or program, as `session_tag` has it."""
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"socket ticket {self.pk}"


class NoticeRead(models.Model):
    """That a person has read one notice, as far as it went then. More of the same later is unread again."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    notice = models.UUIDField()
    """The id that `batches.activity` gives the notice."""
    read_to = models.DateTimeField(db_index=True)
    """The moment of the last thing in it."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "notice"], name="notice_is_read_once")]

    def __str__(self) -> str:
        return f"notice {self.notice} read by user {self.user_id}"


class Letter(models.Model):
    """A notice that goes to a person by e-mail. Holds no words: they are found when it is sent."""

    class Outcome(models.TextChoices):
        """`gone`: there was nothing to tell any more. `given_up`: the mail server was away for too long."""

        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        GONE = "gone", _("nothing to tell any more")
        GIVEN_UP = "given_up", _("given up")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=9, choices=NoticeKind)
    about = models.UUIDField()
    """The `public_id` of the batch or class."""
    told_to = models.DateTimeField()
    """The moment of the last thing that it tells of."""
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.WAITING)
    try_at = models.DateTimeField(default=timezone.now)
    """When it is sent, or tried again."""
    tries = models.PositiveSmallIntegerField(default=0)
    taken_at = models.DateTimeField(null=True)
    """When a worker began to hand it over. A worker that dies then may have done so: it is not sent again."""

    class Meta:
        indexes = [
            models.Index(fields=["try_at"], condition=Q(outcome="waiting", taken_at=None), name="letter_to_send")
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "about", "told_to"], name="letter_is_written_once")
        ]

    def __str__(self) -> str:
        return f"letter {self.pk}"


auditlog.register(School, exclude_fields=["created_at", "updated_at"])
auditlog.register(
    User,
    mask_fields=["email", "new_email", "display_name"],
    exclude_fields=["password", "last_login", "activity_seen_at", "letters_from", "letters_seq", "letters_again_at"],
)
