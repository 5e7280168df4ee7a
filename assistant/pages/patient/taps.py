"""What each tap on the patient's page does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import cast, get_args

import gradio as gr

from assistant.answer import Answer
from assistant.dialogue import Question
from assistant.messages import messages
from assistant.pages.patient.answering import answering
from assistant.pages.patient.layout import COMPLAINTS, EXAMPLES, Layout, Painting
from assistant.pages.patient.questions import chosen_from
from assistant.pages.patient.visit import FlagAnswer, Visit, may_be_pregnant, read_age
from assistant.pages.understanding import item_at
from assistant.reception import Reception
from scheduler.domain import Language, Person, Sex
from scheduler.errors import RecordsUnavailable, SlotTaken

MOST_READERS = 32
"""Patients whose words are read at the same time; the rest of the page never waits for them."""


class Taps:
    """What the page does for each tap. Every method changes the visit and paints it."""

    def __init__(self, reception: Reception, layout: Layout) -> None:
        self._reception = reception
        self._layout = layout
        self._threads = ThreadPoolExecutor(MOST_READERS, thread_name_prefix="reception")

    def arrive(self, visit: Visit, request: gr.Request) -> Painting:
        """A page opens: in the language that its address asks for, else the browser's."""
        asked = request.query_params.get("lang") or request.headers.get("accept-language") or ""
        visit.language = "zh" if asked.lower().startswith("zh") else "en"
        return self._layout.paint(visit)

    def speak(self, visit: Visit, language: Language) -> Painting:
        """Change the language of everything on the page."""
        visit.language, visit.language_chosen = language, True
        return self._layout.paint(visit)

    def look_at_person(self, visit: Visit, who: str | None, age: str, sex: Sex | None) -> Painting:
        """Ask about pregnancy where it can be, and say at once that an age is none, or would help."""
        wanted = who == "child" and not age.strip()
        possible = may_be_pregnant(sex, age) and not wanted
        painting = self._layout.mark_age(visit, _wrong_age(age), hint=wanted)
        return painting | {self._layout.pregnant: gr.update(visible=possible)}

    def suggest(self, visit: Visit, words: str, event: gr.EventData) -> Painting:
        """Put an example into the box, or add a complaint to what is there."""
        kind, _, number = str(event.act).partition(":")
        most = {"example": EXAMPLES, "complaint": COMPLAINTS}.get(kind, 0)
        if number not in {str(each) for each in range(1, most + 1)}:
            return self._layout.unchanged()
        say = messages(visit.language).say
        text = say(f"{kind}.{number}")
        if kind == "complaint" and words.strip():
            text = words.strip() + say("list.separator") + text
        return {self._layout.words: gr.update(value=text)}

    async def send(
        self, visit: Visit, words: str, age: str, sex: Sex | None, pregnant: str | None
    ) -> AsyncIterator[Painting]:
        """Take a message and answer it."""
        if visit.working or visit.booking or visit.is_emergency:
            return
        if wrong := _wrong_age(age):
            yield self._layout.mark_age(visit, wrong)
            return
        if not words.strip():
            visit.alert = "alert.empty"
            yield self._layout.paint(visit)
            return
        known = may_be_pregnant(sex, age) and pregnant is not None
        visit.person = Person(
            age=read_age(age), sex=sex, pregnant=pregnant == "yes" if known else None
        )
        visit.say(words.strip())
        async for painting in self._answer(visit, box=""):
            yield painting

    async def act(self, visit: Visit, event: gr.EventData) -> AsyncIterator[Painting]:
        """A tap on the card: an answer to a question, a choice, or its confirmation."""
        what, _, which = str(event.act).partition(":")
        again = False
        settled = visit.booking or visit.being_booked or visit.is_emergency
        if visit.working or settled or visit.answer is None:
            return
        visit.alert = ""
        if what in get_args(FlagAnswer) and which in visit.open_questions:
            visit.reply(which, cast("FlagAnswer", what))
            again = what == "yes" or not visit.open_questions
        elif what == "answer" and visit.question:
            again = _reply(visit, visit.question, which)
        elif what in ("withdraw", "restore") and (item := item_at(visit.answer, which)):
            visit.withdraw(item) if what == "withdraw" else visit.restore(item)
            again = True
        elif what == "take" and which in {str(i) for i in range(len(visit.answer.offers))}:
            visit.chosen = int(which)
        elif what == "back":
            visit.chosen = None
        elif what == "confirm" and visit.chosen is not None:
            again = await self._book(visit)
        if not again:
            yield self._layout.paint(visit)
            return
        alert = visit.alert
        async for painting in self._answer(visit, alert=alert):
            yield painting

    def stop(self, visit: Visit) -> Painting:
        """Stop the answer that is being prepared; its words go back into the box."""
        if not visit.working:
            return self._layout.unchanged()
        return self._layout.paint(visit, box=visit.give_up("alert.stopped"))

    def call(self, visit: Visit) -> Painting:
        """The patient wants to talk to a person."""
        if not visit.person_called:
            visit.person_called = self._tell(visit, "asked_for_a_person")
        visit.alert = "alert.person" if visit.person_called else "alert.person_untold"
        return self._layout.paint(visit)

    def alarm(self, visit: Visit) -> Iterator[Painting]:
        """The patient says that it is an emergency: the screen first, then the desk."""
        case = visit.raise_alarm()
        yield self._layout.paint(visit, box="")
        told = self._tell(visit, "emergency_button", case)
        if visit.alarm:
            visit.alarm = "told" if told else "untold"
        yield self._layout.paint(visit)

    def start_over(self, visit: Visit) -> Painting:
        """Forget the visit, here and on the page."""
        visit.clear()
        return self._layout.paint(visit, empty=True)

    async def _answer(
        self, visit: Visit, *, box: str | None = None, alert: str = ""
    ) -> AsyncIterator[Painting]:
        first = True
        async for back in answering(self._reception, visit, self._threads):
            if back is None:
                yield self._layout.paint(visit, box=box) if first else self._layout.progress(visit)
                first = False
                continue
            visit.alert = visit.alert or alert
            yield self._layout.paint(visit, box=back or None)

    async def _book(self, visit: Visit) -> bool:
        """Book what was chosen; true where it is gone and fresh offers are needed."""
        assert visit.answer is not None
        assert visit.chosen is not None
        visit.being_booked, turn = True, visit.turn
        try:
            booking = await asyncio.get_running_loop().run_in_executor(
                self._threads, self._reception.book, visit.answer, visit.chosen
            )
        except SlotTaken:
            if visit.turn != turn:
                return False
            visit.alert = "alert.taken"
            return True
        except RecordsUnavailable:
            if visit.turn == turn:
                visit.alert = "alert.records"
        else:
            # Whoever started over meanwhile must not leave a ticket to the next patient.
            if visit.turn == turn:
                visit.booking = booking
                visit.minutes_left = self._reception.minutes_until(booking)
                visit.note("assistant", "said.booked")
        finally:
            visit.being_booked = False
        return False

    def _tell(self, visit: Visit, reason: str, case: Answer | None = None) -> bool:
        try:
            self._reception.call_person(
                case or visit.answer, reason=reason, language=visit.language
            )
        except RecordsUnavailable:
            return False
        return True


def _reply(visit: Visit, question: Question, tapped: str) -> bool:
    """Note the answer to a question; false where there is none in what was tapped."""
    if question.several and not tapped:
        visit.alert = "alert.nothing_ticked"
        return False
    chosen = chosen_from(question, tapped)
    if chosen is None:
        return False
    visit.reply_to_question(chosen)
    return True


def _wrong_age(typed: str) -> str:
    try:
        read_age(typed)
    except ValueError:
        return typed.strip()
    return ""
