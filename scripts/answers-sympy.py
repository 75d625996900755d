#!/usr/bin/env python3
"""Compares the table of the crate `answers` with SymPy, where SymPy can read a pair, and prints the times.

    python3 -m venv venv && venv/bin/pip install sympy antlr4-python3-runtime==4.11
    venv/bin/python scripts/answers-sympy.py answers/tests/pairs.txt

Exits with 1 if SymPy and the table disagree on a pair that is not in KNOWN with a reason.
"""

import multiprocessing
import re
import statistics
import sys
import time

SECONDS = 10

# Pairs for which a school expects another result than SymPy's.
KNOWN = {
    "\\sqrt[3]{-8}|-2": "a real root: SymPy takes the principal one, which is complex",
    "(-8)^{1/3}|-2": "a real root, as above",
    "(-8)^(2/3)|4": "a real root, as above",
    "\\sqrt[3]{2+\\sqrt{5}}+\\sqrt[3]{2-\\sqrt{5}}|1": "a real root, as above",
    "\\sqrt[3]{x^3}|x": "a real root, as above",
    "\\sin x/2|\\frac{\\sin x}{2}": "SymPy reads sin(x/2)",
    "sin x cos y|cos(y)*sin(x)": "SymPy reads sin(x cos y)",
    "\\ln(x-1)+\\ln(x+1)|\\ln(x^2-1)": "equal where both sides are defined, for x > 1; SymPy asks for x > 0",
    "A|a": "small and large letters are the same unless the box says otherwise",
    "X^2+1|x^2+1": "as above",
    "\\frac{x^3}{3}+C|\\frac13x^3+c": "as above",
}

# Input that SymPy's two parsers reject, or misread without an error.
PLAIN = r"[\\{}=<>≤≥≠≈,;:|¦\[\]±∞°%…√²³]|\.\.\.|mod|\d [\dCPx]|\d[CPeE]-?\d|_|\b0\d|!!|log_?\d|sqrt\d|[a-z]\d|\b[A-Za-z]{2}\b(?<!pi)"
WORDS = r"(?!(?:arc)?(?:sin|cos|tan|sec|csc|cot)h?\b|exp\b|log\b|sqrt\b|abs\b|gcd\b)[A-Za-z]{3,}"
LATEX = (
    r"[=_<>,;:|¦°%πα-ω]|\\(pm|mp|text|approx|begin|in|cup|\{|lfloor|lceil|l?vert|dot|overline|bmod|operatorname|circ|empty|left\\|"
    r"exponentialE|imaginaryI|mleft|max|min|gcd|log(?!_))|\d\\[td]?frac|\d[eE]\d|\^\d\d|\^-\d|\\sqrt\d|\d choose|\dC"
)


def read(text, positive):
    from sympy import E, I, N, Symbol, log, pi, sqrt
    from sympy.parsing import latex, sympy_parser as parser

    kind = {"positive": True} if positive else {"real": True}
    names = {letter: Symbol(letter, **kind) for letter in "abcdfghjklmnopqrstuvwxyzABCFGHKPRUVX"}
    names.update(e=E, i=I, pi=pi, ln=log, log=lambda x, b=10: log(x, b), N=N, sqrt=sqrt)
    if "\\" not in text and "{" not in text:
        for old, new in [("−", "-"), ("·", "*"), ("×", "*"), ("÷", "/")]:
            text = text.replace(old, new)
        if re.search(PLAIN, text) or re.search(WORDS, text) or not text.isascii():
            return None
        steps = parser.standard_transformations + (
            parser.rationalize,
            parser.convert_xor,
            parser.split_symbols,
            parser.implicit_multiplication,
            parser.implicit_application,
            parser.function_exponentiation,
        )
        return parser.parse_expr(text, local_dict=names, transformations=steps)
    if re.search(LATEX, text):
        return None
    from sympy import nsimplify

    tree = latex.parse_latex(text.replace("\\tfrac", "\\frac"))
    swap = {symbol: names[symbol.name] for symbol in tree.free_symbols if symbol.name in names}
    swap[Symbol("pi")] = pi
    return nsimplify(tree.subs(swap), rational=True)


def check(pipe, expected, given):
    from sympy import simplify

    try:
        # Logarithms are added if both sides have one.
        positive = bool(re.search(r"ln|log|arc", expected + given))
        a, b = read(expected, positive), read(given, positive)
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
