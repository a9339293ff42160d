// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace strowger {

/// The kinds of objects that have an id. The prefix is the kind's, for ever.
enum class ObjectKind : std::uint8_t { Tenant, Token, Port, Uni, Circuit, Order, Slice };
inline constexpr std::size_t kObjectKindCount = 7;

/// "ten", "tok", "prt", "uni", "ckt", "ord", "slc".
[[nodiscard]] std::string_view id_prefix(ObjectKind kind) noexcept;
/// "tenant", "token", "port", "uni", "circuit", "order", "slice": the word in texts and paths
/// (plural + s).
[[nodiscard]] std::string_view to_string(ObjectKind kind) noexcept;

/// `<prefix>_<ULID>`: unique, ordered by creation, never reused.
class ObjectId {
public:
    /// Fails with Invalid when the text is not an id of that kind.
    static Result<ObjectId> from(ObjectKind kind, std::string_view text);
    /// From 48 bits of Unix milliseconds and 80 random bits.
    static ObjectId
    make(ObjectKind kind, std::uint64_t unix_ms, const std::array<std::uint8_t, 10>& random);

    [[nodiscard]] ObjectKind kind() const noexcept { return kind_; }
    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    friend auto operator<=>(const ObjectId&, const ObjectId&) = default;

private:
    ObjectId(ObjectKind kind, std::string text) : kind_(kind), text_(std::move(text)) {}
    ObjectKind kind_;
    std::string text_;
};

/// Makes ids that rise strictly, also within one millisecond. One thread.
class ObjectIdSource {
public:
    using RandomBytes = void (*)(std::uint8_t* out, std::size_t count);
    explicit ObjectIdSource(RandomBytes random) : random_(random) {}
    ObjectId next(ObjectKind kind, std::int64_t wall_us);
    /// What follows rises above `last`, which another process made, whatever the clock says now.
    void continue_above(const ObjectId& last);

private:
    RandomBytes random_;
    std::uint64_t last_ms_ = 0;
    std::array<std::uint8_t, 10> last_random_{};
};

/// An immutable name, unique for one tenant and kind among live objects:
/// `[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?`. Holds no '_', so it can never be taken for an id.
class Name {
public:
    /// Fails with Invalid ("invalid_name").
    static Result<Name> from(std::string_view text);
    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    friend auto operator<=>(const Name&, const Name&) = default;

private:
    explicit Name(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

/// Free labels; bounded by limits.h.
using Tags = std::map<std::string, std::string>;

/// Appends a problem for each label that breaks a bound; pointers are below `pointer`.
void check_tags(const Tags& tags, std::string_view pointer, std::vector<Problem>& problems);
/// Display names are UTF-8 without control characters, bounded by limits.h.
void check_display_name(
    std::string_view text,
    std::string_view pointer,
    std::vector<Problem>& problems
);

} // namespace strowger
