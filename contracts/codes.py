"""The coded values that events may carry: one alias per vocabulary.

An open vocabulary names ``other`` as a member. A reader maps every member it
does not know to ``other``, so a vocabulary may grow without breaking anyone;
it never shrinks.
"""

from typing import Literal

Origin = Literal["live", "import", "seed"]

Route = Literal[
    "general-practice",
    "care-navigator",
    "self",
    "voluntary-sector",
    "council",
    "hospital",
    "proactive",
    "handover",
    "other",
]
Urgency = Literal["routine", "soon", "urgent"]
Need = Literal[
    "mental-wellbeing",
    "isolation",
    "money",
    "long-term-condition",
    "housing",
    "practical-help",
    "caring",
    "bereavement",
    "work",
    "other",
]
ReferralStatus = Literal["received", "accepted", "declined", "returned", "closed"]
StatusReason = Literal[
    "not-wanted",
    "not-reached",
    "not-suitable",
    "outside-area",
    "duplicate",
    "withdrawn",
    "moved-away",
    "died",
    "support-complete",
    "other",
]
ContactMode = Literal[
    "phone",
    "video",
    "home-visit",
    "practice",
    "community",
    "accompanied",
    "text",
    "letter",
    "other",
]
GoalStatus = Literal["set", "progressing", "met", "changed", "dropped"]
AgeBand = Literal["0-17", "18-29", "30-44", "45-59", "60-74", "75+", "unknown"]
Sex = Literal["female", "male", "other", "unknown"]
EthnicityCategory = Literal[
    "A", "B", "C", "D", "E", "F", "G", "H", "J", "K", "L", "M", "N", "P", "R", "S", "Z", "other"
]
SafeChannel = Literal["email", "sms", "phone", "letter", "none", "other"]
Role = Literal[
    "referrer",
    "care-navigator",
    "link-worker",
    "health-coach",
    "care-coordinator",
    "pcn-manager",
    "region-analyst",
    "operator",
    "provider",
    "person",
    "registrar",
    "privacy-officer",
    "service",
    "other",
]
WorkerRole = Literal["link-worker", "health-coach", "care-coordinator", "care-navigator", "other"]
OrganisationKind = Literal["region", "pcn", "practice", "organization", "none"]
ReferrerKind = Literal["hospital", "council", "voluntary-sector", "other"]
MembershipsOfMerged = Literal["carried", "ended", "other"]
Channel = Literal["email", "other"]
RecipientKind = Literal["referrer", "person"]
SuppressionReason = Literal[
    "too-late",
    "no-consent",
    "no-safe-channel",
    "no-address",
    "not-live",
    "person-messages-off",
    "died",
    "question-closed",
    "rule-off",
    "other",
]
FailureReason = Literal["address-refused", "mail-server-refused", "card-not-available", "other"]

Understanding = Literal["understood", "partly", "not-yet"]
Danger = Literal[
    "self-harm",
    "suicide",
    "abuse",
    "child-at-risk",
    "domestic-abuse",
    "neglect",
    "other",
]
Complexity = Literal["low", "medium", "high"]
Confidence = Literal["low", "some", "high"]

ContactOutcome = Literal["attempted", "missed", "made"]
MissedReason = Literal["forgot", "unwell", "travel", "changed-mind", "not-known", "other"]
TeamRole = Literal[
    "pharmacist",
    "physiotherapist",
    "physician-associate",
    "paramedic",
    "gp",
    "nurse",
    "other",
]
CorrectionReason = Literal[
    "mistyped", "wrong-person", "duplicate", "did-not-happen", "learned-later", "other"
]
VisitStatus = Literal["planned", "under-way", "ended", "cancelled"]
GoalChangeKind = Literal["need", "description", "measure", "target-date", "review-date", "other"]
ReviewKind = Literal["plan", "goal", "other"]

AlarmKind = Literal["danger-named", "lone-worker-overdue", "risk-flag", "other"]
AlarmStatus = Literal["raised", "acknowledged", "closed"]
AlarmOutcome = Literal["person-safe", "passed-on", "false-alarm", "other"]
AgeRule = Literal["accept", "guardian-consent", "not-accepted", "other"]
BetterRoute = Literal[
    "general-practice",
    "care-navigator",
    "another-network",
    "mental-health-team",
    "social-care",
    "children-and-young-people",
    "housing-advice",
    "money-advice",
    "urgent-help",
    "other",
]
RoleReason = Literal[
    "person-wishes",
    "knows-worker",
    "capacity",
    "needs-clearer-now",
    "skills",
    "language",
    "other",
]
ReRouteReason = Literal[
    "needs-signposting-only",
    "needs-several-contacts",
    "health-goals",
    "care-to-coordinate",
    "too-complex",
    "needs-clearer-now",
    "other",
]
Supervision = Literal["clinical", "emotional", "managerial", "mentoring", "peer", "other"]

