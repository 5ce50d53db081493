"""Projects, their people, shots, and the prompt versions that the loop writes."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef
from django.db.models.functions import Lower

from reviewapp.models.accounts import User


class Role(models.TextChoices):
    REVIEWER = "reviewer", "Reviewer"
    PRODUCER = "producer", "Producer"


class RetakePolicy(models.TextChoices):
    EACH_REJECTION = "each", "Each rejection sends its retake"
    WHOLE_ROUND = "round", "The retake waits for the whole round's verdicts"


class Routing(models.TextChoices):
    """How the model of a clip is chosen. `CHOSEN` is the model that a person named."""

    CHOSEN = "chosen", "The chosen model"
    CHEAPEST = "cheapest", "The cheapest"
    CHEAPEST_4K = "cheapest_4k", "The cheapest in 4K"
    BEST_PHYSICS = "best_physics", "The best physics"
    BEST_CHARACTER = "best_character_consistency", "The steadiest characters"
    FASTEST = "fastest", "The fastest"
    SPREAD = "spread", "Spread over several"
    BEST_APPROVED = "best_approved", "The most approved per dollar here"


class BudgetMode(models.TextChoices):
    OBSERVE = "observe", "Observe: only show it"
    WARN = "warn", "Warn: ask before going over"
    CAP = "cap", "Cap: never go over"


class BudgetScope(models.TextChoices):
    """What a budget limits. A day is one of UTC, and a call belongs to the day on which it was sent."""

    PROJECT = "project", "the project's budget"
    DAY = "day", "the project's budget of the day"
    SHOT = "shot", "the shot's budget"
    KEY = "key", "the key's budget"
    KEY_DAY = "key_day", "the key's budget of the day"


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: User) -> ProjectQuerySet:
        """The projects a person may see: their own, or all for the site's admins."""
        if user.is_site_admin:
            return self
        return self.filter(memberships__user=user)


