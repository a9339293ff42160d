// SPDX-License-Identifier: Apache-2.0
#include "auth/token_index.h"

#include "auth/token.h"
#include "strowger/base/check.h"

#include <algorithm>
#include <cstring>

namespace strowger::auth {

std::size_t TokenIndex::PrefixHash::operator()(const Digest& digest) const noexcept {
    std::size_t hash = 0;
    std::memcpy(&hash, digest.bytes.data(), sizeof(hash));
    return hash;
}

bool TokenIndex::ConstantTimeEqual::operator()(const Digest& left, const Digest& right)
    const noexcept {
    return equal_in_constant_time(left, right);
}

void TokenIndex::insert(
    const Digest& digest,
    const ObjectId& token,
    std::optional<ObjectId> tenant
) {
    const bool added = entries_.emplace(digest, Entry{token, std::move(tenant)}).second;
    STROWGER_CHECK(added); // two secrets of 256 random bits are never equal
}

void TokenIndex::erase(const Digest& digest) {
    entries_.erase(digest);
}

std::optional<RequestIdentity>
TokenIndex::authenticate(std::string_view presented, std::int64_t now_us) {
    if (!token_is_well_formed(presented)) {
        return std::nullopt;
    }
    const auto found = entries_.find(sha256(presented));
    if (found == entries_.end()) {
        return std::nullopt;
    }
    Entry& entry = found->second;
    entry.last_used_us = now_us;
    entry.used_since_taken = true;
    return RequestIdentity{{ActorKind::Token, entry.token.text()}, entry.tenant};
}

std::vector<std::pair<ObjectId, std::int64_t>> TokenIndex::take_last_used() {
    std::vector<std::pair<ObjectId, std::int64_t>> used;
    for (auto& [digest, entry] : entries_) {
        if (entry.used_since_taken) {
            used.emplace_back(entry.token, entry.last_used_us);
            entry.used_since_taken = false;
        }
    }
    std::sort(used.begin(), used.end());
    return used;
}

std::optional<std::int64_t> TokenIndex::last_used_us(const Digest& digest) const {
    const auto found = entries_.find(digest);
    if (found == entries_.end() || found->second.last_used_us == 0) {
        return std::nullopt;
    }
    return found->second.last_used_us;
}

void TokenIndex::set_last_used(const Digest& digest, std::int64_t used_us) {
    const auto found = entries_.find(digest);
    STROWGER_CHECK(found != entries_.end());
    found->second.last_used_us = used_us;
}

} // namespace strowger::auth
