"""Whole visits in a real browser, in both languages."""

from __future__ import annotations

import pytest

from assistant.reception import Reception
from scheduler.records import Records
from tests.browser.conftest import Open, Serve, photograph, say, wait_for
from tests.fake_reception import FakeReception

WORDS = {"en": "stomach ache after meals for two weeks", "zh": "饭后胃痛两个星期了"}
BOOKED = {"en": "Your appointment is booked", "zh": "预约成功"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_visit_from_words_to_ticket(visit: Open, desk: FakeReception, language: str) -> None:
    page = visit(language=language)
    page.fill("#dz-age input", "34")
    page.click("#dz-sex label:first-of-type")
    page.click("#dz-pregnant label:last-of-type")
    photograph(page, f"visit-{language}-1-start")
    say(page, WORDS[language])
    page.wait_for_selector(".dz-offer")
    assert WORDS[language] in page.inner_text("#dz-chat")
    assert page.locator(".dz-offer").count() == 3
    page.click(".dz-why summary")
    assert WORDS[language][:10] in page.inner_text(".dz-why")
    page.click(".dz-understood summary")
    photograph(page, f"visit-{language}-2-offers")
    page.click('[data-act="take:1"]')
    page.wait_for_selector('[data-act="confirm"]')
    photograph(page, f"visit-{language}-3-confirm")
    page.click('[data-act="confirm"]')
    page.wait_for_selector(".dz-number")
    photograph(page, f"visit-{language}-4-ticket")
    assert BOOKED[language] in page.inner_text("#dz-panel")
    assert page.locator(".dz-qr svg").count() == 1
    assert [who for who, _ in desk.booked] == ["p1"]
    assert not page.is_visible("#dz-words")
    person = desk.heard[0].person
    assert (person.age, person.sex, person.pregnant) == (34, "female", False)


def test_two_quick_taps_book_once(visit: Open, desk: FakeReception) -> None:
    page = visit()
    say(page, WORDS["en"])
    page.click('[data-act="take:0"]')
    page.dblclick('[data-act="confirm"]')
    page.wait_for_selector(".dz-number")
    page.wait_for_timeout(300)
    assert len(desk.booked) == 1


def test_going_back_to_the_choices_books_nothing(visit: Open, desk: FakeReception) -> None:
    page = visit()
    say(page, WORDS["en"])
    page.click('[data-act="take:0"]')
    page.click('[data-act="back"]')
    page.wait_for_selector('[data-act="take:2"]')
    assert desk.booked == []


def test_a_second_message_adds_to_the_first(visit: Open, desk: FakeReception) -> None:
    page = visit()
    say(page, "stomach ache")
    page.wait_for_selector(".dz-offer")
    say(page, "and I feel sick")
    wait_for(lambda: len(desk.heard) == 2)
    assert desk.heard[1].words == "stomach ache\nand I feel sick"


def test_a_time_that_is_gone_brings_fresh_offers(visit: Open, desk: FakeReception) -> None:
    desk.slots_to_lose = 1
    page = visit()
    say(page, WORDS["en"])
    page.click('[data-act="take:0"]')
    page.click('[data-act="confirm"]')
    page.wait_for_selector(".dz-alert")
    assert "Somebody else" in page.inner_text(".dz-alert")
    photograph(page, "taken")
    page.click('[data-act="take:0"]')
    page.click('[data-act="confirm"]')
    page.wait_for_selector(".dz-number")


def test_without_records_nothing_is_lost(visit: Open, desk: FakeReception) -> None:
    page = visit()
    say(page, WORDS["en"])
    page.click('[data-act="take:0"]')
    desk.records_down = True
    page.click('[data-act="confirm"]')
    page.wait_for_selector(".dz-alert")
    photograph(page, "records")
    desk.records_down = False
    page.click('[data-act="confirm"]')
    page.wait_for_selector(".dz-number")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_emergency_shows_where_to_go_and_books_nothing(
    visit: Open, desk: FakeReception, language: str
) -> None:
    page = visit(language=language)
    say(page, "crushing chest pain" if language == "en" else "胸口压榨样疼痛")
    page.wait_for_selector(".dz-is-emergency")
    photograph(page, f"emergency-{language}")
    text = page.inner_text("#dz-panel")
    assert "120" in text
    assert ("red signs" if language == "en" else "红色标识") in text
    assert [reason for reason, _ in desk.called] == ["emergency"]
    for hidden in ("#dz-words", "#dz-send", "#dz-alarm", "#dz-chat", "[data-act]"):
        assert not page.is_visible(hidden)
    for visible in ("#dz-start-over", "#dz-person", "#dz-zh"):
        assert page.is_visible(visible)


def test_the_emergency_button_tells_the_desk(visit: Open, desk: FakeReception) -> None:
    page = visit()
    page.click("#dz-alarm")
    page.wait_for_selector(".dz-is-emergency")
    wait_for(lambda: bool(desk.called))
    reason, answer = desk.called[0]
    assert reason == "emergency_button"
    assert answer is not None
    assert answer.urgency.acuity == 1
    page.wait_for_selector("text=The desk has been told")
    photograph(page, "emergency-button")


@pytest.mark.parametrize(("answer", "card"), [("yes", ".dz-is-emergency"), ("no", ".dz-offer")])
def test_a_red_flag_is_asked_about(
    visit: Open, desk: FakeReception, answer: str, card: str
) -> None:
    page = visit()
    say(page, "headache, no stiff neck")
    page.wait_for_selector(".dz-question")
    photograph(page, "question")
    page.click(f'[data-act="{answer}:meningitis"]')
    if answer == "no":
        page.click('[data-act="no:heart_attack"]')
    page.wait_for_selector(card)
    noted = desk.heard[-1].confirmed if answer == "yes" else desk.heard[-1].denied
    assert "meningitis" in noted
    assert len(desk.heard) == 2


def test_whoever_does_not_know_is_sent_to_a_person(visit: Open, desk: FakeReception) -> None:
    page = visit()
    say(page, "headache, no stiff neck")
    page.click('[data-act="unknown:meningitis"]')
    page.click('[data-act="no:heart_attack"]')
    page.wait_for_selector(".dz-is-desk")
    assert "A person should look at this with you" in page.inner_text("#dz-panel")
    assert desk.heard[-1].unsure == {"meningitis"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_three_questions_and_then_an_offer(visit: Open, desk: FakeReception, language: str) -> None:
    page = visit()
    page.click(f"#dz-{language}")
    say(page, "danger, age, complaint")
    page.wait_for_selector(".dz-tick")
    photograph(page, f"question-danger-{language}")
    page.click('[data-act="answer:"]')
    page.wait_for_selector(".dz-alert")
    assert len(desk.heard) == 1
    page.check('.dz-tick input[value="0"]')
    page.check('.dz-tick input[value="2"]')
    page.click('[data-act="answer:"]')
    page.wait_for_selector('[data-act="answer:7"]')
    photograph(page, f"question-age-{language}")
    page.click('[data-act="answer:6"]')
    page.wait_for_selector('[data-act="answer:1"]:not([data-act="answer:7"])')
    page.wait_for_selector("text=/burning after meals|饭后烧心/")
    photograph(page, f"question-complaint-{language}")
    page.click('[data-act="answer:none"]')
    page.wait_for_selector(".dz-offer")
    given = {reply.subject: reply.chosen for reply in desk.heard[-1].replies}
    assert given == {"danger": ("stiff_neck", "drowsy"), "age": ("40_to_64",), "complaint": ()}


@pytest.mark.parametrize("problem", ["unsure", "full", "records"])
def test_a_person_helps_where_the_machine_cannot(
    visit: Open, desk: FakeReception, problem: str
) -> None:
    page = visit()
    say(page, f"something {problem}")
    page.wait_for_selector(".dz-is-desk")
    photograph(page, f"desk-{problem}")
    text = page.inner_text("#dz-panel")
    assert "Guidance Desk" in text
    assert "has been told" in text
    assert "General Surgery" in text


def test_talk_to_a_person(visit: Open, desk: FakeReception) -> None:
    page = visit()
    page.click("#dz-person")
    page.wait_for_selector(".dz-alert")
    assert "Guidance Desk" in page.inner_text(".dz-alert")
    page.click("#dz-person")
    page.wait_for_timeout(400)
    assert [reason for reason, _ in desk.called] == ["asked_for_a_person"]
    photograph(page, "person")


@pytest.mark.parametrize("words", ["!!! 123 ???", "болит живот очень сильно", "ache " * 400])
def test_unreadable_words_stay_in_the_box(visit: Open, words: str) -> None:
    page = visit()
    say(page, words)
    page.wait_for_selector(".dz-is-unreadable")
    photograph(page, f"unreadable-{len(words)}")
    assert page.input_value("#dz-words textarea") == words.strip()
    if words.startswith("б"):
        assert "英文" in page.inner_text("#dz-panel")
        assert "English" in page.inner_text("#dz-panel")


@pytest.mark.parametrize("age", ["-3", "300", "abc"])
def test_an_age_that_is_none_is_said_so_and_nothing_is_sent(
    visit: Open, desk: FakeReception, age: str
) -> None:
    page = visit()
    page.fill("#dz-age input", age)
    say(page, "cough")
    page.wait_for_selector("#dz-age-wrong")
    assert page.get_attribute("#dz-age input", "aria-invalid") == "true"
    page.wait_for_timeout(300)
    assert desk.heard == []
    assert page.input_value("#dz-words textarea") == "cough"
    photograph(page, "age")


def test_the_language_changes_mid_visit(visit: Open) -> None:
    page = visit()
    say(page, WORDS["en"])
    page.wait_for_selector(".dz-offer")
    page.click("#dz-zh")
    page.wait_for_selector("html[lang=zh]")
    page.wait_for_selector("text=为您推荐")
    page.click(".dz-why summary")
    for text in ("消化内科接诊这类情况", "换一位医生", "晚40分钟，不过是女医生", "3月3日"):
        assert text in page.inner_text("#dz-panel")
    assert page.inner_text("#dz-alarm") == "紧急情况"
    assert page.title().startswith("导诊")
    photograph(page, "language")
    page.click("#dz-en")
    page.wait_for_selector("text=Here is what I suggest")


def test_stop_gives_the_words_back(visit: Open, desk: FakeReception) -> None:
    page = visit()
    say(page, "slowly growing pain")
    page.wait_for_selector(".dz-steps .now b")
    assert not page.is_visible("#dz-send")
    photograph(page, "working")
    page.click("#dz-stop")
    page.wait_for_selector(".dz-alert")
    assert page.input_value("#dz-words textarea") == "slowly growing pain"
    wait_for(desk.abandoned.is_set)
    say(page, "stomach ache")
    page.wait_for_selector(".dz-offer")


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "slowly in line"), ("zh", "slowly in line，肚子疼")],
)
def test_who_has_to_wait_sees_how_many_come_first(visit: Open, language: str, words: str) -> None:
    page = visit(language=language)
    say(page, words)
    page.wait_for_selector("text=2 ahead of you" if language == "en" else "text=前面还有2位")
    photograph(page, f"line-{language}")


