/*
 * Writes vectors/sealed-box.json with libsodium. No randomness of the machine enters, so that every run prints the
 * same bytes:
 *
 *   cc -O2 -Wall -Wextra -o sealed-box sealed-box.c -lsodium && ./sealed-box > ../sealed-box.json
 *
 * Each valid case is computed twice, from the parts (crypto_scalarmult, crypto_box_beforenm, crypto_generichash,
 * crypto_box_easy_afternm) and by crypto_box_seal, whose random bytes are those of `draw` below. The program stops
 * when the two differ, when crypto_box_seal_open does not return the message, or when it opens a case listed as
 * invalid.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY 32
#define SEAL 48
#define LONGEST 4096

static unsigned char next_draw[KEY];
static int drawn;

/* All that libsodium can draw in this program: the ephemeral secret key of the case at hand, once. */
static void draw(void *const out, const size_t size) {
  if (size != KEY || drawn++) {
    fprintf(stderr, "libsodium drew other bytes than one ephemeral key\n");
    exit(1);
  }
  memcpy(out, next_draw, KEY);
}

static const char *name(void) { return "deterministic"; }

static uint32_t word(void) {
  fprintf(stderr, "libsodium drew a word\n");
  exit(1);
}

static struct randombytes_implementation deterministic = {name, word, NULL, NULL, draw, NULL};

static void must(int ok, const char *what) {
  if (ok) return;
  fprintf(stderr, "%s\n", what);
  exit(1);
}

/* SHA-256("lindung/vectors/sealed-box/" || label || " " || decimal n) */
static void secret(unsigned char out[KEY], const char *label, unsigned n) {
  char text[96];
  int length = snprintf(text, sizeof text, "lindung/vectors/sealed-box/%s %u", label, n);
  crypto_hash_sha256(out, (const unsigned char *)text, (unsigned long long)length);
}

static void field(const char *key, const unsigned char *bytes, size_t size, const char *end) {
  printf("      \"%s\": \"", key);
  for (size_t i = 0; i < size; i++) printf("%02x", bytes[i]);
  printf("\"%s\n", end);
}

static int cases;

static void valid(const unsigned char secret_key[KEY], const unsigned char ephemeral_secret[KEY], size_t size,
                  const char *note) {
  unsigned char recipient[KEY], ephemeral[KEY], shared[KEY], key[KEY], nonce[24];
  unsigned char message[LONGEST], sealed[LONGEST + SEAL], again[LONGEST + SEAL], opened[LONGEST];
  for (size_t i = 0; i < size; i++) message[i] = (unsigned char)(size + 13 * i);

  crypto_scalarmult_base(recipient, secret_key);
  crypto_scalarmult_base(ephemeral, ephemeral_secret);
  must(crypto_scalarmult(shared, ephemeral_secret, recipient) == 0, "scalarmult");
  must(crypto_box_beforenm(key, recipient, ephemeral_secret) == 0, "beforenm");
  crypto_generichash_state state;
  crypto_generichash_init(&state, NULL, 0, sizeof nonce);
  crypto_generichash_update(&state, ephemeral, KEY);
  crypto_generichash_update(&state, recipient, KEY);
  crypto_generichash_final(&state, nonce, sizeof nonce);
  memcpy(sealed, ephemeral, KEY);
  must(crypto_box_easy_afternm(sealed + KEY, message, size, nonce, key) == 0, "easy_afternm");

  memcpy(next_draw, ephemeral_secret, KEY);
  drawn = 0;
  must(crypto_box_seal(again, message, size, recipient) == 0 && drawn == 1, "seal");
  must(memcmp(sealed, again, size + SEAL) == 0, "the parts and crypto_box_seal differ");
  must(crypto_box_seal_open(opened, sealed, size + SEAL, recipient, secret_key) == 0, "seal_open");
  must(memcmp(opened, message, size) == 0, "seal_open returned another message");

  printf("%s    {\n      \"id\": \"sealed-box-%02d\",\n", cases ? ",\n" : "", cases + 1);
  cases++;
  if (note) printf("      \"note\": \"%s\",\n", note);
  printf("      \"length\": %zu,\n", size);
  field("recipient_secret", secret_key, KEY, ",");
  field("recipient_public", recipient, KEY, ",");
  field("ephemeral_secret", ephemeral_secret, KEY, ",");
  field("ephemeral_public", ephemeral, KEY, ",");
  field("shared_secret", shared, KEY, ",");
  field("box_key", key, KEY, ",");
  field("nonce", nonce, sizeof nonce, ",");
  field("message", message, size, ",");
  field("sealed", sealed, size + SEAL, "");
  printf("    }");
}

