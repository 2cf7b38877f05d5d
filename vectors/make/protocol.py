"""Writes vectors/protocol.json: every message, file and proof of the protocol, from its definition.

    python3 vectors/make/protocol.py > vectors/protocol.json

Independent of the implementation: SHA-256, HMAC and BLAKE2b come from hashlib, Ed25519, X25519 and Poly1305 from
OpenSSL (the package `cryptography`), Salsa20 and the Merkle tree are written out below. Nothing is random: every
secret is SHA-256 of a label.
"""
import base64
import hashlib
import json
import math
import struct
from fractions import Fraction

import filters
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.poly1305 import Poly1305


def H(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def u8(n):
    return struct.pack(">B", n)


def u16(n):
    return struct.pack(">H", n)


def u32(n):
    return struct.pack(">I", n)


def u64(n):
    return struct.pack(">Q", n)


def drawn(label, length=32):
    out = b""
    block = 0
    while len(out) < length:
        out += H(b"lindung/vectors/protocol/" + label.encode(), u32(block))
        block += 1
    return out[:length]


def verify_key(seed):
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sign(message, seed):
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


# Salsa20 (Bernstein): the core, HSalsa20 and XSalsa20.
SIGMA = struct.unpack("<4I", b"expand 32-byte k")


def rotated(x, n):
    return ((x << n) | (x >> (32 - n))) & 0xFFFFFFFF


def rounds(x):
    for _ in range(10):
        for a, b, c, d in ((0, 4, 8, 12), (5, 9, 13, 1), (10, 14, 2, 6), (15, 3, 7, 11),
                           (0, 1, 2, 3), (5, 6, 7, 4), (10, 11, 8, 9), (15, 12, 13, 14)):
            x[b] ^= rotated((x[a] + x[d]) & 0xFFFFFFFF, 7)
            x[c] ^= rotated((x[b] + x[a]) & 0xFFFFFFFF, 9)
            x[d] ^= rotated((x[c] + x[b]) & 0xFFFFFFFF, 13)
            x[a] ^= rotated((x[d] + x[c]) & 0xFFFFFFFF, 18)
    return x


def salsa_input(key, sixteen):
    k = struct.unpack("<8I", key)
    n = struct.unpack("<4I", sixteen)
    return [SIGMA[0], *k[:4], SIGMA[1], *n, SIGMA[2], *k[4:], SIGMA[3]]


def hsalsa20(key, sixteen):
    x = rounds(salsa_input(key, sixteen))
    return struct.pack("<8I", *(x[i] for i in (0, 5, 10, 15, 6, 7, 8, 9)))


def xsalsa20(key, nonce, length):
    subkey = hsalsa20(key, nonce[:16])
    out = b""
    block = 0
    while len(out) < length:
        start = salsa_input(subkey, nonce[16:] + struct.pack("<Q", block))
        out += struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(rounds(list(start)), start)))
        block += 1
    return out[:length]


def seal(message, recipient, ephemeral_secret):
    secret = X25519PrivateKey.from_private_bytes(ephemeral_secret)
    ephemeral = secret.public_key().public_bytes_raw()
    key = hsalsa20(secret.exchange(X25519PublicKey.from_public_bytes(recipient)), bytes(16))
    nonce = hashlib.blake2b(ephemeral + recipient, digest_size=24).digest()
    stream = xsalsa20(key, nonce, 32 + len(message))
    cipher = bytes(a ^ b for a, b in zip(message, stream[32:]))
    return ephemeral + Poly1305.generate_tag(stream[:32], cipher) + cipher


# RFC 6962 2.1, word for word.
def mth(leaves):
    if not leaves:
        return H()
    if len(leaves) == 1:
        return H(b"\x00", leaves[0])
    k = split(len(leaves))
    return H(b"\x01", mth(leaves[:k]), mth(leaves[k:]))


def split(n):
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def path(m, leaves):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return path(m, leaves[:k]) + [mth(leaves[k:])]
    return path(m - k, leaves[k:]) + [mth(leaves[:k])]


def subproof(m, leaves, whole):
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = split(len(leaves))
    if m <= k:
        return subproof(m, leaves[:k], whole) + [mth(leaves[k:])]
    return subproof(m - k, leaves[k:], False) + [mth(leaves[:k])]


def hexes(list_of_bytes):
    return [b.hex() for b in list_of_bytes]


# The reports are made with epochs of 60 minutes, so that one of the unlinkable design has 408 slots and not 1632.
EPOCH_MINUTES_OF_REPORTS = 60
DESIGNS = {"low-cost": dict(code=1, secret=32, salt=16, slots=17, seconds=86400),
           "unlinkable": dict(code=2, secret=32, salt=0, slots=17 * 24, seconds=60 * EPOCH_MINUTES_OF_REPORTS),
           "hybrid": dict(code=3, secret=16, salt=16, slots=17 * 12, seconds=7200)}