def test_leaving_the_page_stops_the_work(visit: Open, desk: FakeReception) -> None:
    page = visit()
    say(page, "slowly growing pain")
    page.wait_for_selector(".dz-steps .now b")
    page.close()
    wait_for(desk.abandoned.is_set, seconds=30)


def test_a_failure_keeps_the_words_and_says_none_of_them(visit: Open) -> None:
    page = visit()
    say(page, "a broken heart")
    page.wait_for_selector(".dz-alert")
    assert page.input_value("#dz-words textarea") == "a broken heart"
    assert "the patient said" not in page.inner_text("body")


def test_without_a_model_there_is_a_checklist(visit: Open, desk: FakeReception) -> None:
    desk.model = None
    page = visit()
    page.click('[data-act="complaint:2"]')
    page.wait_for_function("document.querySelector('#dz-words textarea').value === 'fever'")
    page.click('[data-act="complaint:3"]')
    page.wait_for_function("document.querySelector('#dz-words textarea').value === 'fever, cough'")
    photograph(page, "checklist")
    say(page, "rules")
    page.wait_for_selector(".dz-offer")
    assert "fixed rules" in page.inner_text("#dz-panel")


def test_examples_fill_the_box_and_send_nothing(visit: Open, desk: FakeReception) -> None:
    page = visit(language="zh")
    page.click('[data-act="example:1"]')
    page.wait_for_function("document.querySelector('#dz-words textarea').value.includes('胃痛')")
    assert desk.heard == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_not_so_is_taken_out_and_put_back(
    visit: Open, desk: FakeReception, language: str
) -> None:
    page = visit(language=language)
    say(page, WORDS[language])
    page.wait_for_selector(".dz-offer")
    page.click(".dz-understood summary")
    page.click('[data-act="withdraw:0"]')
    page.wait_for_selector('[data-act="restore:0"]')
    photograph(page, f"withdrawn-{language}")
    assert page.locator(".dz-chip.withdrawn").count() == 1
    (withdrawn,) = desk.heard[-1].withdrawn
    assert withdrawn.quote in WORDS[language]
    assert page.is_visible('[data-act="withdraw:1"]')
    page.click('[data-act="restore:0"]')
    page.wait_for_selector(".dz-chip.withdrawn", state="detached")
    assert desk.heard[-1].withdrawn == ()


