"""What is said of an exception that ends a strategy."""

from ringfence.last_words import last_words


def _said(error: Exception) -> str:
    try:
        _raise(error)
    except Exception as raised:
        return last_words(raised)
    raise AssertionError("it was raised")


def _raise(error: Exception) -> None:
    raise error


def test_type_and_text_come_first_and_then_the_innermost_line() -> None:
    head, inner, outer = _said(ValueError("no price")).split("\n")
    assert head == "ValueError: no price"
    assert inner.startswith("test_last_words.py:") and inner.endswith(" in _raise")
    assert outer.endswith(" in _said")


def test_it_is_no_longer_than_a_note_and_ends_with_a_whole_letter() -> None:
    said = _said(ValueError("ä" * 600))
    assert said.startswith("ValueError: ää") and 511 <= len(said.encode()) <= 512


def test_an_exception_whose_text_cannot_be_had_is_told_all_the_same() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert _said(Mute()).startswith("Mute: (it has no text)\n")
