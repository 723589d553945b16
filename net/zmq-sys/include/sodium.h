/*
 * What libzmq asks of libsodium. src/sodium.rs answers; there stands what each function does.
 *
 * For the linker the functions have names of their own, so that a libsodium in the same process
 * takes nothing of this for its own, nor the other way round.
 */
#ifndef OXBERRY_SODIUM_H
#define OXBERRY_SODIUM_H

#include <stddef.h>

/* The least version of which libzmq takes the functions that need no zeros before a message. */
#define SODIUM_LIBRARY_VERSION_MAJOR 7
#define SODIUM_LIBRARY_VERSION_MINOR 4

#define crypto_box_PUBLICKEYBYTES 32
#define crypto_box_SECRETKEYBYTES 32
#define crypto_box_BEFORENMBYTES 32
#define crypto_box_NONCEBYTES 24
#define crypto_box_ZEROBYTES 32
#define crypto_box_BOXZEROBYTES 16
#define crypto_box_MACBYTES 16
#define crypto_secretbox_KEYBYTES 32
#define crypto_secretbox_NONCEBYTES 24
#define crypto_secretbox_ZEROBYTES 32
#define crypto_secretbox_BOXZEROBYTES 16

#define sodium_init oxberry_sodium_init
#define sodium_allocarray oxberry_sodium_allocarray
#define sodium_free oxberry_sodium_free
#define randombytes oxberry_randombytes
#define crypto_scalarmult_base oxberry_crypto_scalarmult_base
#define crypto_box_keypair oxberry_crypto_box_keypair
#define crypto_box_beforenm oxberry_crypto_box_beforenm
#define crypto_box_easy_afternm oxberry_crypto_box_easy_afternm
#define crypto_box_open_easy_afternm oxberry_crypto_box_open_easy_afternm
#define crypto_box oxberry_crypto_box
#define crypto_box_open oxberry_crypto_box_open
#define crypto_secretbox oxberry_crypto_secretbox
#define crypto_secretbox_open oxberry_crypto_secretbox_open
/* Once two have made their key, a box is one of the same kind as for oneself. */
#define crypto_box_afternm crypto_secretbox
#define crypto_box_open_afternm crypto_secretbox_open

#ifdef __cplusplus
extern "C" {
#endif

int sodium_init (void);
void *sodium_allocarray (size_t count, size_t size);
void sodium_free (void *memory);
void randombytes (unsigned char *bytes, unsigned long long length);

int crypto_scalarmult_base (unsigned char *public_key, const unsigned char *secret_key);
int crypto_box_keypair (unsigned char *public_key, unsigned char *secret_key);
int crypto_box_beforenm (unsigned char *key, const unsigned char *public_key, const unsigned char *secret_key);

int crypto_box_easy_afternm (unsigned char *boxed, const unsigned char *plain, unsigned long long length,
                             const unsigned char *nonce, const unsigned char *key);
int crypto_box_open_easy_afternm (unsigned char *plain, const unsigned char *boxed, unsigned long long length,
                                  const unsigned char *nonce, const unsigned char *key);

int crypto_box (unsigned char *boxed, const unsigned char *plain, unsigned long long length,
                const unsigned char *nonce, const unsigned char *public_key, const unsigned char *secret_key);
int crypto_box_open (unsigned char *plain, const unsigned char *boxed, unsigned long long length,
                     const unsigned char *nonce, const unsigned char *public_key, const unsigned char *secret_key);
int crypto_secretbox (unsigned char *boxed, const unsigned char *plain, unsigned long long length,
                      const unsigned char *nonce, const unsigned char *key);
int crypto_secretbox_open (unsigned char *plain, const unsigned char *boxed, unsigned long long length,
                           const unsigned char *nonce, const unsigned char *key);

#ifdef __cplusplus
}
#endif

#endif
