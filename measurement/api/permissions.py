"""What a request needs, and whether its token and its user's roles give it."""

from dataclasses import dataclass

from django.http import Http404

from measurement import access
from measurement.api.problems import FORBIDDEN, INVALID_BODY, Fault, Problem, shown
from measurement.estimation.definition import is_storable_text
from measurement.models import ApiToken, Participant, Role, Trial, User
from measurement.recording import NewTaskLog

ANY_ROLE = frozenset(Role)
ANY_SCOPE = frozenset(ApiToken.Scope)


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What a method of a view needs: one of `scopes` and one of `roles` in the trial.

    `parameters` are all that its address may carry.
    """

    scopes: frozenset[str] = ANY_SCOPE
    roles: frozenset[Role] = ANY_ROLE
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reach:
    """The trial of a request, and the roles that its user holds in it now."""

    user: User
    trial: Trial
    roles: frozenset[Role]

    @property
    def is_analyst(self) -> bool:
        """Whether full precision and everybody's pseudonymised rows may be given."""
        return Role.ANALYST in self.roles

    def participant(self) -> Participant:
        """Return whom the user is in the trial. Raises Problem (403) if nobody, or no longer."""
        found = access.asked(access.participations(self.user)).filter(trial=self.trial).first()
        if found is None:
            raise Problem(FORBIDDEN, "You do not take part in this trial, or no longer.")
        if found.has_notice_to_accept:
            raise Problem(FORBIDDEN, "Sign in and read the trial's new privacy notice first.")
        return found

    def whose(self, named: object) -> Participant:
        """Return the participant whose log is sent: the one `named`, else the user's own self.

        Analysts may name anybody of the trial, participants only themselves. Raises Problem: 400
        for somebody else or nobody, 403 if the user does not take part.
        """
        if self.is_analyst and named is not None:
            found = self._participant_named(named)
            if found is None:
                raise _not_a_participant(named, "the pseudonym of a participant of this trial")
            return found
        if self.is_analyst and Role.PARTICIPANT not in self.roles:
            raise _not_a_participant(named, "the pseudonym of the participant whose log it is")
        own = self.participant()
        if named not in (None, own.pseudonym):
            raise _not_a_participant(named, "your own pseudonym, or nothing")
        return own

    def check_chance(self, log: NewTaskLog) -> None:
        """Raise Problem where a participant says what is for chance to say.

        403 where chance decides for each task: such tasks are announced on the page. 400 for what
        the order of periods decides.
        """
        if self.is_analyst:
            return
        if self.trial.announces_tasks:
            raise Problem(FORBIDDEN, "Tasks of this trial are announced on the page, not sent.")
        if self.trial.design["kind"] == "crossover":
            said = {"ai_assigned": log.ai_assigned, "period": log.period or None}
            faults = [
                Fault(field=name, given=shown(given), allowed="nothing: the order of periods says")
                for name, given in said.items()
                if given is not None
            ]
            if faults:
                raise Problem(INVALID_BODY, faults=faults)

    def _participant_named(self, named: object) -> Participant | None:
        if not isinstance(named, str) or not is_storable_text(named):
            return None
        return Participant.objects.filter(trial=self.trial, pseudonym=named).first()


def _not_a_participant(given: object, allowed: str) -> Problem:
    return Problem(
        INVALID_BODY, faults=[Fault(field="participant", given=shown(given), allowed=allowed)]
    )


def reach_of(token: ApiToken, slug: str) -> Reach:
    """Return what `token` reaches at the trial `slug`. One query.

    Asked at each request, so that a role that was taken away is gone at once. Raises Http404 for
    another trial than the token's and for a user without any role, as if there were no trial.
    """
    roles = access.roles_in(token.user, token.trial)
    if slug != token.trial.slug or not roles:
        raise Http404
    return Reach(token.user, token.trial, roles)


def check(needs: Needs, *, token: ApiToken, reach: Reach) -> None:
    """Raise Problem (403) where the token lacks the scopes, or its user the roles, of `needs`."""
    if needs.scopes.isdisjoint(token.scopes):
        raise Problem(
            FORBIDDEN,
            f"This needs a token with the scope {_any_of(needs.scopes)}; "
            f"this one has {', '.join(token.scopes)}.",
        )
    if needs.roles.isdisjoint(reach.roles):
        raise Problem(
            FORBIDDEN,
            f"This needs the role {_any_of(needs.roles)} in the trial; "
            f"you are {', '.join(sorted(reach.roles))}.",
        )


def _any_of(names: frozenset[str]) -> str:
    return " or ".join(sorted(names))
