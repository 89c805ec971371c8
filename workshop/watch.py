"""Save, grade, show; and keys."""

import queue
from collections.abc import Callable
from contextlib import AbstractContextManager

from workshop import compare, guide, hints, layout
from workshop.course import Course, Lesson
from workshop.keys import Tell, keys_pressed
from workshop.live import graded
from workshop.progress import Progress
from workshop.saves import Saves
from workshop.screen import Screen
from workshop.signals import terminable
from workshop.testbed.process import warm_up
from workshop.verdict import PASS, Verdict

SAVED = "saved"
KEYS = {"h": "hint", "n": "next", "l": "list", "r": "rerun", "d": "diff", "q": "quit"}
ENDS_A_RUN = "qr"
TICK = 0.5
"""Seconds after which a wait looks up, since on Windows ^C does not end it."""


class Watch:
    """The loop: one thread notices saves, one reads keys; this one grades and writes."""

    def __init__(self, course: Course, lesson: Lesson, screen: Screen) -> None:
        self.course = course
        self.lesson = lesson
        self.screen = screen
        self.events: queue.Queue[str] = queue.Queue()
        self.verdict: Verdict | None = None
        self._saves: Saves | None = None
        self._warned = False
        self._actions: dict[str, Callable[[], None]] = {
            SAVED: self.grade,
            "r": self.rerun,
            "h": self.hint,
            "n": self.go_on,
            "l": self.show_list,
            "d": self.diff,
        }

    # What happens

    def run(self, keys: Callable[[Tell], AbstractContextManager[None]] = keys_pressed) -> None:
        """Grade now and after each save, and do what keys ask for, until q or ^C."""
        self._begin()
        try:
            with terminable(), keys(self.press):
                self.grade()
                while (event := self._next_event()) != "q":
                    self._actions.get(event, lambda: None)()
        except KeyboardInterrupt:
            self.screen.line()
        finally:
            self._end()

    def press(self, key: str) -> None:
        """Take a key, from any thread."""
        self.events.put(key)

    def _begin(self) -> None:
        layout.ensure_work(self.course, self.lesson)
        warm_up(self.course.preload(self.lesson))
        self._saves = Saves(self.lesson.work, lambda: self.events.put(SAVED))

    def _end(self) -> None:
        if self._saves:
            self._saves.close()

    def _next_event(self) -> str:
        while True:
            try:
                return self.events.get(timeout=TICK)
            except queue.Empty:
                continue

    # What the keys do

    def grade(self) -> None:
        """Grade the lesson and show the verdict; a save meanwhile ends the run, since it starts another one."""
        self._forget_saves()
        self._warned = False
        self.screen.clear()
        if not self.lesson.work.is_dir():
            self._say_gone()
            return
        verdict = graded(self.screen, self.lesson, stop=self._outdated, suspects=self._suspects)
        if not self._outdated():
            self.verdict = verdict
            self._close_page()

    def rerun(self) -> None:
        """Grade again; lay the starter out first where the folder is gone."""
        layout.ensure_work(self.course, self.lesson)
        self.grade()

    def hint(self) -> None:
        """Show the next hint, below the verdict."""
        self.screen.line()
        if self.verdict:
            self.screen.lines(hints.next_hint(self.course, self.lesson, self.verdict, self.screen.paper))
        else:
            self.screen.line("  There is no verdict yet; r grades.")
        self._show_keys()

    def go_on(self) -> None:
        """Lay the next lesson out, if need be, and watch it; ask once more where this one is not passed."""
        following = guide.following(self.course, self.lesson)
        passed = Progress.of(self.course).passed(self.lesson)
        if following and (passed or self._warned):
            self._change_to(following)
            return
        self._warned = True
        self.screen.line()
        unfinished = "This lesson is not passed yet; n again goes on all the same."
        self.screen.say(unfinished if following else "This is the last lesson.")
        self._show_keys()

    def show_list(self) -> None:
        """Show the lessons."""
        self.screen.clear()
        self.screen.lines(guide.overview(self.course, self.lesson, self.screen.paper))
        self._show_keys()

    def diff(self) -> None:
        """Show the learner's files beside the solution's."""
        self.screen.clear()
        if not self.lesson.work.is_dir():
            self._say_gone()
            return
        compare.show_differences(self.course, self.lesson, self.screen)
        self._show_keys()

    @property
    def _suspects(self) -> list[str]:
        """The steps that have yet to pass, as far as is known."""
        if self.verdict is None:
            return [step.name for step in self.lesson.steps]
        passed = {step.name for step in self.verdict.steps if not step.missed}
        return [step.name for step in self.lesson.steps if step.name not in passed]

    @property
    def _passed(self) -> bool:
        return self.verdict is not None and self.verdict.status == PASS

    def _change_to(self, lesson: Lesson) -> None:
        self._end()
        self.lesson, self.verdict = lesson, None
        self._begin()
        self.grade()

    def _outdated(self) -> bool:
        """Whether a save or a key makes the run that is under way pointless; what waits is done right after it."""
        with self.events.mutex:
            return any(event in self.events.queue for event in (SAVED, *ENDS_A_RUN))

    def _forget_saves(self) -> None:
        """Drop the saves that the coming run will see; keep the keys."""
        with self.events.mutex:
            kept = [event for event in self.events.queue if event != SAVED]
            self.events.queue.clear()
            self.events.queue.extend(kept)

    # What is written

    def _say_gone(self) -> None:
        self.verdict = None
        self.screen.say(f"work/{self.lesson.name} is gone. Put it back, or press r: that lays the starter out again.")
        self._show_keys()

    def _close_page(self) -> None:
        self.screen.line()
        following = guide.following(self.course, self.lesson)
        if self._passed and following:
            self.screen.say(f"Passed. n goes on to lesson {following.heading}.", "good")
        elif self._passed:
            self.screen.say("Passed, and it was the last lesson.", "good")
        else:
            self.screen.lines(guide.next_steps(self.lesson, watched=True))
        self._show_keys()

    def _show_keys(self) -> None:
        self.screen.line()
        self.screen.line("  " + "   ".join(f"{key} {word}" for key, word in KEYS.items()), "dim")