BUCKET = 250_000
DAY = BUCKET * 7200 // 86400
AUTHORITY = drawn("authority seed")
LOG = drawn("log seed")
INGEST = drawn("ingest secret")


def report(name):
    design = DESIGNS[name]
    first = (DAY - 13) * 86400 // design["seconds"]
    slots = [drawn(f"{name} slot {j}", design["secret"] + design["salt"]) for j in range(design["slots"])]
    if name == "low-cost":
        revealed = [11]
    else:
        a_day = 86400 // design["seconds"]
        asleep = (0, 1, 2, 11) if name == "hybrid" else (0, 1, 2, 3, 4, 5, 22, 23)
        revealed = [j for j in range(100 * a_day // 12, 14 * a_day) if j % a_day not in asleep]
    leaves = [H(b"lindung/leaf/1", u8(design["code"]), u32(first + j), slot) for j, slot in enumerate(slots)]
    r = drawn(f"{name} r")
    commitment = H(b"lindung/commitment/1", u8(design["code"]), u32(first), u16(len(slots)),
                   H(b"lindung/null/1", r), *leaves)
    body = b"".join([b"\x01", b"\x01", H(verify_key(AUTHORITY))[:4], u32(DAY - 2), u32(DAY + 3), commitment])
    token = body + sign(b"lindung/token/1" + body, AUTHORITY)
    flags = bytearray(math.ceil(len(slots) / 8))
    padding = b""
    written = b""
    for j, slot in enumerate(slots):
        if j in revealed:
            flags[j // 8] |= 128 >> (j % 8)
            written += slot
        else:
            fill = drawn(f"{name} fill {j}", len(slot) - 32) if len(slot) > 32 else b""
            padding += fill
            written += leaves[j] + fill
    plaintext = b"".join([b"\x01", u8(design["code"]), u32(BUCKET), token, r, u32(first), bytes(flags), written])
    recipient = X25519PrivateKey.from_private_bytes(INGEST).public_key().public_bytes_raw()
    ephemeral = drawn(f"{name} ephemeral")
    envelope = b"\x01" + u32(BUCKET) + seal(plaintext, recipient, ephemeral)
    cover_fill = drawn(f"{name} cover", len(plaintext) - 6)
    cover = b"\x01" + u32(BUCKET) + seal(b"\x00" + u8(design["code"]) + u32(BUCKET) + cover_fill, recipient, ephemeral)
    promised = BUCKET
    receipt = u32(promised) + sign(b"lindung/receipt/1" + H(envelope) + u32(promised), LOG)
    return {
        "design": name, "first": first, "revealed": revealed, "r": r.hex(), "slots": hexes(slots),
        "leaves": hexes(leaves), "commitment": commitment.hex(), "spent_tag": H(b"lindung/spent/1", r).hex(),
        "token": token.hex(), "random": (padding + ephemeral).hex(), "envelope": envelope.hex(),
        "cover_random": (cover_fill + ephemeral).hex(), "cover": cover.hex(), "receipt": receipt.hex(),
    }


def batch(name):
    design = DESIGNS[name]
    slot = BUCKET * 7200 // design["seconds"]
    groups = {slot - i: [drawn(f"{name} batch {i} {k}", design["secret"]) for k in range(i + 1)] for i in range(4)}
    hash_of_set, salt = drawn("parameters"), drawn(f"{name} salt", 16)
    file = b"".join([b"LNDG", b"\x01", u8(design["code"]), u32(BUCKET), hash_of_set, salt,
                     u32(sum(map(len, groups.values()))), u16(len(groups))])
    for index in sorted(groups):
        file += u32(index) + u32(len(groups[index])) + b"".join(sorted(groups[index]))
    return {"design": name, "parameters_hash": hash_of_set.hex(), "salt": salt.hex(),
            "secrets": {str(index): hexes(secrets) for index, secrets in groups.items()}, "file": file.hex()}


def filter_batch(kind, build, f, count):
    """A batch of the unlinkable design: seeds of several epochs, and made-up items beside them."""
    name = f"unlinkable {kind}"
    epoch = BUCKET * 8
    seeds = {epoch - i: [drawn(f"{name} seed {i} {k}") for k in range(i + 1)] for i in range(5)}
    items = [H(H(seed)[:16], u32(i)) for i in seeds for seed in seeds[i]]
    made_up = [drawn(f"{name} made up {i}") for i in range(count)]
    hash_of_set, salt = drawn("parameters"), drawn(f"{name} salt", 16)
    data, _ = build([H(b"lindung/filter/1", salt, x) for x in items + made_up], f)
    file = b"".join([b"LNDG", b"\x01", u8(2), u32(BUCKET), hash_of_set, salt, u32(len(items + made_up)), u16(1), data])
    return {"kind": kind, "fingerprint_bits": f, "parameters_hash": hash_of_set.hex(), "salt": salt.hex(),
            "seeds": {str(i): hexes(seeds[i]) for i in seeds}, "items": hexes(items), "made_up": hexes(made_up),
            "file": file.hex()}


def note_key(name, key):
    key_id = H(name.encode(), b"\n\x01", key)[:4]
    return key_id, f"{name}+{key_id.hex()}+{base64.b64encode(bytes([1]) + key).decode()}"


def checkpoint():
    origin = "log.example/lindung"
    root = drawn("root")
    key = verify_key(LOG)
    key_id, text = note_key(origin, key)
    body = f"{origin}\n70000\n{base64.b64encode(root).decode()}\nbucket {BUCKET}\n".encode()
    line = base64.b64encode(key_id + sign(body, LOG)).decode()
    note = body + f"\n\u2014 {origin} {line}\n".encode()
    return {"origin": origin, "size": 70000, "root": root.hex(), "bucket": BUCKET, "seed": LOG.hex(),
            "note_key": text, "note": note.decode()}


# The padding profile of the defaults, and the mean of a made-up report by counting every case.
PROFILE = {
    "firstDayAge": [1, 2, 4, 6, 8, 8, 6, 4, 3, 2, 2, 1, 1, 1],
    "revealedByHour": [100, 50, 50, 50, 100, 200, 400, 600, 700, 700, 700, 700, 800, 800, 700, 700, 700, 800, 800,
                       700, 600, 500, 400, 200],
    "nightStartHour": [6, 3] + [1] * 17 + [2, 3, 6, 8, 8],
    "nightHours": [0, 0, 0, 0, 0, 1, 3, 6, 8, 6, 3, 1],
}


def mean_entries(name):
    if name == "low-cost":
        return Fraction(1)
    nights = sum(PROFILE["nightStartHour"]) * sum(PROFILE["nightHours"])
    a_day = Fraction(0)
    for start, start_weight in enumerate(PROFILE["nightStartHour"]):
        for length, length_weight in enumerate(PROFILE["nightHours"]):
            asleep = {(start + h) % 24 for h in range(length)}
            # Windows begin every other hour; four epochs of 15 minutes begin in each.
            hours = range(0, 24, 2) if name == "hybrid" else [hour for hour in range(24) for _ in range(4)]
            revealed = sum(PROFILE["revealedByHour"][hour] for hour in hours if hour not in asleep)
            a_day += Fraction(start_weight * length_weight * revealed, nights * 1000)
    ages = PROFILE["firstDayAge"]
    return a_day * Fraction(sum(w * (age + 1) for age, w in enumerate(ages)), sum(ages))


def parameters():
    sizes = {}
    for name in DESIGNS:
        mean = 20 * mean_entries(name)
        sizes[name] = sorted({math.ceil(mean * Fraction(5, 4) ** k) for k in range(49)})
    chosen = {
        "version": 1, "validFromBucket": BUCKET, "epochMinutes": 15, "windowMinutes": 120, "bucketSeconds": 7200,
        "retentionDays": 14, "coverMeanDays": 5, "coverCatchUpHours": 48, "codeValidHours": 24, "activationHours": 6,
        "fingerprintBits": 42, "minPaddingReports": 20, "maxEnvelopes": 2_000_000, "designs": list(DESIGNS),
        "riskRule": {"id": "dp3t-exposure-score", "thresholds": [55, 63], "weightsPercent": [100, 50, 0],
                     "minutes": 15},
        "paddingProfile": PROFILE, "paddingSizes": sizes,
    }
    text = json.dumps(chosen, sort_keys=True, separators=(",", ":"))
    return {"set": chosen, "canonical": text, "hash": H(text.encode()).hex(),
            "mean_entries": {name: float(mean_entries(name)) for name in DESIGNS}}


# The tree that Certificate Transparency logs are tested with: its eight leaves, their roots and all their proofs.
CT_LEAVES = [bytes.fromhex(h) for h in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]


def tree():
    sizes = range(1, 9)
    return {
        "leaves": hexes(CT_LEAVES),
        "leaf_hashes": hexes(H(b"\x00", leaf) for leaf in CT_LEAVES),
        "roots": [mth(CT_LEAVES[:n]).hex() for n in range(9)],
        "inclusion": [{"index": m, "size": n, "proof": hexes(path(m, CT_LEAVES[:n]))}
                      for n in sizes for m in range(n)],
        "consistency": [{"old_size": m, "size": n, "proof": hexes(subproof(m, CT_LEAVES[:n], True))}
                        for n in sizes for m in range(1, n + 1)],
    }


def files():
    keys = [verify_key(drawn(f"authority key {i}")) for i in range(3)]
    boxes = [drawn(f"ingest key {i}") for i in range(24)]
    file = drawn("a file", 1000)
    leaf = u8(1) + u32(BUCKET) + u8(3) + u64(len(file)) + H(file)
    others = [u8(kind) + u32(BUCKET) + u8(0) + u64(2 ** 40 + kind) + drawn(f"leaf {kind}") for kind in (2, 3, 4)]
    code = "0123456789ABCD"
    return {
        "authority_keys": {"keys": hexes(keys), "file": (b"LNDA\x01\x03" + b"".join(keys)).hex()},
        "ingest_keys": {"first_bucket": BUCKET, "keys": hexes(boxes),
                        "file": (b"LNDK\x01" + u32(BUCKET) + u8(24) + b"".join(boxes)).hex()},
        "leaf": {"bucket": BUCKET, "design": 3, "file": file.hex(), "leaf": leaf.hex()},
        "entries": {"leaves": hexes([leaf, *others]),
                    "file": b"".join(u16(len(x)) + x for x in [leaf, *others]).hex()},
        "redeem": {"code": code, "commitment": drawn("commitment").hex(),
                   "request": (code.encode() + drawn("commitment")).hex()},
    }


print(json.dumps({
    "format": "lindung-protocol/1",
    "source": {
        "origin": "lindung",
        "script": "vectors/make/protocol.py",
        "what": "every message from its definition in the protocol, by a second implementation in Python",
    },
    "encoding": {"bytes": "lower-case hex, first byte first", "canonical, note, note_key": "ASCII but for the dash",
                 "slot, group and bucket numbers": "decimal"},
    "parameters": {"bucket": BUCKET, "authority_seed": AUTHORITY.hex(), "authority_key": verify_key(AUTHORITY).hex(),
                   "receipt_seed": LOG.hex(), "receipt_key": verify_key(LOG).hex(), "ingest_secret": INGEST.hex(),
                   "ingest_public": X25519PrivateKey.from_private_bytes(INGEST).public_key().public_bytes_raw().hex()},
    "fields": {
        "report_lengths": "what reports[] are made with in place of the set's, so that none is long",
        "reports[]": "one report of each design; slot j is revealed when j is in revealed, else its leaf is sent",
        "reports[].random": "what a sealer draws, in order: the filling of redacted slots, the ephemeral secret key",
        "reports[].cover_random": "the same for a cover envelope: all after its bucket, the ephemeral secret key",
        "reports[].receipt": "of the envelope, under receipt_key, promising parameters.bucket",
        "batches[].secrets": "by slot, as they came; the file holds them sorted",
        "filter_batches[].seeds": "as reported, by epoch; items: their x, in the same order; made_up: other items x",
        "parameters_set.mean_entries": "entries of a made-up report, over all cases of the profile",
        "merkle": "RFC 6962 hashing of the eight leaves that Certificate Transparency implementations test with",
    },
    "verification": [
        "leaves[j] = H('lindung/leaf/1' || u8 design || u32 (first + j) || slots[j])",
        "commitment = H('lindung/commitment/1' || u8 design || u32 first || u16 n || H('lindung/null/1' || r) || leaves)",
        "spent_tag = H('lindung/spent/1' || r)",
        "token = u8 1 || u8 1 || H(authority_key)[0:4] || u32 (day - 2) || u32 (day + 3) || commitment || "
        "Ed25519('lindung/token/1' || all that precedes), day = floor(bucket * 7200 / 86400)",
        "envelope = u8 1 || u32 bucket || crypto_box_seal(u8 1 || u8 design || u32 bucket || token || r || u32 first || "
        "flags || slots) to ingest_public",
        "cover = u8 1 || u32 bucket || crypto_box_seal(u8 0 || u8 design || u32 bucket || random)",
        "receipt = u32 bucket || Ed25519('lindung/receipt/1' || H(envelope) || u32 bucket)",
        "parameters_set.hash = H(canonical), canonical = JSON with sorted keys and no white space",
        "filter_batches[].items = H(H(seed)[0:16] || u32 epoch); the file holds the filter of all items under its salt",
        "files, batches, checkpoint: as their tables in the protocol say",
    ],
    "report_lengths": {"epochMinutes": EPOCH_MINUTES_OF_REPORTS, "windowMinutes": 120},
    "reports": [report(name) for name in DESIGNS],
    "batches": [batch(name) for name in DESIGNS if name != "unlinkable"],
    "filter_batches": [filter_batch("ribbon", filters.ribbon_build, 42, 60),
                       filter_batch("cuckoo", filters.cuckoo_build, 45, 40)],
    "checkpoint": checkpoint(),
    "parameters_set": parameters(),
    "merkle": tree(),
    **files(),
}, indent=1))
