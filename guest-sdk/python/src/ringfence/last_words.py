"""What is said of an exception that ends a strategy?"""

# The most that a note holds.
_BYTES_MAX = 512


def last_words(error: BaseException) -> str:
    """Type and text, then the lines it came through, the innermost first; as much as a note holds.

    The module `traceback` looks for source files, and a component has none to look for.
    """
    lines, step = [], error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        lines.append(f"{code.co_filename.rpartition('/')[2]}:{step.tb_lineno} in {code.co_name}")
        step = step.tb_next
    return _cut("\n".join([f"{type(error).__name__}: {_text_of(error)}", *reversed(lines)]))


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "(it has no text)"


def _cut(text: str) -> str:
    return text.encode(errors="replace")[:_BYTES_MAX].decode(errors="ignore")