def test_without_a_timetable_the_department_is_enough(visit: Open) -> None:
    page = visit()
    say(page, "what about the timetable")
    page.wait_for_selector("text=Go to Gastroenterology")
    assert not page.is_visible('[data-act^="take"]')
    photograph(page, "no-timetable")


def test_a_minor_ailment_may_still_be_booked(visit: Open) -> None:
    page = visit()
    say(page, "a cold")
    page.wait_for_selector(".dz-minor")
    assert page.is_visible('[data-act="take:0"]')
    photograph(page, "minor")


def test_the_real_reception_answers(visit: Open, serve: Serve, reception: Reception) -> None:
    page = visit(address=serve(reception))
    say(page, "stomach ache after meals for two weeks")
    page.wait_for_selector(".dz-card")
    photograph(page, "real")
    page.click('[data-act="take:0"]')
    page.click('[data-act="confirm"]')
    page.wait_for_selector(".dz-number")
    photograph(page, "real-ticket")


def test_the_first_screen_offers_language_and_emergency_in_large(
    visit: Open, desk: FakeReception
) -> None:
    page = visit()
    page.click('.dz-begin [data-press="#dz-zh"]')
    page.wait_for_selector("html[lang=zh]")
    page.click(".dz-begin .dz-alarm")
    page.wait_for_selector(".dz-is-emergency")
    assert [reason for reason, _ in desk.called] == ["emergency_button"]