Gender = Literal["female", "male", "non-binary", "other", "not-stated"]
AccessNeed = Literal[
    "braille",
    "large-print",
    "easy-read",
    "plain-english",
    "audio",
    "electronic-text",
    "british-sign-language",
    "makaton",
    "lip-reading",
    "text-relay",
    "hearing-loop",
    "deafblind-interpreter",
    "speech-to-text",
    "advocate",
    "longer-appointment",
    "other",
]
PreferredChannel = Literal["email", "sms", "phone", "video", "letter", "other"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
CohortReason = Literal[
    "most-at-risk",
    "frailty",
    "long-term-condition",
    "frequent-attendance",
    "isolation",
    "bereavement",
    "caring",
    "money",
    "other",
]
OfferMode = Literal["phone", "video", "letter", "text", "other"]
OfferAnswer = Literal["accepted", "declined", "not-reached"]
MergeReason = Literal["duplicate-record", "other"]
HandoverReason = Literal["moved-home", "changed-practice", "practice-moved", "returned", "other"]

OnwardParty = Literal["worker", "provider", "person"]
OnwardStage = Literal["draft", "sent", "accepted", "waiting", "started", "ended"]
OnwardEnding = Literal[
    "attended", "refused-by-provider", "declined-by-person", "unreachable", "withdrawn"
]
OnwardAnswer = Literal[
    "accepted", "refused", "full-until", "did-not-come", "could-not-reach", "other"
]
OnwardReason = Literal[
    "full",
    "too-far",
    "not-suitable",
    "outside-area",
    "no-longer-runs",
    "cost",
    "language",
    "access",
    "moved",
    "died",
    "listing-gone",
    "entered-in-error",
    "not-wanted",
    "found-other-help",
    "unwell",
    "other",
]
PlacementFailure = Literal[
    "full", "too-far", "cost", "nothing-suitable", "language", "access", "other"
]
SignpostEcho = Literal["got-there", "did-not", "other"]
SignposterRole = Literal[
    "care-navigator",
    "referrer",
    "link-worker",
    "health-coach",
    "care-coordinator",
    "pcn-manager",
    "other",
]
EchoChannel = Literal["sms", "email", "other"]

ListingReason = Literal[
    "no-longer-runs",
    "wrong-details",
    "not-answering",
    "not-confirmed",
    "unsuitable",
    "duplicate",
    "entered-in-error",
    "other",
]
ListingCheckReason = Literal["nothing-heard", "said-to-be-gone", "not-reached", "other"]
CapacityStatus = Literal["has-capacity", "no-capacity", "waitlist", "assessment-needed", "other"]
CapacitySource = Literal["group", "worker", "full-until", "estimate", "other"]
UnmetReason = Literal["nothing-there", "too-far", "full", "cost", "language", "access", "other"]
ListingReportKind = Literal["no-longer-runs", "wrong-details", "full", "went-well", "other"]

PauseReason = Literal["person-asked", "person-away", "person-unwell", "in-hospital", "other"]
ClosureReason = Literal["training", "local-holiday", "building-closed", "emergency", "other"]
AssignmentReason = Literal["assigned", "taken-on", "reallocated", "other"]
TakenOffReason = Literal["re-routed", "other"]
CaseloadRoom = Literal["nearly-full", "full", "over", "other"]
ComplexitySource = Literal["triage", "worker", "manager", "other"]

ClosingOutcome = Literal[
    "goals-met",
    "partly-met",
    "support-complete",
    "not-engaged",
    "unreachable",
    "declined",
    "moved-away",
    "died",
    "not-suitable",
    "other",
]
ClosingNext = Literal[
    "nothing-further",
    "carries-on-alone",
    "carries-on-in-activity",
    "with-another-team",
    "practice-to-act",
    "other",
]
ReopeningReason = Literal[
    "person-asked",
    "needs-returned",
    "closed-by-mistake",
    "reached-after-all",
    "moved-back",
    "other",
]
WritebackKind = Literal["code", "message", "withdrawal", "other"]
WritebackFailure = Literal["person-not-known", "practice-not-known", "not-accepted", "other"]

ConsentRecipient = Literal["organization", "practice", "pcn", "person", "other"]
ConsentPurpose = Literal[
    "onward-referral",
    "feedback",
    "direct-care",
    "messages",
    "evaluation",
    "other",
]
ConsentScope = Literal[
    "contact-details",
    "needs",
    "plan",
    "goals",
    "measures",
    "contacts",
    "risk",
    "other",
]
ConsentChange = Literal["narrowed", "revoked", "expired"]
RiskGroup = Literal["to-workers", "to-the-person", "surroundings", "other"]
RiskEndReason = Literal["no-longer-holds", "mistaken", "moved", "died", "other"]
Instrument = Literal["ons4", "swemwbs", "mycaw", "ucla3", "other"]
AnsweredBy = Literal["person", "with-help", "proxy"]
MeasureOccasion = Literal["baseline", "follow-up", "other"]
ScoreName = Literal[
    "life-satisfaction",
    "worthwhile",
    "happiness-yesterday",
    "anxiety-yesterday",
    "raw",
    "metric",
    "concern-1",
    "concern-2",
    "wellbeing",
    "loneliness",
    "feel-lonely",
    "other",
]
ScoreMissing = Literal["not-answered", "items-missing", "not-named", "other"]
EntitlementKind = Literal["supervision", "training", "other"]
TrainingTopic = Literal["local-resources", "communication", "risk", "safeguarding", "other"]
