#!/usr/bin/env python3
"""Checks the table of the crate `answers` against SymPy, where SymPy can read a pair, and prints how long it takes.

    python3 -m venv venv && venv/bin/pip install sympy antlr4-python3-runtime==4.11
    venv/bin/python scripts/answers-sympy.py answers/tests/pairs.txt

Ends with 1 when SymPy and the table disagree on a pair that isn't listed in KNOWN, with the reason why we say otherwise.
"""

import multiprocessing
import re
import statistics
import sys
import time

SECONDS = 10

# Pairs on which SymPy's answer isn't the one a school gives.
KNOWN = {
    "\\sqrt[3]{-8}|-2": "a real root: SymPy takes the principal one, which is complex",
    "(-8)^{1/3}|-2": "a real root, as above",
    "(-8)^(2/3)|4": "a real root, as above",
    "\\sqrt[3]{2+\\sqrt{5}}+\\sqrt[3]{2-\\sqrt{5}}|1": "a real root, as above",
    "\\sqrt[3]{x^3}|x": "a real root, as above",
}


def plain(text):
    """Plain notation as SymPy's parser wants it; None for what it has no words for."""
    if re.search(r"[\\{}=<>≤≥≠,;|¦\[\]±∞°%…]|\.\.\.|\bor\b|\band\b|mod|\d [\dCP]|choose", text):
        return None
    for old, new in [("−", "-"), ("·", "*"), ("×", "*"), ("÷", "/"), ("π", "pi"), ("²", "^2"), ("³", "^3"), ("√", "sqrt ")]:
        text = text.replace(old, new)
    return text if text.isascii() else None


def read(text):
    from sympy import E, I, N, Symbol, log, pi, sqrt
    from sympy.parsing import latex, sympy_parser as parser

    names = {letter: Symbol(letter, real=True) for letter in "abcdfghjklmnopqrstuvwxyzABCFGHKPRUVX"}
    names.update(e=E, i=I, pi=pi, ln=log, log=lambda x, b=10: log(x, b), N=N, sqrt=sqrt)
    source = plain(text)
    if source is not None:
        steps = parser.standard_transformations + (
            parser.convert_xor,
            parser.split_symbols,
            parser.implicit_multiplication,
            parser.implicit_application,
            parser.function_exponentiation,
        )
        return parser.parse_expr(source, local_dict=names, transformations=steps)
    if "\\" not in text or re.search(r"[=<>,;|¦°%]|\\(pm|text|begin|in|cup|{|lfloor|lceil|binom|dot|overline|left\\{)|\\log(?!_)", text):
        return None
    tree = latex.parse_latex(text.replace("\\tfrac", "\\frac").replace("\\lvert", "|").replace("\\rvert", "|"))
    swap = {symbol: names[symbol.name] for symbol in tree.free_symbols if symbol.name in names}
    swap[Symbol("pi")] = pi
    return tree.subs(swap)


def check(pipe, expected, given):
    from sympy import simplify

    try:
        a, b = read(expected), read(given)
        if a is None or b is None:
            pipe.send((None, 0.0))
            return
        start = time.perf_counter()
        difference = simplify(a - b)
        equal = difference == 0 or difference.equals(0)
        pipe.send((equal, time.perf_counter() - start))
    except BaseException as error:  # SymPy raises whatever it meets on the way
        pipe.send((None, 0.0))
        print(f"  unread: {expected} | {given}: {type(error).__name__}", file=sys.stderr)


def ask(expected, given):
    ours, theirs = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.Process(target=check, args=(theirs, expected, given))
    child.start()
    answer = ours.recv() if ours.poll(SECONDS) else (None, float(SECONDS))
    child.terminate()
    child.join()
    return answer


def main(path):
    import sympy  # noqa: F401  so that the children have it already
    import sympy.parsing.latex  # noqa: F401

    multiprocessing.set_start_method("fork")
    times, checked, wrong, hung = [], 0, [], 0
    for line in open(path, encoding="utf-8"):
        parts = [part.strip() for part in line.rstrip("\n").split("|")]
        if line.startswith("#") or len(parts) < 3 or len(parts) > 3 and parts[3]:
            continue
        expected, given, equal = parts[0], parts[1], parts[2] == "1"
        verdict, seconds = ask(expected, given)
        hung += seconds >= SECONDS
        if verdict is None:
            continue
        checked += 1
        times.append(seconds)
        if verdict != equal and f"{expected}|{given}" not in KNOWN:
            wrong.append(f"{expected} | {given}: the table says {equal}, SymPy {verdict}")
    print(f"{checked} pairs read by SymPy, {hung} given up after {SECONDS} s")
    print(f"SymPy: median {statistics.median(times) * 1000:.1f} ms, worst {max(times) * 1000:.0f} ms")
    print("\n".join(wrong) if wrong else "SymPy agrees with the table")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