static int refused;

static void invalid(const char *changed, const unsigned char *sealed, size_t size, const unsigned char public_key[KEY],
                    const unsigned char secret_key[KEY]) {
  unsigned char opened[LONGEST];
  must(crypto_box_seal_open(opened, sealed, size, public_key, secret_key) != 0, changed);
  printf("%s    {\n      \"id\": \"sealed-box-invalid-%02d\",\n", refused ? ",\n" : "", refused + 1);
  refused++;
  printf("      \"changed\": \"%s\",\n", changed);
  field("recipient_secret", secret_key, KEY, ",");
  field("recipient_public", public_key, KEY, ",");
  field("sealed", sealed, size, "");
  printf("    }");
}

/* A box that is right in every way, except that its ephemeral key has a small order, so that everybody knows its key. */
static void small_order(const char *changed, const unsigned char point[KEY], const unsigned char public_key[KEY],
                        const unsigned char secret_key[KEY]) {
  static const unsigned char zero[KEY] = {0};
  unsigned char key[KEY], nonce[24], both[2 * KEY], sealed[SEAL + 4];
  must(crypto_scalarmult(key, secret_key, point) != 0, "not a point of small order");
  crypto_core_hsalsa20(key, zero, zero, NULL);
  memcpy(both, point, KEY);
  memcpy(both + KEY, public_key, KEY);
  crypto_generichash(nonce, sizeof nonce, both, sizeof both, NULL, 0);
  memcpy(sealed, point, KEY);
  must(crypto_secretbox_easy(sealed + KEY, (const unsigned char *)"open", 4, nonce, key) == 0, "secretbox");
  invalid(changed, sealed, sizeof sealed, public_key, secret_key);
}

static void unhex(unsigned char out[KEY], const char *digits) {
  must(sodium_hex2bin(out, KEY, digits, 2 * KEY, NULL, NULL, NULL) == 0, "hex");
}

static const char *HEADER =
    "{\n"
    "  \"format\": \"libsodium-sealed-box/1\",\n"
    "  \"source\": {\n"
    "    \"origin\": \"libsodium\",\n"
    "    \"version\": \"%s\",\n"
    "    \"script\": \"vectors/make/sealed-box.c\",\n"
    "    \"what\": \"each case computed from libsodium's parts and, with the same ephemeral secret, by crypto_box_seal; "
    "the two agree\"\n"
    "  },\n"
    "  \"encoding\": {\n"
    "    \"bytes\": \"lower-case hex, first byte first; the empty string is no bytes\",\n"
    "    \"secret keys\": \"32 bytes, as drawn: clamping is part of X25519\"\n"
    "  },\n"
    "  \"algorithm\": [\n"
    "    \"shared_secret = X25519(ephemeral_secret, recipient_public) = X25519(recipient_secret, ephemeral_public)\",\n"
    "    \"box_key = HSalsa20(key = shared_secret, input = 16 zero bytes)\",\n"
    "    \"nonce = BLAKE2b(ephemeral_public || recipient_public), unkeyed, 24 bytes\",\n"
    "    \"sealed = ephemeral_public || XSalsa20-Poly1305(box_key, nonce, message), the 16-byte tag before the "
    "ciphertext; length + 48 bytes\",\n"
    "    \"opening fails where X25519 gives 32 zero bytes (an ephemeral key of small order)\"\n"
    "  ],\n"
    "  \"fields\": {\n"
    "    \"cases[]\": \"sealing message to recipient_public with ephemeral_secret gives sealed; opening sealed gives "
    "message\",\n"
    "    \"cases[].message\": \"byte i = (length + 13*i) mod 256\",\n"
    "    \"cases[].recipient_secret, ephemeral_secret\": \"SHA-256 of ASCII 'lindung/vectors/sealed-box/recipient n' "
    "and '.../ephemeral n', n the decimal case number from 0, except where a note says otherwise\",\n"
    "    \"invalid[]\": \"opening sealed with this key pair fails; changed says what was done to a valid box\"\n"
    "  },\n";

