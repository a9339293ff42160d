// SPDX-License-Identifier: Apache-2.0
#include "auth/digest.h"

#include "strowger/base/check.h"

#include <climits>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <cstddef>

namespace strowger::auth {

Digest sha256(std::string_view data) {
    Digest digest;
    static_assert(sizeof(digest.bytes) == SHA256_DIGEST_LENGTH);
    SHA256(reinterpret_cast<const unsigned char*>(data.data()), data.size(), digest.bytes.data());
    return digest;
}

bool equal_in_constant_time(const Digest& left, const Digest& right) {
    return CRYPTO_memcmp(left.bytes.data(), right.bytes.data(), left.bytes.size()) == 0;
}

void random_bytes(std::uint8_t* out, std::size_t count) {
    STROWGER_CHECK(count <= INT_MAX);
    STROWGER_CHECK(RAND_bytes(out, static_cast<int>(count)) == 1);
}

} // namespace strowger::auth
