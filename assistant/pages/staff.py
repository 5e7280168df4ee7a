"""All that staff see: the door, their rooms, and what keeps everybody else out."""

from __future__ import annotations

from fastapi import FastAPI

from assistant.access import Access, StaffOnly, secret_in
from assistant.clinics import Clinics
from assistant.desk import Desk
from assistant.insight import Insights
from assistant.pages.board import mount_board
from assistant.pages.desk import mount_desk
from assistant.pages.door import mount_door
from assistant.pages.insight import mount_insight
from assistant.reception import Reception
from assistant.settings import Settings


def mount_staff(application: FastAPI, reception: Reception, settings: Settings) -> FastAPI:
    """Put the staff's rooms behind a door. To be called before the patients' page takes `/`.

    Raises:
        RecordsUnavailable: there are no records to know staff by.
    """
    secret = settings.secret.get_secret_value() or secret_in(settings.home)
    access = Access(reception.timetable.records, secret)
    application.add_middleware(StaffOnly, access=access)
    mount_door(application, access)
    mount_insight(application, Insights(reception), access)
    mount_board(application, Clinics(reception.timetable), access)
    return mount_desk(application, Desk(reception), access, settings)