int main(void) {
  static const size_t lengths[] = {0, 1, 15, 16, 17, 63, 64, 65, 255, 4096};
  unsigned char secret_key[KEY], ephemeral_secret[KEY];
  must(sodium_init() >= 0, "sodium_init");
  randombytes_set_implementation(&deterministic);
  printf(HEADER, sodium_version_string());

  printf("  \"cases\": [\n");
  for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    secret(secret_key, "recipient", i);
    secret(ephemeral_secret, "ephemeral", i);
    valid(secret_key, ephemeral_secret, lengths[i], NULL);
  }
  unhex(secret_key, "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
  unhex(ephemeral_secret, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  valid(secret_key, ephemeral_secret, 32, "secret keys of RFC 7748 section 6.1, Bob's and Alice's");
  printf("\n  ],\n");

  /* The invalid cases start from one valid box of 17 bytes. */
  enum { LENGTH = 17, SIZE = LENGTH + SEAL };
  unsigned char public_key[KEY], sealed[SIZE + 1], other_secret[KEY], other_public[KEY];
  secret(secret_key, "recipient", 4);
  secret(ephemeral_secret, "ephemeral", 4);
  secret(other_secret, "recipient", 5);
  crypto_scalarmult_base(public_key, secret_key);
  crypto_scalarmult_base(other_public, other_secret);
  unsigned char message[LENGTH];
  for (size_t i = 0; i < LENGTH; i++) message[i] = (unsigned char)(LENGTH + 13 * i);
  memcpy(next_draw, ephemeral_secret, KEY);
  drawn = 0;
  must(crypto_box_seal(sealed, message, LENGTH, public_key) == 0, "seal");
  sealed[SIZE] = 0;

  printf("  \"invalid\": [\n");
  static const struct {
    const char *changed;
    size_t byte;
    unsigned char bit;
  } flips[] = {
      {"ephemeral key: first bit of byte 0", 0, 0x01},
      {"ephemeral key: a bit of byte 16", 16, 0x10},
      {"ephemeral key: the top bit of byte 31, which X25519 ignores and the nonce does not", 31, 0x80},
      {"tag: first bit of byte 32", 32, 0x01},
      {"tag: last bit of byte 47", 47, 0x80},
      {"ciphertext: first bit of byte 48", 48, 0x01},
      {"ciphertext: last bit of byte 64", 64, 0x80},
  };
  for (size_t i = 0; i < sizeof flips / sizeof *flips; i++) {
    sealed[flips[i].byte] ^= flips[i].bit;
    invalid(flips[i].changed, sealed, SIZE, public_key, secret_key);
    sealed[flips[i].byte] ^= flips[i].bit;
  }
  static const size_t cuts[] = {0, 1, 16, 31, 32, 47, 48, SIZE - 1};
  for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
    char changed[64];
    snprintf(changed, sizeof changed, "cut to %zu of %d bytes", cuts[i], SIZE);
    invalid(changed, sealed, cuts[i], public_key, secret_key);
  }
  invalid("a zero byte appended", sealed, SIZE + 1, public_key, secret_key);
  invalid("first byte missing", sealed + 1, SIZE - 1, public_key, secret_key);
  invalid("another recipient's key pair", sealed, SIZE, other_public, other_secret);
  invalid("another recipient's secret key", sealed, SIZE, public_key, other_secret);
  invalid("another recipient's public key, hence another nonce", sealed, SIZE, other_public, secret_key);

  unsigned char point[KEY] = {0};
  small_order("ephemeral key u = 0, of small order; tag and ciphertext fit the shared secret 0", point, public_key,
              secret_key);
  point[0] = 1;
  small_order("ephemeral key u = 1, of small order; tag and ciphertext fit the shared secret 0", point,
              public_key, secret_key);
  printf("\n  ]\n}\n");
  return 0;
}
