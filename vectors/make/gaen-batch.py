"""Vectors of design 4: report, commitment, archive and batch. Written from docs/specification alone, with nothing but
Python 3: python3 vectors/make/gaen-batch.py | cmp - vectors/gaen-batch.json"""
import base64, hashlib, hmac, io, json, math, struct, zipfile

H = lambda *parts: hashlib.sha256(b"".join(parts)).digest()
u8, u16 = lambda n: struct.pack(">B", n), lambda n: struct.pack(">H", n)
u32, u64 = lambda n: struct.pack(">I", n), lambda n: struct.pack(">Q", n)
made_up = lambda label, i, n: H(b"vector", label.encode(), u32(i))[:n]

# --- ECDSA over P-256, deterministic (RFC 6979) ---
P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    if a == b:
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def times(k, point):
    out = None
    while k:
        if k & 1:
            out = add(out, point)
        point, k = add(point, point), k >> 1
    return out


def sign(message, secret):
    e = int.from_bytes(H(message), "big")
    x, h1 = secret, (e % N).to_bytes(32, "big")
    mac = lambda k, m: hmac.new(k, m, hashlib.sha256).digest()
    v, k = b"\x01" * 32, b"\x00" * 32
    for byte in (b"\x00", b"\x01"):
        k = mac(k, v + byte + x + h1)
        v = mac(k, v)
    while True:
        v = mac(k, v)
        nonce = int.from_bytes(v, "big")
        if 1 <= nonce < N:
            r = times(nonce, G)[0] % N
            s = pow(nonce, -1, N) * (e + r * int.from_bytes(secret, "big")) % N
            if r and s:
                return der(r, s)
        k = mac(k, v + b"\x00")
        v = mac(k, v)


