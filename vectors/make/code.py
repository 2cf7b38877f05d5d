"""Writes vectors/code.json: codes, what people type for them, and what must be refused.

    python3 vectors/make/code.py > vectors/code.json

Independent of the implementation: the field is built from a table of powers, and the check symbol is found by trying
all 32 of them, so that exactly one must fit. Only the standard library is used.
"""
import hashlib
import json

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DATA, SYMBOLS = 13, 14

# GF(2^5) modulo x^5 + x^2 + 1: POWER[i] = x^i, and LOG is its inverse. x has order 31.
POWER = [1]
while len(POWER) < 31:
    doubled = POWER[-1] * 2
    POWER.append(doubled ^ 0b100101 if doubled >= 32 else doubled)
assert sorted(POWER) == list(range(1, 32))
LOG = {value: i for i, value in enumerate(POWER)}


def times(a, b):
    return 0 if a == 0 or b == 0 else POWER[(LOG[a] + LOG[b]) % 31]


def weighted_sum(symbols):
    total = 0
    for i, symbol in enumerate(symbols):
        total ^= times(POWER[i % 31], symbol)
    return total


def complete(data):
    fitting = [c for c in range(32) if weighted_sum(data + [c]) == 0]
    assert len(fitting) == 1
    return data + fitting


def text(symbols):
    return "".join(ALPHABET[c] for c in symbols)


def drawn(label):
    digest = hashlib.sha256(("lindung/vectors/code/" + label).encode()).digest()
    return [byte % 32 for byte in digest[:DATA]]


def read(typed):
    """The 14 symbols meant, or None."""
    kept = [c for c in typed.upper() if c not in " -"]
    meant = "".join({"O": "0", "I": "1", "L": "1"}.get(c, c) for c in kept)
    if len(meant) != SYMBOLS or any(c not in ALPHABET for c in meant):
        return None
    return meant if weighted_sum([ALPHABET.index(c) for c in meant]) == 0 else None


samples = [[0] * DATA, [0] * (DATA - 1) + [1], [1] + [0] * (DATA - 1), [31] * DATA, list(range(DATA)), list(range(31, 31 - DATA, -1))]
samples += [[1 if i == place else 0 for i in range(DATA)] for place in range(1, DATA - 1)]
samples += [drawn(str(n)) for n in range(24)]
codes = [complete(data) for data in samples]
valid = [
    {"data": text(code[:DATA]), "check": text(code[DATA:]), "code": text(code), "values": code} for code in codes
]

typed = []


def types(entered, what):
    code = read(entered)
    assert code is not None, (entered, what)
    typed.append({"typed": entered, "what": what, "code": code})


plain = text(codes[-1])
types(plain, "as issued")
types(plain.lower(), "lower case")
types(plain[:7] + plain[7:].lower(), "mixed case")
types("-".join([plain[:5], plain[5:10], plain[10:]]), "grouped 5-5-4 by hyphens")
types(" ".join([plain[:5], plain[5:10], plain[10:]]), "grouped 5-5-4 by spaces")
types("  " + " ".join(plain) + " ", "a space about every symbol")
types("-" + plain + "-", "hyphens at both ends")
zeros = text(codes[0])
types(zeros.replace("0", "O"), "letters O for digits 0")
types(zeros.replace("0", "o"), "small letters o for digits 0")
types("O0" * 7, "letters O and digits 0 mixed")
ones = next(code for code in codes if code.count(1) >= 1 and code.count(0) < 8)
for letter in "IiLl":
    types(text(ones).replace("1", letter), "letters " + letter + " for digits 1")
both = text(complete([1, 0] * 6 + [1]))
types(both.replace("1", "l").replace("0", "O").lower(), "letters l and o for digits 1 and 0")

wrong = []


def refuse(entered, what):
    assert read(entered) is None, (entered, what)
    wrong.append({"typed": entered, "what": what})


refuse("", "nothing")
refuse("-", "a hyphen only")
refuse(plain[:-1], "13 symbols")
refuse(plain + "0", "15 symbols")
refuse(plain + plain, "twice")
refuse(plain[1:] + plain[0], "first symbol moved to the end")
for letter in "Uu":
    refuse(letter + plain[1:], "letter " + letter + ", which is not in the alphabet")
for other in ["*", "~", "$", "=", "+", ".", "_", "\u00e9", "\U0001f600", "\u0660", "\uff10"]:
    refuse(other + plain[1:], "a foreign character in place of the first symbol")
refuse("0" * 13 + "1", "all zeros but the check symbol")

# Every single-symbol error, in every place, and every swap of neighbours that changes something.
base = codes[-2]
for place in range(SYMBOLS):
    for value in range(32):
        if value != base[place]:
            refuse(text(base[:place] + [value] + base[place + 1 :]), "symbol %d changed" % place)
for code in codes[-4:]:
    for place in range(SYMBOLS - 1):
        if code[place] != code[place + 1]:
            swapped = code[:place] + [code[place + 1], code[place]] + code[place + 2 :]
            refuse(text(swapped), "symbols %d and %d swapped" % (place, place + 1))

document = {
    "format": "lindung-code/1",
    "source": {
        "origin": "specification",
        "script": "vectors/make/code.py",
        "what": "Python written from docs/specification/authorisation.md, standard library only, independent of the implementation",
    },
    "encoding": {
        "codes": "14 symbols of the alphabet, data first, check symbol last, no separators",
        "values": "a symbol's value is its place in the alphabet, 0 to 31",
    },
    "constants": {"alphabet": ALPHABET, "data_symbols": DATA, "code_symbols": SYMBOLS, "field_polynomial": "x^5 + x^2 + 1", "alpha": 2},
    "algorithm": [
        "sum over i = 0..13 of alpha^i * c_i = 0 in GF(2^5), bit k of a value being the coefficient of x^k",
        "reading: case does not matter; spaces and hyphens are dropped; O is 0, I and L are 1; then 14 symbols of the alphabet whose sum is 0, or no code",
    ],
    "fields": {
        "valid[]": "data and its one check symbol; code = data || check; values = the 14 values",
        "typed[]": "reading typed gives code",
        "wrong[]": "reading typed gives no code; what says how it was made. Every single-symbol error of one code and every swap of unequal neighbours of four codes are among them",
    },
    "valid": valid,
    "typed": typed,
    "wrong": wrong,
}


def lines(entries):
    return ",\n".join("  " + json.dumps(entry) for entry in entries)


head = json.dumps({key: document[key] for key in document if key not in ("valid", "typed", "wrong")}, indent=1)
print(head[:-2] + ",")
print(",\n".join(' "%s": [\n%s\n ]' % (key, lines(document[key])) for key in ("valid", "typed", "wrong")))
print("}")