SPEECH = """
window.SpeechRecognition = class {
  static async available({langs, processLocally}) {
    return processLocally && langs[0] === 'en-GB' ? 'available' : 'unavailable';
  }
  start() {
    if (!this.processLocally) throw new Error('it would go to somebody else');
    const heard = [{transcript: 'stomach ache after meals'}];
    setTimeout(() => this.onresult({results: [heard], resultIndex: 0}), 50);
  }
  abort() { this.onend(); }
};
"""


def test_what_is_spoken_is_written_where_the_browser_itself_can_do_that(
    visit: Open, desk: FakeReception
) -> None:
    page = visit()
    assert not page.is_visible("[data-speak]")  # this browser asks a server of its maker's
    page.context.add_init_script(SPEECH)
    page.reload()
    page.click("[data-speak]")
    page.wait_for_function("document.querySelector('#dz-words textarea').value.includes('stomach')")
    assert page.get_attribute("[data-speak]", "aria-pressed") == "true"
    page.click("#dz-send")
    page.wait_for_selector(".dz-offer")
    assert desk.heard[-1].words == "stomach ache after meals"
    page.click("#dz-zh")
    page.wait_for_selector("html[lang=zh]")
    assert not page.is_visible("[data-speak]")


def test_a_ticket_says_how_long_it_takes(visit: Open) -> None:
    page = visit()
    say(page, "stomach ache after meals")
    page.click('[data-act="take:0"]')
    page.click('[data-act="confirm"]')
    page.wait_for_selector(".dz-number")
    assert "2 h 10 min" in page.inner_text(".dz-paper")


def test_two_kiosks_race_for_the_same_time_and_one_gets_it(
    visit: Open, serve: Serve, reception: Reception, records: Records
) -> None:
    address = serve(reception)
    first, second = visit(address=address), visit(address=address)
    for page in (first, second):
        say(page, "stomach ache after meals")
        page.click('[data-act="take:0"]')
        page.wait_for_selector('[data-act="confirm"]')
    for page in (first, second):
        page.evaluate("document.querySelector('[data-act=\"confirm\"]').click()")
    for page in (first, second):
        page.wait_for_selector(".dz-number, .dz-alert")
    assert sorted(page.locator(".dz-number").count() for page in (first, second)) == [0, 1]
    slower = first if second.locator(".dz-number").count() else second
    slower.wait_for_selector('[data-act="take:0"]')  # fresh offers, without the time that is gone
    slower.click('[data-act="take:0"]')
    slower.click('[data-act="confirm"]')
    slower.wait_for_selector(".dz-number")
    tickets = {page.inner_text(".dz-number") for page in (first, second)}
    assert len(tickets) == 2
    assert records.verify_audit().ok
