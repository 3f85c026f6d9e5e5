/* Lives here: one entry of CLINICD_JWT_KEYS becomes keys. It is told by its form (`forms`
 * below), its kid by an optional NAME= in front. Messages name files and entries, never what
 * is in them. */
#include "auth/keys.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "auth.h"
#include "auth/key_file.h"

struct entry {
    size_t number;    /* 1 is the first */
    const char *name; /* the kid before `=`; NULL: none */
    const char *rest; /* what follows; for prefix forms without the prefix */
};

static const char keys_help[] =
    "CLINICD_JWT_KEYS lists the keys that tokens are checked with, separated by spaces:\n"
    "\n"
    "  PATH.pem              an RSA key of 2048 bits or more (RS256) or a P-256 key (ES256);\n"
    "                        public to check tokens, private to mint them too\n"
    "  PATH.json             a JWKS (RFC 7517) with RSA, P-256 or oct keys; what is not for\n"
    "                        signatures of an accepted algorithm is skipped with a log line\n"
    "  secret-file:PATH      a shared secret (HS256): the bytes of the file without one final\n"
    "                        newline, 32 or more\n"
    "  secret:BASE64URL      the same in the setting itself; better kept in a file\n"
    "\n"
    "NAME= in front of a PEM file or a secret gives it that kid (NAME: letters, digits, . _ ~\n"
    "and -). Without it a PEM key has its RFC 7638 thumbprint as kid, and a secret none. A\n"
    "token that carries a kid is checked with the key of that kid only; one without, only "
    "when\n"
    "there is exactly one key for its algorithm. A JWKS by URL is not supported yet.\n"
    "\n"
    "CLINICD_JWT_ALGORITHMS lists what is accepted: HS256, RS256, ES256. A key is used with "
    "its\n"
    "own algorithm only. The first key that can sign (a private PEM key, a secret) mints the\n"
    "tokens of `clinicd token`.\n"
    "\n"
    "Keep files with private keys and secrets at mode 600. To make some:\n"
    "\n"
    "  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out sign.pem\n"
    "  openssl pkey -in sign.pem -pubout -out check.pem\n"
    "  openssl rand -hex 32 > secret\n"
    "\n"
    "  CLINICD_JWT_ALGORITHMS='ES256 HS256'\n"
    "  CLINICD_JWT_KEYS='2027=/etc/clinicd/sign.pem "
    "partner-a=secret-file:/etc/clinicd/secret'\n";

const char *authority_keys_help(void)
{
    return keys_help;
}

/* A passphrase is never asked for: there is nobody at the terminal. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the type is OpenSSL's */
static int refuse_passphrase(char *buffer, int size, int writing, void *context)
{
    (void)buffer, (void)size, (void)writing, (void)context;
    return -1;
}

typedef EVP_PKEY *pem_reader(BIO *bio, EVP_PKEY **pair, pem_password_cb *callback,
                             void *context);

static EVP_PKEY *pem_read_with(pem_reader *reader, const struct key_file *file)
{
    BIO *bio = BIO_new_mem_buf(file->text, (int)file->length);
    EVP_PKEY *pair = bio ? reader(bio, NULL, refuse_passphrase, NULL) : NULL;

    BIO_free(bio);
    ERR_clear_error();
    return pair;
}

/* NULL when the file holds no key that can be read. */
static EVP_PKEY *pem_read(const struct key_file *file, bool *is_private)
{
    EVP_PKEY *pair = pem_read_with(PEM_read_bio_PrivateKey, file);

    *is_private = pair != NULL;
    return pair ? pair : pem_read_with(PEM_read_bio_PUBKEY, file);
}

static bool pem_refuse(const struct key_file *file, const char *path, struct fault *fault)
{
    const char *reason = "not a PEM file with an RSA or P-256 key";

    if (strstr(file->text, "ENCRYPTED"))
        reason = "the key is encrypted; write it without a passphrase (openssl pkey)";
    else if (strstr(file->text, "-----BEGIN CERTIFICATE"))
        reason = "a certificate; write its key (openssl x509 -pubkey -noout)";
    return fault_set(fault, "CLINICD_JWT_KEYS: %s: %s", path, reason);
}

static bool add_pem(struct key_set *set, const struct entry *entry, struct fault *fault)
{
    struct key_file file;
    struct key key;
    EVP_PKEY *pair;
    bool is_private;

    if (!key_file_read(entry->rest, &file, set->arena, fault))
        return false;
    pair = pem_read(&file, &is_private);
    if (!pair || !key_from_pair(pair, set->arena, &key))
        return pem_refuse(&file, entry->rest, fault);
    if (is_private)
        key_file_warn(&file, entry->rest);
    key.can_sign = is_private;
    key.source = entry->rest;
    key.id = entry->name;
    if (!key.id && !key_weakness(&key))
        key.id = key_thumbprint(pair, set->arena);
    return keys_add(set, &key, fault);
}

