"""Who may do what: the clients' four classes of users, the processor's staff, and one table of rights."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType

from chassis.problems import Problem, nothing_here


class Role(StrEnum):
    """Appendix C 9 announces four classes of a client's users; the others are the processor's own staff."""

    SUPER_ADMINISTRATOR = "super_administrator"
    ADMINISTRATOR = "administrator"
    MANAGER = "manager"
    USER = "user"
    OPERATOR = "operator"
    DPO = "dpo"
    AUDITOR = "auditor"
    HOLDER = "holder"

    @property
    def is_staff(self) -> bool:
        """Whether it is the processor's, and so belongs to no client. A holder is a system: its id is the subject."""
        return self in _STAFF

    @property
    def is_system(self) -> bool:
        """Whether no person bears it."""
        return self is Role.HOLDER


class Right(StrEnum):
    """What one may be allowed to do, in the words in which its lack is told."""

    SEE_LIST = "see the list of sub-processors"
    SEE_CHANGES = "see changes"
    SEE_PERMISSIONS = "see who is barred where"
    SEE_DELIVERIES = "see deliveries"
    SEE_ALL_CLIENTS = "see all clients"
    OBJECT = "object"
    ANSWER_MITIGATION = "answer a mitigation"
    OFFER_MITIGATION = "offer a mitigation"
    SIMULATE = "simulate a change"
    MANAGE_ENDPOINTS = "manage endpoints"
    MANAGE_CONTACTS = "manage contacts"
    RESEND = "resend a notice"
    SEE_TERMINATIONS = "see terminations"
    CHOOSE = "choose return or deletion"
    FETCH = "fetch what is returned"
    HOLD = "place a hold"
    ANSWER_ORDERS = "answer for a holder"
    CHECK_ACCESS = "ask whether data may be processed"
    SEE_BREACHES = "see breaches"
    HANDLE_BREACHES = "handle breaches"
    ASK_ABOUT_BREACH = "ask for the state of a breach"
    SEE_REQUESTS = "see requests and instructions"
    HANDLE_REQUESTS = "handle requests"
    INSTRUCT = "instruct"
    OPEN_SEALED = "open what is sealed"
    READ_SUBJECTS = "read whom a task is about"
    SEE_ASSURANCE = "see questions, audits, help and disputes"
    SEE_AUDIT_REPORTS = "see what audits found"
    ASK_ASSURANCE = "ask for information, audits and help"
    ACCEPT_COSTS = "accept a quote"
    HANDLE_ASSURANCE = "answer clients and handle audits"
    SEE_MEASURES = "see the security measures"
    KEEP_MEASURES = "change the security measures"
    SEE_UNDERTAKINGS = "see who is bound to confidentiality"
    KEEP_UNDERTAKINGS = "record who is bound to confidentiality"
    SEE_EVIDENCE = "see the record of evidence"


_STAFF = frozenset({Role.OPERATOR, Role.DPO, Role.AUDITOR, Role.HOLDER})
_SEES = frozenset(
    {
        Right.SEE_LIST,
        Right.SEE_CHANGES,
        Right.SEE_PERMISSIONS,
        Right.SEE_DELIVERIES,
        Right.SEE_ALL_CLIENTS,
        Right.SEE_TERMINATIONS,
        Right.SEE_BREACHES,
        Right.SEE_REQUESTS,
        Right.SEE_ASSURANCE,
        Right.SEE_AUDIT_REPORTS,
        Right.SEE_MEASURES,
        Right.SEE_UNDERTAKINGS,
        Right.SEE_EVIDENCE,
    }
)

RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        # §4.3: the list is for super administrators; changes and permissions would give it away, so they are too.
        Role.SUPER_ADMINISTRATOR: frozenset(
            {
                Right.SEE_LIST,
                Right.SEE_CHANGES,
                Right.SEE_PERMISSIONS,
                Right.SEE_DELIVERIES,
                Right.OBJECT,
                Right.ANSWER_MITIGATION,
                Right.MANAGE_ENDPOINTS,
                Right.MANAGE_CONTACTS,
                Right.SEE_TERMINATIONS,
                Right.CHOOSE,
                Right.FETCH,
                Right.SEE_BREACHES,
                Right.ASK_ABOUT_BREACH,
                Right.SEE_REQUESTS,
                Right.INSTRUCT,
                Right.SEE_ASSURANCE,
                Right.SEE_AUDIT_REPORTS,
                Right.ASK_ASSURANCE,
                Right.ACCEPT_COSTS,
                Right.SEE_MEASURES,
                Right.SEE_EVIDENCE,  # it holds the list, and what audits found: hers alone, as these are
            }
        ),
        Role.ADMINISTRATOR: frozenset(
            {
                Right.SEE_DELIVERIES,
                Right.MANAGE_ENDPOINTS,
                Right.MANAGE_CONTACTS,
                Right.SEE_BREACHES,
                Right.ASK_ABOUT_BREACH,
                Right.SEE_REQUESTS,
                Right.SEE_ASSURANCE,
                Right.SEE_MEASURES,
            }
        ),
        Role.MANAGER: frozenset({Right.SEE_DELIVERIES, Right.SEE_MEASURES}),
        Role.USER: frozenset(),
        Role.OPERATOR: _SEES
        | {
            Right.OBJECT,  # what reached the processor by letter is entered for the client
            Right.OFFER_MITIGATION,
            Right.SIMULATE,
            Right.MANAGE_ENDPOINTS,
            Right.MANAGE_CONTACTS,
            Right.RESEND,
            Right.CHOOSE,
            Right.HOLD,
            Right.ANSWER_ORDERS,  # what a sub-processor confirmed by letter is entered for it
            Right.CHECK_ACCESS,
            Right.HANDLE_BREACHES,
            Right.ASK_ABOUT_BREACH,  # a request that came by letter is entered for the client
            Right.HANDLE_REQUESTS,
            Right.INSTRUCT,  # as is an instruction
            Right.ASK_ASSURANCE,  # the same
            Right.HANDLE_ASSURANCE,
            Right.KEEP_MEASURES,
        },
        Role.DPO: _SEES
        | {
            Right.OBJECT,
            Right.OFFER_MITIGATION,
            Right.SIMULATE,
            Right.CHOOSE,
            Right.HOLD,
            Right.CHECK_ACCESS,
            Right.HANDLE_BREACHES,
            Right.ASK_ABOUT_BREACH,
            Right.HANDLE_REQUESTS,
            Right.INSTRUCT,
            Right.OPEN_SEALED,
            Right.ASK_ASSURANCE,
            Right.HANDLE_ASSURANCE,
            Right.KEEP_MEASURES,
            Right.KEEP_UNDERTAKINGS,
        },
        Role.AUDITOR: _SEES,
        Role.HOLDER: frozenset({Right.READ_SUBJECTS}),  # of its own tasks, while they are open (§9)
    }
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a valid token speaks for; `client_id` is None for the processor's staff, and for them alone."""

    subject: str
    role: Role
    client_id: str | None = None

    def may(self, right: Right) -> bool:
        """Whether the caller's role has the right."""
        return right in RIGHTS[self.role]

    def require(self, right: Right) -> None:
        """Raise a 403 problem that names the right where it is missing."""
        if not self.may(right):
            raise Problem(HTTPStatus.FORBIDDEN, f"the role {self.role} may not {right}")

    def require_client(self, client_id: str) -> None:
        """§12: another client's record is answered as if it did not exist."""
        if client_id != self.client_id and not self.may(Right.SEE_ALL_CLIENTS):
            raise nothing_here()
