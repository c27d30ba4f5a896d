"""The newest shot and the newest request, painted on a thread of its own."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
from shots import bands

from rtseg.viewer.composition import Appearance, compose_whole
from rtseg.viewer.renderer import SHORTEST_NANOS, Renderer, Request

PANE = (64, 128)


class Painting:
    """Collects what a renderer paints."""

    def __init__(self):
        self.came = threading.Semaphore(0)
        self.renderer = Renderer(self.came.release)

    def next(self):
        assert self.came.acquire(timeout=10)
        return self.renderer.take()


def test_a_picture_is_painted_for_the_screen_as_b_g_r_x():
    painting, shot = Painting(), bands()
    with painting.renderer as renderer:
        renderer.show(shot)
        renderer.ask(Request(Appearance("mask"), PANE))
        painted = painting.next()
    expected = compose_whole(shot, Appearance("mask"))
    np.testing.assert_array_equal(painted.images[0][..., 2::-1], expected)
    np.testing.assert_allclose(painted.shares[:8], 1 / 8)
    assert painted.shares[8:].sum() == 0


def test_another_wish_paints_the_same_shot_again():
    painting, shot = Painting(), bands()
    with painting.renderer as renderer:
        renderer.ask(Request(Appearance("mask"), PANE))
        renderer.show(shot)
        painting.next()
        renderer.ask(Request(Appearance("side"), PANE))
        painted = painting.next()
    assert painted.shot is shot
    assert len(painted.images) == 2


def test_a_flood_of_shots_costs_as_many_pictures_as_a_screen_can_show():
    painting = Painting()
    shot = bands()
    with painting.renderer as renderer:
        renderer.ask(Request(Appearance("source"), PANE))
        began = time.monotonic_ns()
        for number in range(2000):
            renderer.show(replace(shot, number=number))
        last = painting.next()
        while last is None or last.shot.number < 1999:
            last = painting.next()
        pictures = 1 + (time.monotonic_ns() - began) // SHORTEST_NANOS
        assert last.shot.number == 1999
    left = 0
    while painting.came.acquire(blocking=False):
        left += 1
    assert left <= pictures


def test_what_fails_is_told_and_the_next_shot_is_painted():
    painting, shot = Painting(), bands()
    with painting.renderer as renderer:
        renderer.ask(Request(Appearance("no such mode"), PANE))
        renderer.show(shot)
        assert painting.next() is None
        assert isinstance(renderer.failure, KeyError)
        renderer.ask(Request(Appearance("mask"), PANE))
        assert painting.next().shot is shot


def test_a_shot_that_was_forgotten_is_painted_no_more():
    painting = Painting()
    with painting.renderer as renderer:
        renderer.show(bands())
        renderer.forget()
        renderer.ask(Request(Appearance("mask"), PANE))
        renderer.show(bands(number=7))
        assert painting.next().shot.number == 7
