"""What is on the page and how a visit is painted onto it."""

from __future__ import annotations

import html
from typing import Any

import gradio as gr
from gradio.blocks import Block

from assistant.answer import Step
from assistant.messages import messages
from assistant.pages.drawing import CLICKS
from assistant.pages.patient.cards import Cards, card_name
from assistant.pages.patient.visit import Visit

STEPS: tuple[Step, ...] = ("screening", "reading", "finding", "planning")
EXAMPLES = 4
COMPLAINTS = 12
Painting = dict[Any, Any]


class Layout:
    """The components of the page, from top to bottom. To be made within `gr.Blocks`."""

    def __init__(self, cards: Cards, visit: Visit, *, reset_seconds: int, checklist: bool) -> None:
        self._cards = cards
        self._reset_seconds = reset_seconds
        self._checklist = checklist
        say = messages(visit.language).say
        with gr.Row(elem_id="dz-header"):
            gr.HTML(
                '<span lang="zh">导诊</span> <span lang="en">Daozhen</span>', elem_id="dz-brand"
            )
            with gr.Row(elem_id="dz-languages"):
                self.english = gr.Button("English", elem_id="dz-en", elem_classes="dz-language")
                self.chinese = gr.Button("中文", elem_id="dz-zh", elem_classes="dz-language")
            self.larger = gr.Button(say("button.larger"), elem_id="dz-larger")
            with gr.Row(elem_id="dz-help"):
                self.person = gr.Button(say("button.person"), elem_id="dz-person")
                self.alarm = gr.Button(say("button.emergency"), elem_id="dz-alarm", variant="stop")
        self.notice = gr.HTML(elem_id="dz-notice")
        self.live = gr.HTML(
            html_template='<div role="status" aria-live="polite">${value}</div>', elem_id="dz-live"
        )
        self.hero = gr.HTML(elem_id="dz-hero")
        self.chat = gr.Chatbot(
            elem_id="dz-chat",
            buttons=[],
            height=None,
            max_height="46vh",
            layout="bubble",
            feedback_options=None,
            # The patient's words are text: neither Markdown (which could load a picture from
            # somewhere) nor HTML.
            render_markdown=False,
            latex_delimiters=[],
            allow_tags=False,
            show_label=False,
            visible=False,
        )
        self.alert = gr.HTML(elem_id="dz-alert")
        self.panel = gr.HTML(elem_id="dz-panel", js_on_load=CLICKS)
        self._write_box(say)
        self.examples = gr.HTML(elem_id="dz-examples", js_on_load=CLICKS)
        self.start_over = gr.Button(say("button.start_over"), elem_id="dz-start-over")
        self.idle = gr.HTML(elem_id="dz-idle")

    def _write_box(self, say: Any) -> None:
        with gr.Column(elem_id="dz-composer") as self.composer:
            with gr.Row(elem_id="dz-box"):
                self.words = gr.Textbox(
                    label=say("words.label"), lines=2, max_lines=6, elem_id="dz-words", scale=1
                )
                self.speech = gr.HTML(elem_id="dz-speech")
                self.send = gr.Button(say("button.send"), variant="primary", elem_id="dz-send")
                self.stop = gr.Button(say("button.stop"), elem_id="dz-stop", visible=False)
            with gr.Column(elem_id="dz-about") as self.about:
                self.about_title = gr.HTML(elem_id="dz-about-title")
                with gr.Row(elem_id="dz-about-row"):
                    self.who = gr.Radio([], interactive=True, elem_id="dz-who")
                    self.age = gr.Textbox(
                        interactive=True, lines=1, max_lines=1, max_length=20, elem_id="dz-age"
                    )
                    self.sex = gr.Radio([], interactive=True, elem_id="dz-sex")
                    self.pregnant = gr.Radio(
                        [], interactive=True, elem_id="dz-pregnant", visible=False
                    )
                self.age_wrong = gr.HTML(elem_id="dz-age-error")

    def everything(self) -> list[Block]:
        """All components that `paint` may change."""
        return [part for part in vars(self).values() if isinstance(part, Block)]

    def unchanged(self) -> Painting:
        """Nothing to do. (Gradio takes an empty dictionary for a value.)"""
        return {self.start_over: gr.skip()}

    def paint(self, visit: Visit, *, box: str | None = None, empty: bool = False) -> Painting:
        """The whole page for a visit. `box` goes into the text box; `empty` clears all inputs."""
        say = messages(visit.language).say
        painting = self._frame(visit, say) | self._conversation(visit) | self._inputs(visit, say)
        words: dict[str, Any] = {"value": box} if box is not None else {}
        if empty:
            words = {"value": ""}
            for part in (self.who, self.sex, self.pregnant):
                painting[part] = gr.update(**(painting[part] | {"value": None}))
            painting[self.age] = gr.update(**(painting[self.age] | {"value": ""}))
            painting[self.age_wrong] = ""
        begun = bool(visit.told.lines)
        painting[self.words] = gr.update(
            label=say("words.more" if begun else "words.label"),
            placeholder=say("words.hint"),
            **words,
        )
        return painting

    def progress(self, visit: Visit) -> Painting:
        """Only what changes while an answer is being prepared."""
        return {self.chat: gr.update(value=self._lines(visit), visible=True)}

    def mark_age(self, visit: Visit, wrong: str, *, hint: bool = False) -> Painting:
        """Say that what was typed is no age, or else, with `hint`, that a child's age would help."""
        return {self.age_wrong: self._cards.draw("age", visit, wrong=wrong, hint=hint)}

    def _frame(self, visit: Visit, say: Any) -> Painting:
        emergency = visit.is_emergency
        return {
            self.english: gr.update(elem_classes=_pressed(visit.language == "en")),
            self.chinese: gr.update(elem_classes=_pressed(visit.language == "zh")),
            self.larger: gr.update(value=say("button.larger")),
            self.person: gr.update(value=say("button.person")),
            self.alarm: gr.update(value=say("button.emergency"), visible=not emergency),
            self.notice: self._cards.draw("notice", visit),
            self.start_over: gr.update(value=say("button.start_over")),
            self.speech: self._cards.draw("speech", visit),
            self.idle: self._cards.draw("idle", visit, after=self._reset_seconds),
        }

    def _conversation(self, visit: Visit) -> Painting:
        alone = visit.is_emergency or visit.booking is not None
        talking = bool(visit.told.lines)
        painting = {
            self.hero: gr.update(
                value=self._cards.draw("hero", visit), visible=not (talking or alone)
            ),
            self.chat: gr.update(
                value=self._lines(visit),
                label=messages(visit.language).say("chat.label"),
                visible=talking and not alone,
            ),
            self.alert: self._cards.draw("alert", visit),
            self.panel: self._cards.panel(visit),
            self.composer: gr.update(visible=not alone),
            self.examples: gr.update(
                value=self._cards.draw(
                    "examples",
                    visit,
                    checklist=self._checklist or _fell_back(visit),
                    examples=EXAMPLES,
                    complaints=COMPLAINTS,
                ),
                visible=not alone and (not talking or _fell_back(visit)),
            ),
        }
        if not visit.working:
            last = visit.told.lines[-1].text.in_language(visit.language) if talking else ""
            painting[self.live] = html.escape(last) if card_name(visit) else ""
        return painting

    def _inputs(self, visit: Visit, say: Any) -> Painting:
        settled = card_name(visit) in ("offer", "confirm", "question") or visit.working
        return {
            self.send: gr.update(value=say("button.send"), visible=not visit.working),
            self.stop: gr.update(value=say("button.stop"), visible=visit.working),
            self.about: gr.update(visible=not settled),
            self.about_title: f"<h2>{html.escape(say('who.title'))}</h2>",
            self.who: gr.update(
                label=say("who.label"), choices=_choices(say, "who", "me child other")
            ),
            self.age: gr.update(label=say("age.label"), placeholder=say("age.hint")),
            self.sex: gr.update(
                label=say("sex.label"), choices=_choices(say, "sex", "female male")
            ),
            self.pregnant: gr.update(
                label=say("pregnant.label"), choices=_choices(say, "pregnant", "yes no")
            ),
        }

    def _lines(self, visit: Visit) -> list[dict[str, str]]:
        """The conversation for `gr.Chatbot`, escaped: it would take HTML."""
        lines = [
            {"role": line.speaker, "content": html.escape(line.text.in_language(visit.language))}
            for line in visit.told.lines
        ]
        if visit.step:
            at = STEPS.index(visit.step)
            steps = self._cards.draw(
                "steps", visit, steps=STEPS[: at + 1], at=at, seconds=visit.seconds
            )
            lines.append({"role": "assistant", "content": steps})
        return lines


def _choices(say: Any, group: str, names: str) -> list[tuple[str, str]]:
    return [(say(f"{group}.{name}"), name) for name in names.split()]


def _pressed(chosen: bool) -> list[str]:
    return ["dz-language", "dz-chosen"] if chosen else ["dz-language"]


def _fell_back(visit: Visit) -> bool:
    return visit.answer is not None and visit.answer.model.fell_back
