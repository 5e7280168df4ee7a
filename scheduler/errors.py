"""What can go wrong in planning and booking, as one tree."""


class SchedulerError(Exception):
    """Any error of this room."""


class InvalidInstance(SchedulerError):
    """The planning problem contradicts itself."""


class InvalidPlan(SchedulerError):
    """A plan cannot be read or written, or does not answer its instance."""


class ClusterUnavailable(SchedulerError):
    """There are no other machines to plan on."""


class SlotTaken(SchedulerError):
    """Somebody else was given this time first."""


class RecordsUnavailable(SchedulerError):
    """The database cannot be reached or refuses to work."""


class UnknownAppointment(SchedulerError):
    """There is no appointment with this id."""


class AlreadyClosed(SchedulerError):
    """Somebody else dealt with this case first."""


class WrongStatus(SchedulerError):
    """An appointment is not in a state that allows this."""


class Outdated(SchedulerError):
    """Somebody else changed this since it was looked at."""


class UnknownStaff(SchedulerError):
    """Nobody who works here has this name."""


class UnknownRearrangement(SchedulerError):
    """Nothing was moved under this id."""


class UnknownHandover(SchedulerError):
    """There is no case for the desk with this id."""
