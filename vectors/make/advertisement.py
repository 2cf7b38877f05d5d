"""Advertisements, written from the Bluetooth core specification supplement (part A) and the two services' documents."""
import hashlib
import json
import struct


def element(kind, data):
    return struct.pack("BB", len(data) + 1, kind) + data


def advertisement(service, payload, power=None):
    number = struct.pack("<H", service)
    out = element(1, b"\x1a") + element(3, number)
    if power is not None:
        out += element(0x0A, struct.pack("b", power))
    return out + element(0x16, number + payload)


def payload(name, size):
    return hashlib.sha256(name.encode()).digest()[:size]


beacons = []
for i, power in enumerate([12, -7, 0, -127, 127, None]):
    beacons.append(("dp3t", 0xFD68, payload(f"dp3t {i}", 16), power))
for i in range(3):
    beacons.append(("gaen", 0xFD6F, payload(f"gaen {i}", 20), None))

cases = []
for system, service, data, power in beacons:
    case = {"system": system, "payload": data.hex(), "advertisement": advertisement(service, data, power).hex()}
    if power is not None:
        case["txPower"] = power
    cases.append(case)

ephid, rpi = payload("dp3t 0", 16), payload("gaen 0", 20)
d, g = struct.pack("<H", 0xFD68), struct.pack("<H", 0xFD6F)
whole = advertisement(0xFD68, ephid, 12)
read = [
    ("in any order, and with a scan response and zeros behind it", element(0x16, d + ephid) + element(1, b"\x06") + element(9, b"Phone") + bytes(8), "beacon"),
    ("service data alone", element(0x16, d + ephid), "beacon"),
    ("an incomplete list of services", element(2, struct.pack("<H", 0x180F) + d) + element(0x16, d + ephid), "beacon"),
    ("the service without its data: read it over a connection", element(1, b"\x06") + element(3, d), "connect"),
    ("the service of GAEN without its data", element(3, g), "foreign"),
    ("nothing", b"", "foreign"),
    ("a watch", element(1, b"\x06") + element(0xFF, b"\x4c\x00\x10\x05\x01"), "foreign"),
    ("another service", element(0x16, struct.pack("<H", 0x180F) + b"\x55"), "foreign"),
    ("the number with its bytes exchanged", element(0x16, d[::-1] + ephid), "foreign"),
    ("an identifier of 15 bytes", element(0x16, d + ephid[:15]), "length"),
    ("an identifier of 17 bytes", element(0x16, d + ephid + b"\0"), "length"),
    ("an identifier of 20 bytes under 0xFD68", element(0x16, d + rpi), "length"),
    ("an identifier of 16 bytes under 0xFD6F", element(0x16, g + ephid), "length"),
    ("no identifier", element(0x16, d), "length"),
    ("cut in the identifier", whole[:-1], "malformed"),
    ("cut after a length", whole + b"\x05", "malformed"),
    ("two identifiers", element(0x16, d + ephid) + element(0x16, d + ephid[::-1]), "malformed"),
    ("service data without a number", element(0x16, b"\x68"), "malformed"),
    ("half a service number", element(3, d + b"\x6f"), "malformed"),
    ("two transmit powers", element(0x0A, b"\x01") + element(0x0A, b"\x02") + element(0x16, d + ephid), "malformed"),
    ("longer than an advertisement and a scan response", whole + bytes(62), "malformed"),
]
print(json.dumps({
    "format": "lindung-advertisement/1",
    "source": "vectors/make/advertisement.py",
    "encoding": "hexadecimal",
    "cases": cases,
    "read": [{"what": what, "advertisement": raw.hex(), "is": answer} for what, raw, answer in read],
}, indent=1))