class Project(models.Model):
    """A show: its members, defaults, style text, budget and retake policy. Money in US dollars."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    style_text = models.TextField(blank=True, max_length=600)
    provider = models.CharField(max_length=40, default="runway")
    model = models.CharField(max_length=80, default="gen4.5")
    routing = models.CharField(max_length=40, choices=Routing.choices, default=Routing.CHOSEN)
    duration_s = models.DecimalField(max_digits=5, decimal_places=2, default=Decimal(5))
    aspect = models.CharField(max_length=10, default="16:9")
    candidates_per_round = models.PositiveSmallIntegerField(
        default=4, validators=[MinValueValidator(1), MaxValueValidator(8)]
    )
    hold_seconds = models.PositiveIntegerField(default=10, validators=[MaxValueValidator(3600)])
    retake_policy = models.CharField(
        max_length=10, choices=RetakePolicy.choices, default=RetakePolicy.EACH_REJECTION
    )
    confirm_retakes = models.BooleanField(default=False)
    round_cap = models.PositiveSmallIntegerField(
        default=5, validators=[MinValueValidator(1), MaxValueValidator(50)]
    )
    budget_usd = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    shot_budget_usd = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    daily_budget_usd = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    budget_mode = models.CharField(max_length=10, choices=BudgetMode.choices, default=BudgetMode.CAP)
    # After so many days the files of clips that nobody chose are removed; empty keeps them for good.
    retention_days = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(3650)]
    )
    auto_approve_score = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    # The share of what the policy would decide by itself that people see all the same.
    audit_share = models.FloatField(default=0.05, validators=[MinValueValidator(0), MaxValueValidator(1)])
    # Whether the project's own decisions may correct the checks' score, once they are seen to better it.
    learns = models.BooleanField(default=True)
    # Kinds of finding that are no more than a remark here.
    accepted_findings = models.JSONField(default=list, blank=True)
    frame_base = models.PositiveIntegerField(default=0)
    # A demo must never spend real money, whatever keys an admin adds later.
    sandbox_only = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person's role in one project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="one_role_per_project")]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.project}"


class ShotStatus(models.TextChoices):
    """What people call the state of a shot; derived in `Shot.status`, never stored."""

    DRAFT = "draft", "Draft"
    GENERATING = "generating", "Generating"
    IN_REVIEW = "in_review", "In review"
    RETAKE = "retake", "Retake"
    APPROVED = "approved", "Approved"
    ESCALATED = "escalated", "Escalated"
    ON_HOLD = "on_hold", "On hold"
    OMITTED = "omitted", "Omitted"


class ShotQuerySet(models.QuerySet["Shot"]):
    def with_status(self) -> ShotQuerySet:
        """Annotate the flags `Shot.status` reads, so that a list of shots costs one query."""
        from reviewapp.models.candidates import MACHINE, Candidate, Status

        mine = Candidate.objects.filter(shot=OuterRef("pk"))
        return self.annotate(
            has_approved=Exists(mine.filter(status=Status.APPROVED)),
            has_in_review=Exists(mine.filter(status=Status.IN_REVIEW)),
            has_first_round=Exists(mine.filter(status__in=MACHINE, version__round=1)),
            has_retake=Exists(mine.filter(status__in=MACHINE, version__round__gt=1)),
            has_any=Exists(mine.exclude(status=Status.CANCELLED)),
        )


class Shot(models.Model):
    """One line of the shot list. `code` is text: SQ010_SH0020, unique in its project whatever the case."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="shots")
    code = models.CharField(max_length=60)
    sequence = models.CharField(max_length=40, blank=True)
    position = models.PositiveIntegerField(default=0)
    prompt = models.TextField(max_length=8000)
    negative_prompt = models.TextField(blank=True, max_length=4000)
    duration_s = models.DecimalField(max_digits=5, decimal_places=2)
    aspect = models.CharField(max_length=10, default="16:9")
    # Blank means the project's own. `provider` and `model` are set together, and only where `routing` is
    # CHOSEN.
    provider = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=80, blank=True)
    routing = models.CharField(max_length=40, choices=Routing.choices, blank=True)
    acceptance = models.TextField(blank=True, max_length=2000)
    on_hold = models.BooleanField(default=False)
    omitted = models.BooleanField(default=False)
    escalated_at = models.DateTimeField(null=True, blank=True)
    escalation_reason = models.CharField(max_length=300, blank=True)
    extra_rounds = models.PositiveSmallIntegerField(default=0)
    revision = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ShotQuerySet.as_manager()

    class Meta:
        ordering = ["position", "code"]
        constraints = [
            models.UniqueConstraint("project", Lower("code"), name="shot_code_unique_in_project"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def status(self) -> ShotStatus:
        """The one place where a shot's status follows from its candidates."""
        if self.omitted:
            return ShotStatus.OMITTED
        if self.on_hold:
            return ShotStatus.ON_HOLD
        flags = self if hasattr(self, "has_any") else Shot.objects.with_status().get(pk=self.pk)
        for flag, status in (
            ("has_approved", ShotStatus.APPROVED),
            ("has_in_review", ShotStatus.IN_REVIEW),
            ("has_retake", ShotStatus.RETAKE),
            ("has_first_round", ShotStatus.GENERATING),
        ):
            if getattr(flags, flag):
                return status
        # Candidates exist, none is under way and none waits for eyes: a producer has to decide.
        return ShotStatus.ESCALATED if flags.has_any else ShotStatus.DRAFT  # type: ignore[attr-defined]

    @property
    def effective_routing(self) -> Routing:
        """How this shot's model is chosen: a model named on the shot stands above the project's policy."""
        return Routing.CHOSEN if self.model else Routing(self.routing or self.project.routing)

    @property
    def effective_provider(self) -> str:
        return self.provider or self.project.provider if self.model else self.project.provider

    @property
    def effective_model(self) -> str:
        return self.model or self.project.model

    @property
    def round_cap(self) -> int:
        return self.project.round_cap + self.extra_rounds

    @property
    def acceptance_lines(self) -> list[str]:
        return [line.strip() for line in self.acceptance.splitlines() if line.strip()]

    def latest_version(self) -> PromptVersion | None:
        return self.versions.filter(withdrawn_at=None).order_by("-number").first()


class Author(models.TextChoices):
    PERSON = "person", "a person"
    RULES = "rules", "the rules"
    LANGUAGE_MODEL = "language_model", "a language model"


class PromptVersion(models.Model):
    """v001, v002 ...: the text one round of candidates is asked with.

    `number` counts versions of the shot; `round` counts how often the clip line behind it was rejected, and
    is what the cap looks at. `changes` and `unserved` are the refiner's account, each naming the notes that
    caused it.
    """

    shot = models.ForeignKey(Shot, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    round = models.PositiveSmallIntegerField(default=1)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    text = models.TextField()
    negative_text = models.TextField(blank=True)
    author_kind = models.CharField(max_length=20, choices=Author.choices)
    author = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    changes = models.JSONField(default=list)
    unserved = models.JSONField(default=list)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["shot", "number"], name="version_number_unique_in_shot")
        ]

    def __str__(self) -> str:
        return f"{self.shot.code}_{self.label}"

    @property
    def label(self) -> str:
        return f"v{self.number:03d}"
