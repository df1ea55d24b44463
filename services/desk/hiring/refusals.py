"""Why the business says no to what is asked about requisitions, candidates and offers. Pure."""

from datetime import date

from events.ids import CandidateId, OfferId, PostId, RequisitionId
from services.desk.deciding import Rejected, Unknown


class RequisitionUnknown(Unknown):
    """Nobody opened such a requisition."""

    kind = "requisition-unknown"
    said = ("there is no requisition {}", "заявки на подбор {} нет")


class CandidateUnknown(Unknown):
    """Nobody of this id applied."""

    kind = "candidate-unknown"
    said = ("there is no candidate {}", "кандидата {} нет")


class OfferUnknown(Unknown):
    """No such offer was made."""

    kind = "offer-unknown"
    said = ("there is no offer {}", "предложения {} нет")


class CandidateElsewhere(Rejected):
    """A candidate is not at the step that comes before this one."""

    kind = "candidate-elsewhere"

    def __init__(self, candidate: CandidateId, stage: str, needed: str) -> None:
        """Say where the candidate is, and where it would take to be."""
        super().__init__(
            en=f"the candidate {candidate} is {stage}: this follows only {needed}",
            ru=f"кандидат {candidate} на шаге «{stage}»: это возможно только после шага «{needed}»",
        )


class RequisitionFull(Rejected):
    """All openings are taken."""

    kind = "requisition-full"

    def __init__(self, requisition: RequisitionId, openings: int) -> None:
        """Say how many there were."""
        super().__init__(
            en=f"all {openings} openings of the requisition {requisition} are taken",
            ru=f"все места по заявке {requisition} заняты, их было {openings}",
        )


class OfferAnswered(Rejected):
    """An offer is answered once."""

    kind = "offer-answered"

    def __init__(self, offer: OfferId, answer: str) -> None:
        """Say how."""
        super().__init__(en=f"the offer {offer} was {answer}", ru=f"на предложение {offer} уже ответили: {answer}")


class OfferLapsed(Rejected):
    """An offer no longer stands."""

    kind = "offer-lapsed"

    def __init__(self, offer: OfferId, day: date) -> None:
        """Say since when."""
        super().__init__(
            en=f"the offer {offer} no longer stands from {day}: make another",
            ru=f"предложение {offer} не действует с {day}: сделайте новое",
        )


class OfferNotAccepted(Rejected):
    """Only who has accepted an offer is hired as a candidate."""

    kind = "offer-not-accepted"

    def __init__(self, candidate: CandidateId) -> None:
        """Name the candidate."""
        super().__init__(
            en=f"the candidate {candidate} has accepted no offer", ru=f"кандидат {candidate} не принял предложения"
        )


class OfferOfOther(Rejected):
    """The hire is not what the offer says."""

    kind = "hire-differs-from-offer"

    def __init__(self, unit: str, post: PostId) -> None:
        """Say what was accepted."""
        super().__init__(
            en=f"the offer that was accepted is for the post {post} in {unit}",
            ru=f"принято предложение на должность {post} в подразделении {unit}",
        )