static bool add_jwks(struct key_set *set, const struct entry *entry, struct fault *fault)
{
    struct key_file file;
    bool holds_secrets = false;

    if (entry->name)
        return fault_set(
            fault, "CLINICD_JWT_KEYS: %s: a JWKS names its keys itself; leave out the name",
            entry->rest);
    if (!key_file_read(entry->rest, &file, set->arena, fault) ||
        !keys_add_jwks(set, file.text, file.length, entry->rest, &holds_secrets, fault))
        return false;
    if (holds_secrets)
        key_file_warn(&file, entry->rest);
    return true;
}

/* How many bytes are left without one final newline, LF or CRLF. */
static size_t length_without_newline(const char *text, size_t length)
{
    if (length > 0 && text[length - 1] == '\n')
        length--;
    if (length > 0 && text[length - 1] == '\r')
        length--;
    return length;
}

static bool add_secret(struct key_set *set, const struct entry *entry, const char *source,
                       const void *secret, size_t length, struct fault *fault)
{
    struct key key = key_from_secret(secret, length, set->arena);

    key.id = entry->name;
    key.source = source;
    return keys_add(set, &key, fault);
}

static bool add_secret_file(struct key_set *set, const struct entry *entry, struct fault *fault)
{
    struct key_file file;

    if (!key_file_read(entry->rest, &file, set->arena, fault))
        return false;
    key_file_warn(&file, entry->rest);
    return add_secret(set, entry, entry->rest, file.text,
                      length_without_newline(file.text, file.length), fault);
}

static bool add_secret_text(struct key_set *set, const struct entry *entry, struct fault *fault)
{
    const char *source = arena_format(set->arena, "entry %zu (secret:)", entry->number);
    size_t length = strlen(entry->rest);
    uint8_t *secret = arena_alloc(set->arena, length);
    bool done;

    if (!base64url_decode(entry->rest, length, secret, &length))
        return fault_set(fault, "CLINICD_JWT_KEYS: %s: not base64url without padding", source);
    done = add_secret(set, entry, source, secret, length, fault);
    OPENSSL_cleanse(secret, length);
    return done;
}

static bool refuse_url(struct key_set *set, const struct entry *entry, struct fault *fault)
{
    (void)set;
    return fault_set(fault,
                     "CLINICD_JWT_KEYS: entry %zu: a JWKS by URL is not supported yet; "
                     "store it as a .json file",
                     entry->number);
}

static const struct form {
    const char *mark;
    bool is_prefix; /* else what the entry ends with */
    bool (*add)(struct key_set *set, const struct entry *entry, struct fault *fault);
} forms[] = {
    {"secret-file:", true, add_secret_file},
    {"secret:", true, add_secret_text},
    {"https://", true, refuse_url},
    {"http://", true, refuse_url},
    {".pem", false, add_pem},
    {".json", false, add_jwks},
};

/* True when `entry` has this form; a prefix is then taken off. */
static bool form_fits(const struct form *form, struct entry *entry)
{
    size_t length = strlen(entry->rest);
    size_t mark = strlen(form->mark);
    const char *end = entry->rest + length;

    if (length < mark || memcmp(form->is_prefix ? entry->rest : end - mark, form->mark, mark))
        return false;
    if (form->is_prefix)
        entry->rest += mark;
    return true;
}

/* Takes NAME= off. What stands before the first `=` is no name when a path or prefix may go on
 * there. */
static bool entry_take_name(struct entry *entry, struct arena *arena, struct fault *fault)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-";
    size_t length = strspn(entry->rest, allowed);

    if (entry->rest[length] != '=')
        return true;
    if (length == 0 || length > KEY_ID_MOST_BYTES)
        return fault_set(fault,
                         "CLINICD_JWT_KEYS: entry %zu: its name has to have 1 to %d bytes",
                         entry->number, KEY_ID_MOST_BYTES);
    entry->name = arena_copy(arena, entry->rest, length);
    entry->rest += length + 1;
    return true;
}

bool keys_add_entry(struct key_set *set, const char *text, size_t number, struct fault *fault)
{
    struct entry entry = {.number = number, .rest = text};

    if (!entry_take_name(&entry, set->arena, fault))
        return false;
    for (size_t i = 0; i < LENGTH(forms); i++)
        if (form_fits(&forms[i], &entry))
            return forms[i].add(set, &entry, fault);
    return fault_set(fault,
                     "CLINICD_JWT_KEYS: entry %zu is none of PATH.pem, PATH.json, "
                     "secret-file:PATH, secret:BASE64URL",
                     entry.number);
}