def der(*numbers):
    body = b""
    for n in numbers:
        raw = n.to_bytes(n.bit_length() // 8 + 1, "big")
        body += b"\x02" + u8(len(raw)) + raw
    return b"\x30" + u8(len(body)) + body


# --- protocol buffers ---
def varint(n):
    out = b""
    while n > 127:
        out, n = out + u8(n & 127 | 128), n >> 7
    return out + u8(n)


number = lambda field, n: varint(field << 3) + varint(n)
signed = lambda field, n: number(field, 2 * n if n >= 0 else -2 * n - 1)
data = lambda field, b: varint(field << 3 | 2) + varint(len(b)) + b
fixed = lambda field, n: varint(field << 3 | 1) + struct.pack("<Q", n)

# --- a report (report.md) ---
DESIGN = 4
BUCKET = 220680 + 7
REPORTED_IN = BUCKET - 2
DAY = REPORTED_IN * 7200 // 86400
FIRST = DAY - 13
REPORTED_AT = REPORTED_IN * 7200 + 4321
key = lambda start, period, i: u32(start) + u16(period) + made_up("tek", i, 16)
cut = REPORTED_AT // 600 - 144 * DAY + 1
slots = [key(144 * (FIRST + j), cut if FIRST + j == DAY else 144, j) + made_up("salt", j, 16) for j in range(18)]
whole_today = key(144 * DAY, 144, 13) + made_up("salt", 13, 16)
leaves = [H(b"lindung/leaf/1", u8(DESIGN), u32(FIRST + j), slot) for j, slot in enumerate(slots)]
r = made_up("r", 0, 32)
commitment = H(
    b"lindung/commitment/1", u8(DESIGN), u32(FIRST), u16(18), H(b"lindung/null/1", r), *leaves
)
revealed = [11, 12, 13]
flags, filler, body = 0, b"", b""
for j in range(18):
    if j in revealed:
        flags |= 1 << (23 - j)
        body += slots[j]
    else:
        random = made_up("random", j, 6)
        filler += random
        body += leaves[j] + random
encoded = u32(FIRST) + flags.to_bytes(3, "big") + body

# --- its archive (batch.md) ---
CONTAGIOUS_FROM = DAY - 2
secrets = [slots[j][:22] for j in revealed]


def entry(secret, contagious_from):
    days = int.from_bytes(secret[:4], "big") // 144 - (contagious_from + 2)
    return secret + u8(days + 100 if abs(days) <= 14 else 0)


# The last one is of a token whose first contagious day is farther back than any rule looks.
told = [(secret, CONTAGIOUS_FROM) for secret in secrets] + [(key(144 * (DAY - 1), 144, 99), DAY - 20)]
entries = [entry(*one) for one in told]
START, END = BUCKET * 7200, BUCKET * 7200 + 7200
REGION, KEY_ID, KEY_VERSION = "310", "310", "v1"
SECRET = made_up("p256", 0, 32)
info = data(3, KEY_VERSION.encode()) + data(4, KEY_ID.encode()) + data(5, b"1.2.840.10045.4.3.2")


def exposure_key(e):
    days = [] if e[22] == 0 else [signed(6, e[22] - 100)]
    parts = [data(1, e[6:22]), number(3, int.from_bytes(e[:4], "big")), number(4, int.from_bytes(e[4:6], "big"))]
    return b"".join([*parts, number(5, 1), *days])


export_bin = b"EK Export v1    " + b"".join(
    [fixed(1, START), fixed(2, END), data(3, REGION.encode()), number(4, 1), number(5, 1), data(6, info)]
    + [data(7, exposure_key(e)) for e in sorted(entries, key=lambda e: e[6:22])]
)
signature = sign(export_bin, SECRET)
export_sig = data(1, data(1, info) + number(2, 1) + number(3, 1) + data(4, signature))
buffer = io.BytesIO()
with zipfile.ZipFile(buffer, "w") as archive:
    for name, content in (("export.bin", export_bin), ("export.sig", export_sig)):
        archive.writestr(zipfile.ZipInfo(name), content)
stored = buffer.getvalue()
x, y = times(int.from_bytes(SECRET, "big"), G)
point = b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")
spki = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200") + point
text = base64.b64encode(spki).decode()
pem = "\n".join(["-----BEGIN PUBLIC KEY-----", text[:64], text[64:], "-----END PUBLIC KEY-----", ""])

# --- the batch ---
parameters_hash, salt = made_up("parameters", 0, 32), made_up("salt of the header", 0, 16)
head = b"LNDG" + u8(1) + u8(DESIGN) + u32(BUCKET) + parameters_hash + salt + u32(len(entries)) + u16(1)
batch = head + u64(len(stored)) + H(stored)

# --- padding: the sizes of the first set's profile ---
ages = [1, 2, 4, 6, 8, 8, 6, 4, 3, 2, 2, 1, 1, 1]
mean = sum(weight * (age + 1) for age, weight in enumerate(ages)) / sum(ages)

print(
    json.dumps(
        {
            "format": "lindung-gaen-batch/1",
            "report": {
                "first": FIRST,
                "slots": [slot.hex() for slot in slots],
                "leaves": [leaf.hex() for leaf in leaves],
                "r": r.hex(),
                "commitment": commitment.hex(),
                "spent_tag": H(b"lindung/spent/1", r).hex(),
                "revealed": revealed,
                "random": filler.hex(),
                "encoded": encoded.hex(),
                "running": {"slot": 13, "reported_at": REPORTED_AT, "whole": whole_today.hex()},
            },
            "archive": {
                "bucket": BUCKET,
                "keys": [{"secret": s.hex(), "contagious_from_day": day} for s, day in told],
                "entries": [e.hex() for e in entries],
                "start": START,
                "end": END,
                "region": REGION,
                "key_id": KEY_ID,
                "key_version": KEY_VERSION,
                "secret_key": SECRET.hex(),
                "public_key": pem,
                "export_bin": export_bin.hex(),
                "signature": signature.hex(),
                "export_sig": export_sig.hex(),
                "zip": stored.hex(),
            },
            "batch": {"parameters_hash": parameters_hash.hex(), "salt": salt.hex(), "file": batch.hex()},
            "dead": [
                {"start": 144 * DAY, "period": p, "bucket": b, "is": (144 * DAY + p) * 600 + 7200 <= 7200 * (b + 1)}
                for p in (1, 12, 13, 143, 144)
                for b in (12 * DAY, 12 * DAY + 1, 12 * DAY + 2, 12 * DAY + 11, 12 * DAY + 12)
            ],
            "padding": {"first_day_age": ages, "mean_entries": mean, "sizes": [math.ceil(20 * mean * 1.25**k) for k in range(49)]},
        },
        indent=1,
    )
)
