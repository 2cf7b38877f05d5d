#!/usr/bin/env python3
"""Writes cuckoo-filter.json and ribbon-filter.json beside this folder.

A second implementation of docs/specification/filters.md, made from that text and not from the TypeScript: integers of
any size in place of words, a full Gauss-Jordan elimination in place of a band. Slow, and plain enough to be read
against the text. It needs nothing but Python 3.8.

    python3 vectors/make/filters.py
"""
import hashlib
import json
import pathlib


def H(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def u(n, value):
    return value.to_bytes(n, "big")


def number(data):
    return int.from_bytes(data, "big")


def filter_hash(salt, x):
    return H(b"lindung/filter/1", salt, x)


# ---- cuckoo ----------------------------------------------------------------------------------------------------


def cuckoo_fingerprint(y, f):
    return (number(y[:8]) >> (64 - f)) or 1


def cuckoo_other(bucket, fp, m):
    return bucket ^ (number(H(b"lindung/cuckoo/1", u(8, fp))[:8]) % m)


def cuckoo_try(items, f, m):
    table = [[0] * 4 for _ in range(m)]

    def place(bucket, fp):
        for slot in range(4):
            if table[bucket][slot] == 0:
                table[bucket][slot] = fp
                return True
        return False

    for y in items:
        fp = cuckoo_fingerprint(y, f)
        bucket = number(y[8:16]) % m
        if place(bucket, fp) or place(cuckoo_other(bucket, fp, m), fp):
            continue
        for kick in range(500):
            table[bucket][kick % 4], fp = fp, table[bucket][kick % 4]
            bucket = cuckoo_other(bucket, fp, m)
            if place(bucket, fp):
                break
        else:
            return None
    return table


def cuckoo_build(hashes, f):
    items = sorted(set(hashes))
    m = 1
    while 9 * 4 * m < 10 * len(items):
        m *= 2
    grown = 0
    while True:
        table = cuckoo_try(items, f, m)
        if table is not None:
            break
        m *= 2
        grown += 1
    bits = 0
    for s, fp in enumerate(fp for bucket in table for fp in bucket):
        bits |= fp << (s * f)
    body = bits.to_bytes((4 * m * f + 7) // 8, "little")
    return u(1, f) + u(1, 4) + u(4, m) + body, grown


# ---- ribbon ----------------------------------------------------------------------------------------------------


def mix(x):
    x ^= x >> 16
    x = x * 0x85EBCA6B % 2**32
    x ^= x >> 13
    x = x * 0xC2B2AE35 % 2**32
    return x ^ x >> 16


def ribbon_equation(y, f, m):
    """The coefficients as an integer whose bit p belongs to cell p, and the f-bit right side."""
    word = [number(y[4 * i : 4 * i + 4]) for i in range(8)]
    words = word[3:8] + [mix(word[3]), mix(word[4]), mix(word[5])]
    c = sum(w << (32 * i) for i, w in enumerate(words)) | 1
    s = word[0] * (m - 255) >> 32
    return c << s, number(y[4:12]) >> (64 - f)


def ribbon_try(items, f, m):
    """Gauss-Jordan; pivots on the lowest cell. Returns the cells, or None where the system has no solution."""
    pivots = {}
    for y in items:
        c, r = ribbon_equation(y, f, m)
        while c:
            low = (c & -c).bit_length() - 1
            if low not in pivots:
                pivots[low] = (c, r)
                break
            c ^= pivots[low][0]
            r ^= pivots[low][1]
        else:
            if r:
                return None
    cells = [0] * m
    for low in sorted(pivots, reverse=True):
        c, r = pivots[low]
        c ^= 1 << low
        while c:
            at = c.bit_length() - 1
            r ^= cells[at]
            c ^= 1 << at
        cells[low] = r
    return cells


def ceil_div(a, b):
    return -(-a // b)


def ribbon_build(hashes, f):
    items = sorted(set(hashes))
    n = len(items)
    k = 0
    while True:
        m = max(256, 8 * ceil_div(n + ceil_div(n, 128) + k * ceil_div(n, 256), 8))
        cells = ribbon_try(items, f, m)
        if cells is not None:
            break
        k += 1
    planes = b""
    for plane in range(f):
        bits = sum((cells[p] >> (f - 1 - plane) & 1) << p for p in range(m))
        planes += bits.to_bytes(m // 8, "little")
    return u(1, f) + u(2, 256) + u(4, m) + planes, k


# ---- files -----------------------------------------------------------------------------------------------------


def case(name, build, salt, count, f, skip=0):
    xs = [H(b"vector", salt, u(4, i)) for i in range(skip, skip + count)]
    ys = [filter_hash(salt, x) for x in xs]
    data, grown = build(ys, f)
    out = {"name": name, "salt": salt.hex(), "first": skip, "count": count, "fingerprintBits": f, "grown": grown,
           "bytes": len(data), "sha256": H(data).hex()}
    if len(data) <= 2048:
        out["filter"] = data.hex()
    out["x0"] = xs[0].hex() if xs else None
    out["y0"] = ys[0].hex() if ys else None
    return out


def a_growing_case(name, build, count, f):
    """The first salt (a counter) under which this many items do not fit the first size."""
    for i in range(10000):
        salt = u(16, i)
        ys = [filter_hash(salt, H(b"vector", salt, u(4, j))) for j in range(count)]
        if build(ys, f)[1] > 0:
            return case(name, build, salt, count, f)
    raise SystemExit("no growing case found")


def write(path, about, parameters, form, verification, cases):
    document = {"format": path.stem + "-vectors/1",
                "source": {"origin": "own", "what": about, "script": "vectors/make/filters.py"},
                "parameters": parameters, "fields": form, "verification": verification, "cases": cases}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(path.name, len(cases), "cases")


SALT = bytes(range(16))
FIELDS = {
    "salt": "hex, the 16 random bytes of the batch header",
    "first, count": "the items are x_i = H(\"vector\" || salt || u32 i) for i = first ... first + count - 1",
    "fingerprintBits": "f",
    "grown": "how many sizes failed before the one that is written",
    "bytes, sha256": "length and SHA-256 of the canonical bytes, header included",
    "filter": "hex, the canonical bytes, where they are no more than 2048",
    "x0, y0": "hex, the first item and its hash; null where there is none",
}
SYMBOLS = {"H": "SHA-256", "||": "concatenation", "u32": "unsigned big-endian",
           "y": "H(\"lindung/filter/1\" || salt || x)"}
VERIFICATION = [
    "y_0 = H(\"lindung/filter/1\" || salt || x_0) = y0",
    "build({y_i}, f) has length bytes and H(build({y_i}, f)) = sha256, in whatever order and how often y_i are given",
    "parse(build(...)).has(y_i) for every i",
]


def main():
    here = pathlib.Path(__file__).resolve().parent.parent
    write(here / "cuckoo-filter.json", "cuckoo filter, docs/specification/filters.md section 2",
          {**SYMBOLS, "slots a bucket": 4, "kicks before doubling": 500}, FIELDS, VERIFICATION,
          [case("nobody reported", cuckoo_build, SALT, 0, 45),
           case("one item", cuckoo_build, SALT, 1, 45),
           case("fingerprints of 7 bits", cuckoo_build, SALT, 100, 7),
           case("fingerprints of 32 bits", cuckoo_build, SALT, 57, 32),
           case("fingerprints of 33 bits", cuckoo_build, SALT, 57, 33, 1000),
           case("fingerprints of 64 bits", cuckoo_build, SALT, 57, 64),
           a_growing_case("a filter that had to grow", cuckoo_build, 57, 45),
           # The longest chain of 240,000 builds that ends well: the last item but one finds its slot at kick 426.
           case("an item that finds its slot late", cuckoo_build, u(16, 57695), 115, 45),
           case("a patient of 480 epochs", cuckoo_build, SALT, 480, 45),
           case("twenty patients", cuckoo_build, SALT, 9600, 45)])
    write(here / "ribbon-filter.json", "ribbon filter, docs/specification/filters.md section 3",
          {**SYMBOLS, "w": 256}, FIELDS, VERIFICATION,
          [case("nobody reported", ribbon_build, SALT, 0, 42),
           case("one item", ribbon_build, SALT, 1, 42),
           case("fingerprints of 7 bits", ribbon_build, SALT, 300, 7),
           case("fingerprints of 32 bits", ribbon_build, SALT, 300, 32),
           case("fingerprints of 33 bits", ribbon_build, SALT, 300, 33, 1000),
           case("fingerprints of 64 bits", ribbon_build, SALT, 100, 64),
           a_growing_case("a filter that had to grow", ribbon_build, 480, 42),
           case("a patient of 480 epochs", ribbon_build, SALT, 480, 42),
           case("twenty patients", ribbon_build, SALT, 9600, 42),
           a_growing_case("twenty patients whose filter had to grow", ribbon_build, 9600, 42)])


if __name__ == "__main__":
    main()
