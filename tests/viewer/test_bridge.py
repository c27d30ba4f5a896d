"""Threads ring, the event loop answers."""

from __future__ import annotations

import threading

from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication

from rtseg.viewer.bridge import Doorbell


def test_a_thousand_rings_before_the_loop_comes_are_one_event(qtbot):
    bell, answers = Doorbell(), []
    bell.answered.connect(lambda: answers.append(threading.current_thread()))
    threads = [threading.Thread(target=lambda: [bell.ring() for _ in range(250)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    qtbot.waitUntil(lambda: len(answers) > 0)
    qtbot.wait(20)
    assert answers == [threading.main_thread()]


def test_a_ring_while_it_is_answered_is_answered_too(qtbot):
    bell, answers = Doorbell(), []

    def answer():
        answers.append(1)
        if len(answers) < 3:
            bell.ring()

    bell.answered.connect(answer)
    bell.ring()
    qtbot.waitUntil(lambda: len(answers) == 3)


def test_a_bell_that_was_muffled_and_deleted_may_still_be_rung(qtbot):
    bell = Doorbell()
    bell.muffle()
    bell.deleteLater()
    QApplication.sendPostedEvents(bell, QEvent.Type.DeferredDelete.value)
    ringing = threading.Thread(target=bell.ring)
    ringing.start()
    ringing.join()
