// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "auth/digest.h"
#include "auth/identity.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace strowger::auth {

/// The valid tokens, by digest. Control thread only. A token that was erased is refused from the
/// next request on.
class TokenIndex {
public:
    /// tenant: none for an operator's token.
    void insert(const Digest& digest, const ObjectId& token, std::optional<ObjectId> tenant);
    void erase(const Digest& digest);

    /// Whose token this is; nothing when it is misspelt, unknown or revoked. Notes the use.
    [[nodiscard]] std::optional<RequestIdentity>
    authenticate(std::string_view presented, std::int64_t now_us);

    /// When each token was last used, of those used since the last call: written in bulk now and
    /// then, since a commit for every request would be paid by the requests.
    [[nodiscard]] std::vector<std::pair<ObjectId, std::int64_t>> take_last_used();
    [[nodiscard]] std::optional<std::int64_t> last_used_us(const Digest& digest) const;
    void set_last_used(const Digest& digest, std::int64_t used_us);
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

private:
    struct Entry {
        ObjectId token;
        std::optional<ObjectId> tenant;
        std::int64_t last_used_us = 0; ///< 0: never
        bool used_since_taken = false;
    };
    struct PrefixHash {
        /// A digest is already uniform: its first bytes are its hash.
        std::size_t operator()(const Digest& digest) const noexcept;
    };
    struct ConstantTimeEqual {
        bool operator()(const Digest& left, const Digest& right) const noexcept;
    };
    std::unordered_map<Digest, Entry, PrefixHash, ConstantTimeEqual> entries_;
};

} // namespace strowger::auth
